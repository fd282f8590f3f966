//! GET a generation.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Generation, Numbered, find};
use crate::app::App;
use crate::http::access::{Staff, Watch};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One generation of rules, with how far its build is.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/generations/{id}", tag = "rules", operation_id = "show_generation",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Generation)))]
pub async fn show(State(app): State<Arc<App>>, access: Staff<Watch>, path: Path<Numbered>) -> Result<Json<Generation>, Problem> {
    let row = find(&app, &access.market, path.0.id).await?;
    Ok(Json(Generation::of(&access.market, row)))
}
