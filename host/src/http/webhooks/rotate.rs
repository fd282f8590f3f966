//! POST rotate: another secret, while the one before stays good for a time.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Numbered, WebhookWithSecret};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;

/// How long the secret before stays good where nothing else is asked for, seconds: a day.
const KEPT: u32 = 86_400;
/// The longest that may be asked for, seconds: thirty days.
const LONGEST: u32 = 30 * 86_400;

/// Which secret, and for how long the one before stays good.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// The new secret; a fresh one where none is given.
    secret: Option<String>,
    /// For how many seconds messages are signed with the secret before as well, 0 to 2592000; a day where nothing is said.
    keep_seconds: Option<u32>,
}

/// Give an endpoint another secret. For a time messages bear two signatures, so that none is refused while the receiver changes over.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks/{id}/rotate", tag = "webhooks", operation_id = "rotate_webhook",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    request_body = Rotation, responses((status = 200, body = WebhookWithSecret)))]
pub async fn rotate(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    Json(Rotation { secret, keep_seconds }): Json<Rotation>,
) -> Result<axum::Json<WebhookWithSecret>, Problem> {
    let seconds = keep_seconds.unwrap_or(KEPT);
    if seconds > LONGEST {
        return Err(Problem::invalid("keep_seconds", format!("`{seconds}` must be 0 to {LONGEST}")));
    }
    let row = app.rotate_webhook(&access.market, path.0.id, secret, i64::from(seconds) * 1_000, &access.caller.subject).await?;
    Ok(axum::Json(WebhookWithSecret::of(row)))
}
