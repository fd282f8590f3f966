//! POST strike, withdraw and restore: whether feedback may be held against the merchant, with who decided and why.

use std::sync::Arc;

use andon_domain::change::Change;
use andon_domain::fact::FeedbackState;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Feedback, fold, subject};
use crate::app::App;
use crate::http::access::{Moderate, OrderRef, Staff};
use crate::http::deliver::{deliver, moment as now_after};
use crate::http::extract::Json;
use crate::http::problem::Problem;

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    reason: String,
}

/// Strike feedback: it stays visible and is not held against the merchant.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/orders/{ref}/feedback/strike", tag = "feedback", operation_id = "strike_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    request_body = Grounds, responses((status = 200, body = Feedback)))]
pub async fn strike(
    app: State<Arc<App>>,
    access: Staff<Moderate>,
    path: OrderRef,
    body: Json<Grounds>,
) -> Result<axum::Json<Feedback>, Problem> {
    change(app, access, path, body, FeedbackState::Struck).await
}

/// Withdraw feedback, as its buyer wishes.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/orders/{ref}/feedback/withdraw", tag = "feedback", operation_id = "withdraw_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    request_body = Grounds, responses((status = 200, body = Feedback)))]
pub async fn withdraw(
    app: State<Arc<App>>,
    access: Staff<Moderate>,
    path: OrderRef,
    body: Json<Grounds>,
) -> Result<axum::Json<Feedback>, Problem> {
    change(app, access, path, body, FeedbackState::Withdrawn).await
}

/// Count feedback again.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/orders/{ref}/feedback/restore", tag = "feedback", operation_id = "restore_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference")),
    request_body = Grounds, responses((status = 200, body = Feedback)))]
pub async fn restore(
    app: State<Arc<App>>,
    access: Staff<Moderate>,
    path: OrderRef,
    body: Json<Grounds>,
) -> Result<axum::Json<Feedback>, Problem> {
    change(app, access, path, body, FeedbackState::Counted).await
}

async fn change(
    State(app): State<Arc<App>>,
    access: Staff<Moderate>,
    OrderRef(reference): OrderRef,
    Json(Grounds { reason }): Json<Grounds>,
    state: FeedbackState,
) -> Result<axum::Json<Feedback>, Problem> {
    let market = &access.market;
    if reason.trim().is_empty() {
        return Err(Problem::invalid("reason", "must not be blank"));
    }
    let found = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let known = fold(&found).and_then(|order| order.feedback).ok_or(Problem::NotFound)?;
    if known.state == state && (state == FeedbackState::Counted || known.state_reason == reason) {
        return Ok(axum::Json(Feedback::of(&known, &found.history)));
    }
    let at = now_after(&app, market, found.history.entries().last().map(|e| e.at));
    let change = Change::FeedbackChanged { state, reason, actor: Some(access.caller.subject.clone()) };
    deliver(&app, market, &reference, vec![(at, change)]).await?;
    let after = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let feedback = fold(&after).and_then(|order| order.feedback).ok_or(Problem::NotFound)?;
    Ok(axum::Json(Feedback::of(&feedback, &after.history)))
}
