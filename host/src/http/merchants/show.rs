//! GET a merchant.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Merchant, find};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::language::Language;
use crate::http::problem::Problem;

/// One merchant.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}", tag = "merchants", operation_id = "show_merchant",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = Merchant)))]
pub async fn show(State(app): State<Arc<App>>, access: AtMerchant<See>, language: Language) -> Result<Json<Merchant>, Problem> {
    let row = find(&app, &access.market, &access.merchant).await?;
    Ok(Json(Merchant::of(&row, &access.market, &language)))
}
