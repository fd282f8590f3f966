//! GET generations.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Generation;
use crate::app::App;
use crate::http::access::{Staff, Watch};
use crate::http::border::Border;
use crate::http::extract::Query;
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

/// A marketplace's generations of rules, newest first, with what each is for and how far its build is.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/generations", tag = "rules", operation_id = "list_generations",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Listed<Generation>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Staff<Watch>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Generation>>, Problem> {
    let market = &access.market;
    let list = format!("generations {}", market.code);
    let before = asked.cursor.as_deref().map(|cursor| border.cursors.open(&list, cursor)).transpose()?;
    let limit = limit(asked.limit)?;
    let mut rows = app.store.generations(market.id, before, limit + 1).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(border.cursors.seal(&list, &last.entry.id)?),
        _ => None,
    };
    Ok(Json(Listed { items: rows.into_iter().map(|row| Generation::of(market, row)).collect(), next }))
}
