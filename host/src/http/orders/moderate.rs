//! POST strike, withdraw and restore: whether feedback may be held against the merchant, with who decided, why, and on what message.

use std::sync::Arc;

use andon_domain::change::Change;
use andon_domain::fact::{self, Channel, FeedbackState};
use andon_domain::ids::{Instant, Text};
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Feedback, fold, subject};
use crate::app::App;
use crate::http::access::{Moderate, OrderRef, Staff};
use crate::http::deliver::{deliver, moment as now_after};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;

/// What becomes of feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ruling {
    /// It stays visible and is not held against the merchant.
    Strike,
    /// Its buyer takes it back.
    Withdraw,
    /// It counts again.
    Restore,
}

impl Ruling {
    /// The state that it brings feedback to.
    pub(in crate::http) fn state(self) -> FeedbackState {
        match self {
            Self::Strike => FeedbackState::Struck,
            Self::Withdraw => FeedbackState::Withdrawn,
            Self::Restore => FeedbackState::Counted,
        }
    }
}

/// The ruling of a path.
#[derive(Debug, Deserialize)]
pub struct Ruled {
    /// Its last part.
    pub ruling: Ruling,
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FeedbackGrounds)]
pub struct Grounds {
    reason: String,
    /// Reference of a platform message about this order that bears it out, such as a threat.
    contact: Option<String>,
}

/// Strike feedback, withdraw it as its buyer wishes, or count it again.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/orders/{ref}/feedback/{ruling}", tag = "feedback", operation_id = "moderate_feedback",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Order reference"),
        ("ruling" = inline(Ruling), Path, description = "What becomes of it")),
    request_body = Grounds, responses((status = 200, body = Feedback)))]
pub async fn moderate(
    State(app): State<Arc<App>>,
    access: Staff<Moderate>,
    OrderRef(reference): OrderRef,
    Path(Ruled { ruling }): Path<Ruled>,
    Json(Grounds { reason, contact }): Json<Grounds>,
) -> Result<axum::Json<Feedback>, Problem> {
    let (market, caller, state) = (&access.market, &access.caller, ruling.state());
    check_reason(&reason)?;
    let found = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let order = fold(&found).ok_or(Problem::NotFound)?;
    let known = order.feedback.as_ref().ok_or(Problem::NotFound)?;
    if contact.as_ref().is_some_and(|contact| !bears_out(&order, contact)) {
        return Err(Problem::invalid("contact", "is no platform message about this order"));
    }
    let shown = Feedback::of(known, &found.history, caller);
    let evidenced = contact.as_ref().is_none_or(|contact| shown.evidence.contains(contact));
    if known.state == state && (state == FeedbackState::Counted || known.state_reason == reason) && evidenced {
        return Ok(axum::Json(shown));
    }
    let at = now_after(&app, market, found.history.entries().last().map(|e| e.at));
    deliver(&app, market, &reference, changes(at, state, &reason, &caller.subject, contact.map(Text::from))).await?;
    let after = subject(&app, market, &reference).await?.ok_or(Problem::NotFound)?;
    let feedback = fold(&after).and_then(|order| order.feedback).ok_or(Problem::NotFound)?;
    Ok(axum::Json(Feedback::of(&feedback, &after.history, caller)))
}

/// A decision is not made without a reason.
pub(in crate::http) fn check_reason(reason: &str) -> Result<(), Problem> {
    if reason.trim().is_empty() { Err(Problem::invalid("reason", "must not be blank")) } else { Ok(()) }
}

/// Whether a contact is a message that evidence may rest on: one about this order, sent on the platform.
pub(in crate::http) fn bears_out(order: &fact::Order, contact: &str) -> bool {
    order.contacts.iter().any(|c| c.id.name == contact && c.channel == Channel::PlatformMessage)
}

/// What is to be brought in about an order.
pub(in crate::http) fn changes(
    at: Instant,
    state: FeedbackState,
    reason: &str,
    actor: &str,
    contact: Option<Text>,
) -> Vec<(Instant, Change)> {
    let ruled = Change::FeedbackChanged { state, reason: reason.into(), actor: Some(actor.into()) };
    let evidenced = contact.map(|contact| Change::FeedbackEvidenced { contact });
    std::iter::once(ruled).chain(evidenced).map(|change| (at, change)).collect()
}
