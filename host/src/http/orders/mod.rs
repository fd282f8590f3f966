//! `/v1/marketplaces/{m}/orders`: each order as its events fold to.

pub mod feedback;
pub mod list;
pub mod moderate;
pub mod put;
pub mod show;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::change::{Change, Kind};
use andon_domain::fact::{self, Fact};
use andon_domain::history::{Entry, History, Source};
use andon_domain::ids::{Instant, Named, check_reference};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::problem::Problem;
use super::shapes::{Amount, time};
use crate::app::App;
use crate::auth::Caller;
use crate::markets::Market;
use crate::pipeline::segment;
use crate::store::StoreError;
use crate::store::session::{For, Session, Subject};

/// Events of one order that are shown, the oldest; further ones are counted.
const MAX_EVENTS: usize = 200;

/// Called off.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cancelled {
    at: String,
    by: &'static str,
    reason: &'static str,
}

/// A buyer's rating.
#[derive(Debug, Serialize, ToSchema)]
pub struct Feedback {
    at: String,
    /// 1 to 5.
    rating: u8,
    as_described: Option<u8>,
    service: Option<u8>,
    delivery: Option<u8>,
    comment: String,
    /// `counted`, `struck`, `withdrawn` or `removed`.
    state: &'static str,
    /// Why it is in that state.
    reason: Option<String>,
    /// Who brought it there; merchants are not told.
    actor: Option<String>,
    /// References of the order's platform messages that bear it out.
    evidence: Vec<String>,
}

/// A buyer's claim.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claim {
    #[serde(rename = "claim")]
    reference: String,
    opened_at: String,
    kind: &'static str,
    state: &'static str,
    closed_at: Option<String>,
}

/// A return.
#[derive(Debug, Serialize, ToSchema)]
pub struct Return {
    #[serde(rename = "return")]
    reference: String,
    requested_at: String,
    reason: String,
    answered_at: Option<String>,
    outcome: &'static str,
    dissatisfied: bool,
}

/// Trouble on the way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    #[serde(rename = "incident")]
    reference: String,
    opened_at: String,
    kind: &'static str,
    responsible: &'static str,
    resolved_at: Option<String>,
}

/// A contact about the order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Contact {
    #[serde(rename = "contact")]
    reference: String,
    opened_at: String,
    channel: &'static str,
    reason: String,
    answer_owed: bool,
    first_answer_at: Option<String>,
    resolved_at: Option<String>,
    reopened: u16,
    satisfaction: Option<u8>,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Order {
    #[serde(rename = "ref")]
    reference: String,
    merchant: String,
    buyer: String,
    listing: String,
    units: u32,
    amount: Amount,
    fulfilment: &'static str,
    service: &'static str,
    placed_at: String,
    ship_by: Option<String>,
    deliver_by: Option<String>,
    /// When the merchant took it on, where that was said.
    accepted_at: Option<String>,
    shipped_at: Option<String>,
    delivered_at: Option<String>,
    /// `none`, `uploaded`, `scanned` or `delivered-confirmed`.
    tracking: &'static str,
    cancelled: Option<Cancelled>,
    feedback: Option<Feedback>,
    claims: Vec<Claim>,
    returns: Vec<Return>,
    incidents: Vec<Incident>,
    contacts: Vec<Contact>,
    /// The events it came from, by their time; shown for a single order only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    events: Option<Vec<Box<RawValue>>>,
    /// How many later events are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_left_out: Option<usize>,
}

impl Order {
    /// As it is shown; who changed feedback is in its history alone.
    pub(super) fn of(order: fact::Order, history: &History, market: &Market, caller: &Caller) -> Self {
        let feedback = order.feedback.as_ref().map(|f| Feedback::of(f, history, caller));
        let claim = |c: fact::Claim| Claim {
            reference: c.reference.into(),
            opened_at: time(c.opened),
            kind: c.kind.word(),
            state: c.state.word(),
            closed_at: c.closed.map(time),
        };
        let ret = |r: fact::ReturnRequest| Return {
            reference: r.reference.into(),
            requested_at: time(r.requested),
            reason: r.reason.into(),
            answered_at: r.answered.map(time),
            outcome: r.outcome.word(),
            dissatisfied: r.dissatisfied,
        };
        let incident = |i: fact::Incident| Incident {
            reference: i.reference.into(),
            opened_at: time(i.at),
            kind: i.kind.word(),
            responsible: i.responsible.word(),
            resolved_at: i.resolved.map(time),
        };
        Self {
            reference: order.id.name.into(),
            merchant: order.merchant.into(),
            buyer: order.buyer.name.into(),
            listing: order.listing.name.into(),
            units: order.units,
            amount: Amount { minor: order.amount, currency: market.currency.clone() },
            fulfilment: order.fulfilment.word(),
            service: order.service.word(),
            placed_at: time(order.placed),
            ship_by: order.ship_by.map(time),
            deliver_by: order.deliver_by.map(time),
            accepted_at: order.accepted.map(time),
            shipped_at: order.shipped.map(time),
            delivered_at: order.delivered.map(time),
            tracking: order.tracking.word(),
            cancelled: order.cancelled.map(|c| Cancelled { at: time(c.at), by: c.by.word(), reason: c.reason.word() }),
            feedback,
            claims: order.claims.into_iter().map(claim).collect(),
            returns: order.returns.into_iter().map(ret).collect(),
            incidents: order.incidents.into_iter().map(incident).collect(),
            contacts: order.contacts.into_iter().map(Into::into).collect(),
            events: None,
            events_left_out: None,
        }
    }
}

