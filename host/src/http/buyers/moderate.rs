//! POST strike, withdraw and restore of all that one buyer said.

use std::sync::Arc;

use andon_domain::change::{Change, Kind};
use andon_domain::fact::{self, FeedbackState};
use andon_domain::ids::{Instant, check_reference};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Stretch, narrowed, sweep};
use crate::app::App;
use crate::http::access::{OrderRef as BuyerRef, Review, Staff};
use crate::http::border::Border;
use crate::http::deliver::{deliver_all, moment as now_after};
use crate::http::extract::{Json as Body, Path};
use crate::http::orders::moderate::{Ruled, Ruling, bears_out, changes, check_reason};
use crate::http::orders::subject;
use crate::http::problem::Problem;
use crate::markets::Market;
use crate::store::session::For;

/// Ratings after which an answer stops and says where to go on.
const MOST_CHANGED: usize = 1_000;

/// Why, and which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grounds {
    reason: String,
    /// Reference of a platform message of this buyer about one of their orders that bears it out, such as a threat. It is kept with
    /// that order.
    contact: Option<String>,
    /// Only what was said of this merchant.
    merchant: Option<String>,
    /// Only feedback that is in its present state for exactly this reason: restores what was struck by a mistake, and no more.
    changed_for: Option<String>,
    /// `next` of the answer before.
    cursor: Option<String>,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moderated {
    /// How many ratings were changed.
    changed: usize,
    /// How many others the buyer left on the orders that were read: they are in such a state already, or were removed.
    unchanged: usize,
    /// References of the orders whose ratings were changed.
    orders: Vec<String>,
    /// Where to go on; null when everything has been read.
    next: Option<String>,
}

/// A buyer's rating.
#[derive(Clone)]
struct Said {
    order: String,
    state: FeedbackState,
    reason: String,
    last: Option<Instant>,
    borne_out: bool,
}

impl Ruling {
    /// Whether it does anything to feedback in this state. What was removed stays so.
    fn moves(self, from: FeedbackState) -> bool {
        match self {
            Self::Strike => from == FeedbackState::Counted,
            Self::Withdraw => matches!(from, FeedbackState::Counted | FeedbackState::Struck),
            Self::Restore => matches!(from, FeedbackState::Struck | FeedbackState::Withdrawn),
        }
    }
}

/// Strike all feedback of a buyer, withdraw it as the buyer wishes, or count it again. The orders of the marketplace are read for it,
/// up to 200,000 a request: go on with `next` until it is null.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/buyers/{ref}/feedback/{ruling}", tag = "buyers", operation_id = "moderate_buyer",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Buyer reference"),
        ("ruling" = inline(Ruling), Path, description = "What becomes of it")),
    request_body(content = inline(Grounds)), responses((status = 200, body = Moderated)))]
pub async fn moderate(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Staff<Review>,
    BuyerRef(buyer): BuyerRef,
    Path(Ruled { ruling }): Path<Ruled>,
    Body(grounds): Body<Grounds>,
) -> Result<Json<Moderated>, Problem> {
    let market = &access.market;
    check_reference(&buyer).map_err(|_| Problem::NotFound)?;
    check_reason(&grounds.reason)?;
    let key = app.keys.named(&market.code, "buyer", &buyer).key;
    if let Some(contact) = &grounds.contact {
        check_contact(&app, market, key, contact).await?;
    }
    let list = format!("buyer {} {buyer} {ruling:?} {:?}", market.code, grounds.merchant);
    let after = grounds.cursor.as_deref().map_or(Ok(0), |cursor| border.cursors.open(&list, cursor))?;
    let merchant = narrowed(&app, market, grounds.merchant.as_ref()).await?;
    let contact = grounds.contact.clone();
    let swept = sweep(&app, market, Stretch { merchant, after, enough: MOST_CHANGED }, move |subject, order| {
        if order.buyer.key != key || order.buyer.name != buyer {
            return None;
        }
        let borne_out = contact.as_ref().is_some_and(|contact| bears_out(&order, contact));
        let last = subject.history.entries().last().map(|e| e.at);
        let fact::Feedback { state, state_reason: reason, .. } = order.feedback?;
        Some(Said { order: order.id.name.into(), state, reason: reason.into(), last, borne_out })
    });
    let swept = swept.await?;
    let wanted =
        |said: &Said| ruling.moves(said.state) && grounds.changed_for.as_ref().is_none_or(|reason| *reason == said.reason);
    let (moved, rest): (Vec<Said>, Vec<Said>) = swept.found.into_iter().partition(wanted);
    let of = |said: &Said| {
        let contact = grounds.contact.clone().filter(|_| said.borne_out);
        changes(
            now_after(&app, market, said.last),
            ruling.state(),
            &grounds.reason,
            &access.caller.subject,
            contact.map(Into::into),
        )
    };
    let all: Vec<(&str, Instant, Change)> =
        moved.iter().flat_map(|said| of(said).into_iter().map(|(at, change)| (said.order.as_str(), at, change))).collect();
    if !all.is_empty() {
        deliver_all(&app, market, &all).await?;
    }
    Ok(Json(Moderated {
        changed: moved.len(),
        unchanged: rest.len(),
        orders: moved.into_iter().map(|said| said.order).collect(),
        next: swept.next.map(|row| border.cursors.seal(&list, &row)).transpose()?,
    }))
}

/// The message must be one of this buyer's, about an order of theirs.
async fn check_contact(app: &Arc<App>, market: &Market, buyer: u64, contact: &str) -> Result<(), Problem> {
    let refused = || Problem::invalid("contact", "is no platform message about an order of this buyer");
    check_reference(contact).map_err(|_| refused())?;
    let (id, key) = (market.id, app.keys.named(&market.code, "contact", contact).key);
    let found = app.store.read(move |session| session.subjects(id, &[(Kind::Contact, key)], For::Reading)).await?;
    let opened = found.into_iter().flatten().find_map(|s| s.history.contact_opened()?.order.clone()).ok_or_else(refused)?;
    let about = subject(app, market, &opened).await?.and_then(|s| super::fold(&s));
    match about {
        Some(order) if order.buyer.key == buyer && bears_out(&order, contact) => Ok(()),
        _ => Err(refused()),
    }
}
