//! POST replay and recover: deliveries made once more.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::deliveries::Delivery;
use super::{Numbered, OfMessage};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::{Json, Nothing, Path};
use crate::http::problem::Problem;
use crate::http::shapes::moment;

/// From when on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The moment, by the wall clock.
    since: String,
}

/// What is under way again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovered {
    /// How many deliveries.
    deliveries: usize,
}

/// Deliver a message once more, whatever came of it, under the same id.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks/{id}/deliveries/{message}/replay", tag = "webhooks",
    operation_id = "replay_delivery",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "The endpoint's number"),
        ("message" = String, Path, description = "The message's id")),
    responses((status = 202, body = Delivery)))]
pub async fn replay(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    Path(OfMessage { id, message }): Path<OfMessage>,
    _: Nothing,
) -> Result<(StatusCode, axum::Json<Delivery>), Problem> {
    app.replay_delivery(&access.market, id, message).await?;
    let row = app.store.delivery(id, message).await?.ok_or(Problem::NotFound)?;
    Ok((StatusCode::ACCEPTED, axum::Json(Delivery::of(row))))
}

/// Deliver all that an endpoint wants of the messages made since a moment and has not received: what failed, and what came while it
/// was disabled or not there.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/webhooks/{id}/recover", tag = "webhooks", operation_id = "recover_deliveries",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "The endpoint's number")),
    request_body = Since, responses((status = 202, body = Recovered)))]
pub async fn recover(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    Json(body): Json<Since>,
) -> Result<(StatusCode, axum::Json<Recovered>), Problem> {
    app.store.webhook(access.market.id, path.0.id).await?.ok_or(Problem::NotFound)?;
    let deliveries = app.recover_deliveries(&access.market, path.0.id, moment("since", &body.since)?).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Recovered { deliveries })))
}
