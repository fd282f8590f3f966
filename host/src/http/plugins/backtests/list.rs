//! GET backtests.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Backtest;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::{Path, Query};
use crate::http::plugins::{Which, find};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit};

/// A version's backtests in the marketplaces that the token reaches, newest first. Of each marketplace's the last fifty are kept.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/backtests", tag = "backtests", operation_id = "list_backtests",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version"), Paged),
    responses((status = 200, body = Listed<Backtest>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Operator<Push>,
    path: Path<Which>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<Backtest>>, Problem> {
    let component = find(&app, &path).await?.digest;
    let list = format!("backtests {component}");
    let before = border.cursors.after::<i64>(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let reached: Vec<i64> = app.markets.list().iter().filter(|m| access.caller.reaches(&m.code)).map(|m| m.id).collect();
    let rows = app.store.backtests(&component, &reached, before, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.id)?;
    Ok(Json(Listed { items: rows.into_iter().map(|row| Backtest::of(&app, row)).collect(), next }))
}
