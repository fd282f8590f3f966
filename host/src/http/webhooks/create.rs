//! POST webhooks.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::WebhookWithSecret;
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::setup::WebhookSetup;

/// An endpoint to set up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// `https`, on port 443 or 8443, at an address of the internet.
    url: String,
    /// At most 200 bytes.
    #[serde(default)]
    description: String,
    /// Kinds of messages that it wants, such as `enforcement.taken` or `enforcement.*`; all where none are named.
    #[serde(default)]
    events: Vec<String>,
    /// A secret to sign with, `whsec_` and 24 to 64 bytes in base64; a fresh one where none is given.
    secret: Option<String>,
}

/// Set up an endpoint. Its secret is shown in this answer and never again.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks", tag = "webhooks", operation_id = "create_webhook",
    params(("m" = String, Path, description = "Marketplace code")),
    request_body = NewWebhook, responses((status = 201, body = WebhookWithSecret)))]
pub async fn create(State(app): State<Arc<App>>, access: Staff<Run>, Json(body): Json<NewWebhook>) -> Result<Response, Problem> {
    let NewWebhook { url, description, events, secret } = body;
    let setup = WebhookSetup { url: Some(url), description: Some(description), events: Some(events), enabled: None };
    let row = app.create_webhook(&access.market, setup, secret, &access.caller.subject).await?;
    let place = format!("/v1/marketplaces/{}/webhooks/{}", access.market.code, row.id);
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(WebhookWithSecret::of(row))).into_response())
}