impl From<fact::Contact> for Contact {
    fn from(c: fact::Contact) -> Self {
        Self {
            reference: c.id.name.into(),
            opened_at: time(c.opened),
            channel: c.channel.word(),
            reason: c.reason.into(),
            answer_owed: c.answer_owed,
            first_answer_at: c.first_answer.map(time),
            resolved_at: c.resolved.map(time),
            reopened: c.reopened,
            satisfaction: c.satisfaction,
        }
    }
}

impl Feedback {
    fn of(feedback: &fact::Feedback, history: &History, caller: &Caller) -> Self {
        let changes = || history.entries().iter().map(|e| &e.change);
        let actor = changes().rev().find_map(|change| match change {
            Change::FeedbackChanged { actor, .. } => Some(actor.clone()),
            _ => None,
        });
        let mut evidence: Vec<String> = changes()
            .filter_map(
                |change| if let Change::FeedbackEvidenced { contact } = change { Some(contact.to_string()) } else { None },
            )
            .collect();
        evidence.sort_unstable();
        evidence.dedup();
        Self {
            at: time(feedback.at),
            rating: feedback.rating,
            as_described: feedback.as_described,
            service: feedback.service,
            delivery: feedback.delivery,
            comment: feedback.comment.to_string(),
            state: feedback.state.word(),
            reason: (!feedback.state_reason.is_empty()).then(|| feedback.state_reason.to_string()),
            actor: actor.flatten().filter(|_| caller.merchant().is_none()).map(Into::into),
            evidence,
        }
    }
}

/// What is stored under an order's reference: perhaps only events that wait for the order.
pub(super) async fn subject(app: &App, market: &Market, reference: &str) -> Result<Option<Subject>, Problem> {
    check_reference(reference).map_err(|_| Problem::NotFound)?;
    let (id, key) = (market.id, app.keys.named(&market.code, "order", reference).key);
    let found = app.store.read(move |session| session.subjects(id, &[(Kind::Order, key)], For::Reading)).await?;
    Ok(found.into_iter().next().flatten().filter(|s| s.reference == reference))
}

/// The order as its events fold to by now; `None` while it has not been placed.
pub(super) fn fold(subject: &Subject) -> Option<fact::Order> {
    match subject.history.fact(&Named { key: subject.key, name: subject.reference.as_str().into() }, Instant::MAX)? {
        Fact::Order(order) => Some(*order),
        _ => None,
    }
}

/// The raw events behind a history, its contacts' included, oldest first, and how many more there are than are shown.
async fn events(app: &Arc<App>, history: &History, caller: &Caller) -> Result<(Vec<Box<RawValue>>, usize), Problem> {
    let of_contacts = history.contacts().flat_map(|(_, entries)| entries);
    let mut entries: Vec<&Entry> = history.entries().iter().chain(of_contacts).collect();
    entries.sort_by_key(|e| (e.at, e.tie));
    let left_out = entries.len().saturating_sub(MAX_EVENTS);
    let sources: Vec<Source> = entries.iter().take(MAX_EVENTS).map(|e| e.source).collect();
    let raw = |bytes: Vec<u8>| match caller.merchant() {
        None => serde_json::from_slice(&bytes),
        Some(_) => without_actor(&bytes),
    };
    let read = app.store.read(move |session| sent(session, &sources)).await?;
    let shown = read.into_iter().map(|bytes| raw(bytes).map_err(|e| Problem::Internal(Box::new(e))));
    Ok((shown.collect::<Result<_, _>>()?, left_out))
}

/// Events as they were sent. A segment holds thousands of others, so each is unpacked once and let go before the next.
fn sent(session: &mut dyn Session, sources: &[Source]) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut wanted: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, source) in sources.iter().enumerate() {
        wanted.entry(source.segment).or_default().push(place);
    }
    let mut found = vec![None; sources.len()];
    for (segment, places) in wanted {
        let packed = session.segment(segment)?.ok_or_else(|| StoreError::undecodable("segments", segment))?;
        let mut events = segment::unpack(&packed)?;
        for place in places {
            found[place] = events.get_mut(sources[place].index as usize).map(std::mem::take);
        }
    }
    Ok(found.into_iter().flatten().collect())
}

/// A raw event as a merchant sees it: who of the staff acted is not for them.
fn without_actor(event: &[u8]) -> serde_json::Result<Box<RawValue>> {
    let mut read: Value = serde_json::from_slice(event)?;
    match read.get_mut("data").and_then(Value::as_object_mut).and_then(|data| data.remove("actor")) {
        Some(_) => serde_json::value::to_raw_value(&read),
        None => serde_json::from_slice(event),
    }
}
