//! GET a marketplace.

use axum::Json;

use super::Marketplace;
use crate::http::access::{See, Staff};

/// One marketplace.
#[utoipa::path(get, path = "/v1/marketplaces/{m}", tag = "marketplaces", operation_id = "show_marketplace",
    params(("m" = String, Path, description = "Marketplace code")),
    responses((status = 200, body = Marketplace)))]
pub async fn show(access: Staff<See>) -> Json<Marketplace> {
    Json(Marketplace::of(&access.market))
}
