//! What each type of event carries: the JSON form of every [`Change`], field by field. Unknown fields are refused, so that a
//! misspelt one is not silently nothing.

use std::borrow::Cow;
use std::fmt;

use andon_domain::change::{Change, ContactOpened, Placed, Rating, Recorded};
use andon_domain::fact::{
    Actor, CancelReason, Channel, ClaimKind, ClaimState, FeedbackState, Fulfilment, IncidentKind, ReturnOutcome, ServiceLevel,
    Severity, ViolationState,
};
use andon_domain::ids::{self, Instant};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

use super::EventContext;
use super::check::{EventProblem, in_range, prose, reference, shown, time, within, word};
use super::envelope::{Context, Text};
use super::explain::explained;

/// Longest comment, reason of a decision and name, in bytes.
const MAX_COMMENT: usize = 2000;
const MAX_REASON: usize = 200;

/// A whole number as JSON writes one: no fraction, no exponent, no more than 64 bits hold with its sign.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WholeVisitor;
        impl Visitor<'_> for WholeVisitor {
            type Value = Whole;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number that 64 bits hold with its sign, without fraction or exponent")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                i64::try_from(number).map(Whole).map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
            }
        }
        deserializer.deserialize_i64(WholeVisitor)
    }
}

macro_rules! fields {
    ($($name:ident { $($field:ident: $kind:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, bound(deserialize = "'de: 'a"))]
        struct $name<'a> { $($field: $kind),+ }
    )+};
}

