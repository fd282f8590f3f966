//! GET an enforcement.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Enforcement, Which, find};
use crate::app::App;
use crate::http::access::{Member, SeeEnforcements};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One enforcement. A merchant sees their own, once it was decided.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/enforcements/{id}", tag = "enforcements", operation_id = "show_enforcement",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Enforcement)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Member<SeeEnforcements>,
    path: Path<Which>,
) -> Result<Json<Enforcement>, Problem> {
    let (row, merchant) = find(&app, &access.market, path.0.id).await?;
    access.check(Some(&merchant))?;
    let staff = access.caller.merchant().is_none();
    if !staff && !row.is_told() {
        return Err(Problem::NotFound);
    }
    Ok(Json(Enforcement::of(row, &merchant, staff)))
}
