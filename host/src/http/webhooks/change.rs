//! PATCH a webhook.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Numbered, Webhook};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::setup::WebhookSetup;

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    url: Option<String>,
    description: Option<String>,
    events: Option<Vec<String>>,
    /// Whether messages are sent to it. What waited for it while it was disabled is sent once it is enabled.
    enabled: Option<bool>,
}

/// Change an endpoint.
#[utoipa::path(patch, path = "/v1/marketplaces/{m}/webhooks/{id}", tag = "webhooks", operation_id = "change_webhook",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    request_body = WebhookPatch, responses((status = 200, body = Webhook)))]
pub async fn change(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    Json(patch): Json<WebhookPatch>,
) -> Result<axum::Json<Webhook>, Problem> {
    let WebhookPatch { url, description, events, enabled } = patch;
    let setup = WebhookSetup { url, description, events, enabled };
    let row = app.change_webhook(&access.market, path.0.id, setup, &access.caller.subject).await?;
    Ok(axum::Json(Webhook::of(row)))
}