fields! {
    Amount { minor: Whole, currency: Text<'a> }
    OrderPlaced {
        merchant: Text<'a>, buyer: Text<'a>, listing: Text<'a>, units: Whole, amount: Amount<'a>, fulfilment: Option<Text<'a>>,
        service: Option<Text<'a>>, ship_by: Option<Text<'a>>, deliver_by: Option<Text<'a>>,
    }
    Parcel { tracking: Option<Text<'a>>, carrier: Option<Text<'a>> }
    OrderCancelled { by: Text<'a>, reason: Text<'a> }
    FeedbackLeft {
        rating: Whole, as_described: Option<Whole>, service: Option<Whole>, delivery: Option<Whole>, comment: Option<Text<'a>>,
    }
    FeedbackChanged { state: Text<'a>, reason: Text<'a>, actor: Option<Text<'a>> }
    FeedbackEvidenced { contact: Text<'a> }
    ClaimOpened { claim: Text<'a>, kind: Text<'a> }
    ClaimClosed { claim: Text<'a>, state: Text<'a> }
    ReturnRequested { r#return: Text<'a>, reason: Text<'a> }
    ReturnAnswered { r#return: Text<'a> }
    ReturnClosed { r#return: Text<'a>, outcome: Text<'a>, dissatisfied: Option<bool> }
    IncidentOpened { incident: Text<'a>, kind: Text<'a>, responsible: Text<'a> }
    IncidentResolved { incident: Text<'a> }
    ContactBegun {
        contact: Option<Text<'a>>, order: Option<Text<'a>>, merchant: Option<Text<'a>>, channel: Text<'a>, reason: Text<'a>, answer_owed: bool,
    }
    ContactMoved { contact: Option<Text<'a>> }
    ContactResolved { contact: Option<Text<'a>>, satisfaction: Option<Whole> }
    ViolationRecorded {
        violation: Option<Text<'a>>, merchant: Text<'a>, policy: Text<'a>, severity: Text<'a>, listing: Option<Text<'a>>,
    }
    ViolationClosed { violation: Option<Text<'a>>, state: Text<'a> }
    MerchantRegistered { merchant: Option<Text<'a>>, name: Text<'a>, joined_at: Option<Text<'a>> }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListingStocked {
    units: Whole,
}

/// The subject's reference where `data` repeats it.
type Named<'a> = Option<Cow<'a, str>>;

/// Reads and checks `data`; also gives the subject's reference where `data` has it.
pub(super) fn read<'a>(ctx: &EventContext<'_>, event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    match event.event_type.strip_prefix("andon.").and_then(|rest| rest.split_once('.')) {
        Some(("order", what)) => order(ctx, what, event),
        Some(("feedback", what)) => feedback(what, event),
        Some(("claim" | "return" | "incident", _)) => trouble(event),
        Some(("contact", what)) => contact(what, event),
        Some(("violation", what)) => violation(ctx, what, event),
        Some(("merchant", "registered")) => merchant(event),
        Some(("listing", "stocked")) => {
            let units = within("data.units", fields::<ListingStocked>(event)?.units.0, 0, 1_000_000_000)?;
            Ok((Change::ListingStocked { units: units as u32 }, None))
        }
        _ => unknown(event),
    }
}

fn unknown<'a>(event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    Err(EventProblem::coded("unknown-type", "type", format!("{} is no type of event known here", shown(&event.event_type))))
}

fn fields<'a, T: Deserialize<'a>>(event: &Context<'a>) -> Result<T, EventProblem> {
    explained(event.data, "data.")
}

fn order<'a>(ctx: &EventContext<'_>, what: &str, event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let parcel = |event| -> Result<_, EventProblem> {
        let Parcel { tracking, carrier } = fields(event)?;
        Ok((maybe("data.tracking", tracking)?, maybe("data.carrier", carrier)?))
    };
    let change = match what {
        "placed" => Change::OrderPlaced(Box::new(placed(ctx, fields(event)?)?)),
        "accepted" => {
            let Empty {} = fields(event)?;
            Change::OrderAccepted
        }
        "shipped" => parcel(event).map(|(tracking, carrier)| Change::OrderShipped { tracking, carrier })?,
        "scanned" => parcel(event).map(|(tracking, carrier)| Change::OrderScanned { tracking, carrier })?,
        "delivered" => parcel(event).map(|(tracking, carrier)| Change::OrderDelivered { tracking, carrier })?,
        "cancelled" => {
            let OrderCancelled { by, reason } = fields(event)?;
            Change::OrderCancelled {
                by: word("data.by", &by, Actor::ALL)?,
                reason: word("data.reason", &reason, CancelReason::ALL)?,
            }
        }
        _ => return unknown(event),
    };
    Ok((change, None))
}

fn placed(ctx: &EventContext<'_>, data: OrderPlaced<'_>) -> Result<Placed, EventProblem> {
    let named = |field, kind, text: &str| reference(field, text).map(|_| ctx.keys.named(ctx.marketplace, kind, text));
    let currency = &*data.amount.currency;
    if currency != ctx.currency {
        let complaint = format!("{} is not the marketplace's currency, {}", shown(currency), ctx.currency);
        return Err(EventProblem::coded("wrong-currency", "data.amount.currency", complaint));
    }
    Ok(Placed {
        merchant: reference("data.merchant", &data.merchant)?,
        buyer: named("data.buyer", "buyer", &data.buyer)?,
        listing: named("data.listing", "listing", &data.listing)?,
        units: within("data.units", data.units.0, 1, 1_000_000)? as u32,
        amount: within("data.amount.minor", data.amount.minor.0, 0, 1_000_000_000_000_000)?,
        fulfilment: data.fulfilment.map_or(Ok(Fulfilment::Merchant), |f| word("data.fulfilment", &f, Fulfilment::ALL))?,
        service: data.service.map_or(Ok(ServiceLevel::Standard), |s| word("data.service", &s, ServiceLevel::ALL))?,
        ship_by: data.ship_by.map(|t| moment("data.ship_by", &t)).transpose()?,
        deliver_by: data.deliver_by.map(|t| moment("data.deliver_by", &t)).transpose()?,
    })
}

fn feedback<'a>(what: &str, event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let change = match what {
        "left" => {
            let data: FeedbackLeft<'_> = fields(event)?;
            Change::FeedbackLeft(Rating {
                rating: stars("data.rating", data.rating)?,
                as_described: data.as_described.map(|n| stars("data.as_described", n)).transpose()?,
                service: data.service.map(|n| stars("data.service", n)).transpose()?,
                delivery: data.delivery.map(|n| stars("data.delivery", n)).transpose()?,
                comment: data.comment.map(|c| prose("data.comment", &c, MAX_COMMENT)).transpose()?.unwrap_or_default(),
            })
        }
        "changed" => {
            let FeedbackChanged { state, reason, actor } = fields(event)?;
            Change::FeedbackChanged {
                state: word("data.state", &state, FeedbackState::ALL)?,
                reason: prose("data.reason", &reason, MAX_REASON)?,
                actor: maybe("data.actor", actor)?,
            }
        }
        "evidenced" => {
            Change::FeedbackEvidenced { contact: reference("data.contact", &fields::<FeedbackEvidenced<'_>>(event)?.contact)? }
        }
        _ => return unknown(event),
    };
    Ok((change, None))
}

fn trouble<'a>(event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let change = match &*event.event_type {
        "andon.claim.opened" => {
            let ClaimOpened { claim, kind } = fields(event)?;
            Change::ClaimOpened { claim: reference("data.claim", &claim)?, kind: word("data.kind", &kind, ClaimKind::ALL)? }
        }
        "andon.claim.closed" => {
            let ClaimClosed { claim, state } = fields(event)?;
            Change::ClaimClosed { claim: reference("data.claim", &claim)?, state: word("data.state", &state, ClaimState::ALL)? }
        }
        "andon.return.requested" => {
            let ReturnRequested { r#return, reason } = fields(event)?;
            Change::ReturnRequested { ret: reference("data.return", &r#return)?, reason: reference("data.reason", &reason)? }
        }
        "andon.return.answered" => {
            Change::ReturnAnswered { ret: reference("data.return", &fields::<ReturnAnswered<'_>>(event)?.r#return)? }
        }
        "andon.return.closed" => {
            let ReturnClosed { r#return, outcome, dissatisfied } = fields(event)?;
            let outcome = word("data.outcome", &outcome, ReturnOutcome::ALL)?;
            Change::ReturnClosed {
                ret: reference("data.return", &r#return)?,
                outcome,
                dissatisfied: dissatisfied.unwrap_or(false),
            }
        }
        "andon.incident.opened" => {
            let IncidentOpened { incident, kind, responsible } = fields(event)?;
            Change::IncidentOpened {
                incident: reference("data.incident", &incident)?,
                kind: word("data.kind", &kind, IncidentKind::ALL)?,
                responsible: word("data.responsible", &responsible, Actor::ALL)?,
            }
        }
        "andon.incident.resolved" => {
            Change::IncidentResolved { incident: reference("data.incident", &fields::<IncidentResolved<'_>>(event)?.incident)? }
        }
        _ => return unknown(event),
    };
    Ok((change, None))
}

fn contact<'a>(what: &str, event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let (change, named) = match what {
        "opened" => {
            let data: ContactBegun<'a> = fields(event)?;
            if data.order.is_none() && data.merchant.is_none() {
                return Err(EventProblem::missing("data.merchant", "the merchant or the order it is about"));
            }
            let change = Change::ContactOpened(Box::new(ContactOpened {
                order: maybe("data.order", data.order)?,
                merchant: maybe("data.merchant", data.merchant)?,
                channel: word("data.channel", &data.channel, Channel::ALL)?,
                reason: reference("data.reason", &data.reason)?,
                answer_owed: data.answer_owed,
            }));
            (change, data.contact)
        }
        "answered" => (Change::ContactAnswered, fields::<ContactMoved<'a>>(event)?.contact),
        "resolved" => {
            let ContactResolved { contact, satisfaction } = fields(event)?;
            (Change::ContactResolved { satisfaction: satisfaction.map(|n| stars("data.satisfaction", n)).transpose()? }, contact)
        }
        "reopened" => (Change::ContactReopened, fields::<ContactMoved<'a>>(event)?.contact),
        _ => return unknown(event),
    };
    Ok((change, named.map(|text| text.0)))
}

fn violation<'a>(ctx: &EventContext<'_>, what: &str, event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let (change, named) = match what {
        "recorded" => {
            let data: ViolationRecorded<'a> = fields(event)?;
            let listing = maybe("data.listing", data.listing)?;
            let change = Change::ViolationRecorded(Box::new(Recorded {
                merchant: reference("data.merchant", &data.merchant)?,
                policy: reference("data.policy", &data.policy)?,
                severity: word("data.severity", &data.severity, Severity::ALL)?,
                listing: listing.map(|name| ctx.keys.named(ctx.marketplace, "listing", &name)),
            }));
            (change, data.violation)
        }
        "closed" => {
            let ViolationClosed { violation, state } = fields(event)?;
            (Change::ViolationClosed { state: word("data.state", &state, ViolationState::ALL)? }, violation)
        }
        _ => return unknown(event),
    };
    Ok((change, named.map(|text| text.0)))
}

fn merchant<'a>(event: &Context<'a>) -> Result<(Change, Named<'a>), EventProblem> {
    let MerchantRegistered { merchant, name, joined_at } = fields(event)?;
    let joined_at = joined_at.map_or(Ok(event.at), |t| moment("data.joined_at", &t))?;
    Ok((Change::MerchantRegistered { name: reference("data.name", &name)?, joined_at }, merchant.map(|text| text.0)))
}

fn maybe(field: &str, text: Option<Text<'_>>) -> Result<Option<ids::Text>, EventProblem> {
    text.map(|text| reference(field, &text)).transpose()
}

fn stars(field: &str, number: Whole) -> Result<u8, EventProblem> {
    within(field, number.0, 1, 5).map(|n| n as u8)
}

/// A time that may lie ahead.
fn moment(field: &str, text: &str) -> Result<Instant, EventProblem> {
    in_range(field, time(field, text)?, text)
}
