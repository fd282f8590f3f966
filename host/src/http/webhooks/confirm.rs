//! POST confirm: the marketplace has done what a message asked for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::http::access::{Confirm, Staff};
use crate::http::extract::{Nothing, Path};
use crate::http::problem::Problem;
use crate::http::shapes::time;

/// Which message, from the path.
#[derive(Debug, Deserialize)]
pub struct Named {
    id: Uuid,
}

/// A message that is confirmed.
#[derive(Debug, Serialize, ToSchema)]
pub struct Confirmed {
    #[schema(value_type = String, format = Uuid)]
    message: Uuid,
    kind: String,
    subject: String,
    /// When it was first confirmed.
    confirmed_at: String,
    /// By whom.
    confirmed_by: String,
}

/// Confirm that what a message asks for has been done. Until then it is sent again every day, five times; once is enough, and who
/// was first stays.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks/messages/{id}/confirm", tag = "webhooks", operation_id = "confirm_message",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "The message's id")),
    responses((status = 200, body = Confirmed)))]
pub async fn confirm(
    State(app): State<Arc<App>>,
    access: Staff<Confirm>,
    path: Path<Named>,
    _: Nothing,
) -> Result<Json<Confirmed>, Problem> {
    let message = app.confirm_message(&access.market, path.0.id, &access.caller.subject).await?;
    let (at, by) = message.confirmed.ok_or(Problem::NotFound)?;
    let (kind, subject) = (message.kind, message.subject);
    Ok(Json(Confirmed { message: message.id, kind, subject, confirmed_at: time(at), confirmed_by: by }))
}
