//! GET backtests.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Backtest;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::{Path, Query};
use crate::http::plugins::{Which, find};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A version's backtests in the marketplaces that the token reaches, newest first. Of each marketplace's the last fifty are kept.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/backtests", tag = "backtests", operation_id = "list_backtests",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version"), Asked),
    responses((status = 200, body = Listed<Backtest>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Operator<Push>,
    path: Path<Which>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Backtest>>, Problem> {
    let component = find(&app, &path).await?.digest;
    let list = format!("backtests {component}");
    let before = asked.cursor.as_deref().map(|cursor| border.cursors.open::<i64>(&list, cursor)).transpose()?;
    let limit = limit(asked.limit)?;
    let reached: Vec<i64> = app.markets.list().iter().filter(|m| access.caller.reaches(&m.code)).map(|m| m.id).collect();
    let mut rows = app.store.backtests(&component, &reached, before, limit + 1).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(border.cursors.seal(&list, &last.id)?),
        _ => None,
    };
    Ok(Json(Listed { items: rows.into_iter().map(|row| Backtest::of(&app, row)).collect(), next }))
}
