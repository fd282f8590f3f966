//! GET marketplaces.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Marketplace;
use crate::app::App;
use crate::http::access::{Operator, See};
use crate::http::shapes::Listed;

/// The marketplaces a token reaches.
#[utoipa::path(get, path = "/v1/marketplaces", tag = "marketplaces", operation_id = "list_marketplaces",
    responses((status = 200, body = Listed<Marketplace>)))]
pub async fn list(State(app): State<Arc<App>>, access: Operator<See>) -> Json<Listed<Marketplace>> {
    let reached = app.markets.list().into_iter().filter(|m| access.caller.reaches(&m.code));
    Json(Listed { items: reached.map(|m| Marketplace::of(&m)).collect(), next: None })
}
