//! The way back: a change as the CloudEvent that would bring it in. What is simulated and imported goes through the same door as
//! what senders send.

use andon_domain::calendar::rfc3339;
use andon_domain::change::Change;
use andon_domain::ids::Instant;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::{Builder, Uuid};

/// An event to be written.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// CloudEvents `source`.
    pub source: &'a str,
    /// CloudEvents `id`; see [`id_at`].
    pub id: Uuid,
    /// The marketplace's code.
    pub marketplace: &'a str,
    /// The marketplace's currency.
    pub currency: &'a str,
    /// When it happened.
    pub at: Instant,
    /// The subject's reference.
    pub subject: &'a str,
    /// What it says; keys of names are not looked at.
    pub change: &'a Change,
}

/// An id that carries the time of its event (UUIDv7), made of that time and 80 bits that tell events of one millisecond apart,
/// so that the same event always gets the same id.
pub fn id_at(at: Instant, distinct: [u8; 10]) -> Uuid {
    Builder::from_unix_timestamp_millis(at.unsigned_abs(), &distinct).into_uuid()
}

/// Appends the event as one line of JSON, without the line break.
pub fn write(out: &mut Vec<u8>, event: &Written<'_>) {
    #[derive(Serialize)]
    struct Json<'a> {
        specversion: &'static str,
        id: Uuid,
        source: &'a str,
        r#type: &'static str,
        time: String,
        subject: &'a str,
        marketplace: &'a str,
        data: Value,
    }
    let mut data = data(event.change, event.currency);
    if let Value::Object(fields) = &mut data {
        fields.retain(|_, value| !value.is_null());
    }
    let json = Json {
        specversion: "1.0",
        id: event.id,
        source: event.source,
        r#type: event.change.event_type(),
        time: rfc3339(event.at),
        subject: event.subject,
        marketplace: event.marketplace,
        data,
    };
    // Neither a vector nor strings and numbers can fail to take this; an event cut short would be refused where it is read.
    let _ = serde_json::to_writer(out, &json);
}

fn data(change: &Change, currency: &str) -> Value {
    match change {
        Change::OrderPlaced(p) => json!({
            "merchant": p.merchant, "buyer": p.buyer.name, "listing": p.listing.name, "units": p.units,
            "amount": {"minor": p.amount, "currency": currency}, "fulfilment": p.fulfilment.word(), "service": p.service.word(),
            "ship_by": p.ship_by.map(rfc3339), "deliver_by": p.deliver_by.map(rfc3339),
        }),
        Change::OrderShipped { tracking, carrier }
        | Change::OrderScanned { tracking, carrier }
        | Change::OrderDelivered { tracking, carrier } => json!({"tracking": tracking, "carrier": carrier}),
        Change::OrderCancelled { by, reason } => json!({"by": by.word(), "reason": reason.word()}),
        Change::FeedbackLeft(r) => json!({
            "rating": r.rating, "as_described": r.as_described, "service": r.service, "delivery": r.delivery,
            "comment": (!r.comment.is_empty()).then_some(&r.comment),
        }),
        Change::FeedbackChanged { state, reason, actor } => json!({"state": state.word(), "reason": reason, "actor": actor}),
        Change::FeedbackEvidenced { contact } => json!({"contact": contact}),
        Change::ClaimOpened { claim, kind } => json!({"claim": claim, "kind": kind.word()}),
        Change::ClaimClosed { claim, state } => json!({"claim": claim, "state": state.word()}),
        Change::ReturnRequested { ret, reason } => json!({"return": ret, "reason": reason}),
        Change::ReturnAnswered { ret } => json!({"return": ret}),
        Change::ReturnClosed { ret, outcome, dissatisfied } => {
            json!({"return": ret, "outcome": outcome.word(), "dissatisfied": dissatisfied})
        }
        Change::IncidentOpened { incident, kind, responsible } => {
            json!({"incident": incident, "kind": kind.word(), "responsible": responsible.word()})
        }
        Change::IncidentResolved { incident } => json!({"incident": incident}),
        Change::ContactOpened(o) => json!({
            "order": o.order, "merchant": o.merchant, "channel": o.channel.word(), "reason": o.reason, "answer_owed": o.answer_owed,
        }),
        Change::OrderAccepted | Change::ContactAnswered | Change::ContactReopened => json!({}),
        Change::ContactResolved { satisfaction } => json!({"satisfaction": satisfaction}),
        Change::ViolationRecorded(r) => json!({
            "merchant": r.merchant, "policy": r.policy, "severity": r.severity.word(), "listing": r.listing.as_ref().map(|l| &l.name),
        }),
        Change::ViolationClosed { state } => json!({"state": state.word()}),
        Change::ListingStocked { units } => json!({"units": units}),
        Change::MerchantRegistered { name, joined_at } => json!({"name": name, "joined_at": rfc3339(*joined_at)}),
    }
}
