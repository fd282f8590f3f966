//! GET generations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Generation;
use crate::app::App;
use crate::http::access::{Staff, Watch};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit};

/// A marketplace's generations of rules, newest first, with what each is for and how far its build is.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/generations", tag = "rules", operation_id = "list_generations",
    params(("m" = String, Path, description = "Marketplace code"), Paged),
    responses((status = 200, body = Listed<Generation>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Staff<Watch>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<Generation>>, Problem> {
    let market = &access.market;
    let list = format!("generations {}", market.code);
    let before = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let rows = app.store.generations(market.id, before, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.entry.id)?;
    Ok(Json(Listed { items: rows.into_iter().map(|row| Generation::of(market, row)).collect(), next }))
}
