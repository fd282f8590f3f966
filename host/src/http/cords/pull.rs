//! POST a cord: pull it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Cord;
use crate::app::App;
use crate::enforce::Pulling;
use crate::http::access::{OrderRef, Pull, Staff};
use crate::http::enforcements::find;
use crate::http::extract::Json;
use crate::http::problem::Problem;

/// Why, with what shows it: contacts or orders about this listing, 50 of each at most.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPull {
    /// One that a seller controls, as the marketplace's policy lists them.
    reason: String,
    #[serde(default)]
    contacts: Vec<String>,
    #[serde(default)]
    orders: Vec<String>,
    /// What the merchant is told.
    note: String,
}

/// Pull a listing's cord. It is off sale when this is answered; where something makes the pull doubtful it is `in-review` until a
/// second person agrees.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/listings/{ref}/cord", tag = "cords", operation_id = "pull_cord",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Listing reference")),
    request_body = NewPull, responses((status = 201, body = Cord)))]
pub async fn pull(
    State(app): State<Arc<App>>,
    access: Staff<Pull>,
    OrderRef(listing): OrderRef,
    Json(body): Json<NewPull>,
) -> Result<(StatusCode, axum::Json<Cord>), Problem> {
    let NewPull { reason, contacts, orders, note } = body;
    let pulling = Pulling { listing, reason, contacts, orders, note };
    let row = app.pull(&access.market.code, pulling, &access.caller.subject).await?;
    let (row, merchant) = find(&app, &access.market, row.id).await?;
    Ok((StatusCode::CREATED, axum::Json(Cord::of(row, &merchant, true))))
}
