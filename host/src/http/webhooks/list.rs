//! GET webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Webhook;
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::problem::Problem;
use crate::http::shapes::Listed;

/// A marketplace's endpoints, oldest first; it has twenty at most.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    params(("m" = String, Path, description = "Marketplace code")),
    responses((status = 200, body = Listed<Webhook>)))]
pub async fn list(State(app): State<Arc<App>>, access: Staff<Run>) -> Result<Json<Listed<Webhook>>, Problem> {
    let rows = app.store.webhooks(access.market.id).await?;
    Ok(Json(Listed { items: rows.into_iter().map(Webhook::of).collect(), next: None }))
}
