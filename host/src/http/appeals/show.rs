//! GET an appeal.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Appeal, Which, find};
use crate::app::App;
use crate::http::access::{Member, SeeAppeals};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One appeal. A merchant sees their own.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/appeals/{id}", tag = "appeals", operation_id = "show_appeal",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id")),
    responses((status = 200, body = Appeal)))]
pub async fn show(State(app): State<Arc<App>>, access: Member<SeeAppeals>, path: Path<Which>) -> Result<Json<Appeal>, Problem> {
    let (row, merchant) = find(&app, &access.market, path.0.id).await?;
    access.check(Some(&merchant))?;
    Ok(Json(Appeal::of(row, &merchant, access.caller.merchant().is_none())))
}
