//! POST test: a message that means nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::{Numbered, Queued};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::{Nothing, Path};
use crate::http::problem::Problem;

/// Send an endpoint a message of kind `endpoint.tested`. What came of it is in the log of its deliveries.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks/{id}/test", tag = "webhooks", operation_id = "test_webhook",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 202, body = Queued)))]
pub async fn test(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    _: Nothing,
) -> Result<(StatusCode, Json<Queued>), Problem> {
    let message = app.test_webhook(&access.market, path.0.id, &access.caller.subject).await?;
    Ok((StatusCode::ACCEPTED, Json(Queued { message })))
}
