//! POST an enforcement: a measure that a person takes.

use std::sync::Arc;

use andon_domain::enforce::measure::{Kind, Measure};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Enforcement;
use super::list::known;
use crate::app::App;
use crate::enforce::Taking;
use crate::http::access::{Review, Staff};
use crate::http::extract::Json;
use crate::http::merchants::find as merchant;
use crate::http::problem::Problem;

/// What to do, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEnforcement {
    merchant: String,
    action: String,
    /// Reference of the listing, with `pull-listing` and `restore-listing`.
    listing: Option<String>,
    /// Code of the badge, with `award-badge` and `revoke-badge`.
    badge: Option<String>,
    /// With `cap-orders`.
    orders_a_day: Option<u32>,
    /// 1 to 366; until it is ended where none are given.
    days: Option<u16>,
    /// Code of the reason.
    reason: String,
    /// What the merchant is told.
    note: String,
}

/// Take a measure. A pulled listing is better stopped by its cord. Where the policy asks for two people it waits for the second.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/enforcements", tag = "enforcements", operation_id = "take_enforcement",
    params(("m" = String, Path, description = "Marketplace code")),
    request_body = NewEnforcement, responses((status = 201, body = Enforcement)))]
pub async fn take(
    State(app): State<Arc<App>>,
    access: Staff<Review>,
    Json(body): Json<NewEnforcement>,
) -> Result<Response, Problem> {
    let market = &access.market;
    let kind = known("action", Some(&body.action), Kind::ALL)?.ok_or(Problem::NotFound)?;
    let found = merchant(&app, market, &body.merchant).await.map_err(|problem| match problem {
        Problem::NotFound => Problem::invalid("merchant", "is not a merchant of this marketplace"),
        other => other,
    })?;
    let object = if matches!(kind, Kind::AwardBadge | Kind::RevokeBadge) { body.badge } else { body.listing };
    let measure = Measure { kind, object: object.unwrap_or_default(), amount: body.orders_a_day };
    let taking = Taking { merchant: found.id, measure, days: body.days, reason: body.reason, note: body.note };
    let row = app.take(&market.code, taking, &access.caller.subject).await?;
    let place = format!("/v1/marketplaces/{}/enforcements/{}", market.code, row.id);
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(Enforcement::of(row, &found.reference, true))).into_response())
}
