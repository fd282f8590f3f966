//! DELETE a webhook.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::Numbered;
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Remove an endpoint, with the log of its deliveries.
#[utoipa::path(delete, path = "/v1/marketplaces/{m}/webhooks/{id}", tag = "webhooks", operation_id = "remove_webhook",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is gone")))]
pub async fn remove(State(app): State<Arc<App>>, access: Staff<Run>, path: Path<Numbered>) -> Result<StatusCode, Problem> {
    app.remove_webhook(&access.market, path.0.id, &access.caller.subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
