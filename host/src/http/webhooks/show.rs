//! GET a webhook.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{Numbered, Webhook};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// An endpoint.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/webhooks/{id}", tag = "webhooks", operation_id = "show_webhook",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Webhook)))]
pub async fn show(State(app): State<Arc<App>>, access: Staff<Run>, path: Path<Numbered>) -> Result<Json<Webhook>, Problem> {
    let row = app.store.webhook(access.market.id, path.0.id).await?.ok_or(Problem::NotFound)?;
    Ok(Json(Webhook::of(row)))
}
