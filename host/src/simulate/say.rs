//! What happened, in words: each step of a simulated life as the event that reports it.

use andon_domain::change::{Change, ContactOpened, Placed, Rating, Recorded};
use andon_domain::fact::FeedbackState;
use andon_domain::ids::{Instant, Named, Text};

use super::chance::{Chance, Stream};
use super::life::{Order, What};
use super::merchants::Merchant;
use super::{DAY, HOUR, Pending, Plan};
use crate::events::{Written, id_at, write};

const BAD: [&str; 4] = ["It never worked.", "Arrived late and damaged.", "Not what the picture shows.", "Nobody answers. 😡"];
const GOOD: [&str; 4] =
    ["Arrived on time, as described.", "Great, thank you!", "Exactly what I needed.\nWill buy again.", "Good."];
const FIRST: [&str; 8] = ["Blue", "North", "Old Town", "Silver", "Sunny", "River", "Green", "Little"];
const SECOND: [&str; 8] = ["Trading", "Goods", "Supplies", "House", "Market", "Workshop", "Imports", "Corner"];

/// The line that makes a merchant known.
pub(super) fn registered(plan: &Plan, start: Instant, number: u32) -> Vec<u8> {
    let mut chance = Chance::new(plan.seed, Stream::Merchant(number));
    let at = start - HOUR + Instant::from(number) * HOUR / Instant::from(plan.merchants);
    let (a, b) = (chance.below(8) as usize, chance.below(8) as usize);
    let change = Change::MerchantRegistered {
        name: format!("{} {} {number}", FIRST[a], SECOND[b]).into(),
        joined_at: at - chance.between(0, 1500 * DAY).min(at - andon_domain::calendar::TIME_RANGE.start),
    };
    said(plan, u64::from(number) | 1 << 63, at, &merchant_reference(number), &change)
}

/// The line that reports a step.
pub(super) fn line(plan: &Plan, merchants: &[Merchant], event: &Pending) -> Vec<u8> {
    let Pending { number, at, order, merchant, .. } = *event;
    let of_order = |letter: &str| -> Text { format!("{letter}-{order:08}").into() };
    let tracking = |tracked: bool| tracked.then(|| of_order("t"));
    let change = match event.what {
        What::Placed => placed(plan, merchants, order, at),
        What::Stocked(units) => {
            let listing = Order::draw(plan, merchants, order, at).listing;
            return said(plan, number, at, &listing_reference(merchant, listing), &Change::ListingStocked { units });
        }
        What::Shipped { tracked } => {
            Change::OrderShipped { tracking: tracking(tracked), carrier: tracked.then(|| "swift-post".into()) }
        }
        What::Scanned => Change::OrderScanned { tracking: tracking(true), carrier: None },
        What::Delivered { tracked } => Change::OrderDelivered { tracking: tracking(tracked), carrier: None },
        What::Cancelled(by, reason) => Change::OrderCancelled { by, reason },
        What::Rated { rating, as_described } => {
            let words = if rating <= 2 { BAD } else { GOOD };
            let comment = words[order as usize % 4].into();
            Change::FeedbackLeft(Rating { rating, as_described, service: None, delivery: None, comment })
        }
        What::FeedbackIs(state) => feedback(state),
        What::Claimed(kind) => Change::ClaimOpened { claim: of_order("c"), kind },
        What::ClaimIs(state) => Change::ClaimClosed { claim: of_order("c"), state },
        What::ReturnAsked { faulty } => {
            Change::ReturnRequested { ret: of_order("r"), reason: if faulty { "defective" } else { "no-longer-needed" }.into() }
        }
        What::ReturnAnswered => Change::ReturnAnswered { ret: of_order("r") },
        What::ReturnIs { outcome, dissatisfied } => Change::ReturnClosed { ret: of_order("r"), outcome, dissatisfied },
        What::Incident(kind, responsible) => Change::IncidentOpened { incident: of_order("i"), kind, responsible },
        What::IncidentOver => Change::IncidentResolved { incident: of_order("i") },
        What::Asked { .. } | What::Answered | What::Resolved { .. } | What::AskedAgain => {
            return said(plan, number, at, &of_order("k"), &contact(event.what, of_order("o"), merchant));
        }
        What::Violated(severity, policy) => {
            let listing = Some(nameless(listing_reference(merchant, order % 5)));
            let recorded = Recorded { merchant: merchant_reference(merchant), policy: policy.into(), severity, listing };
            return said(plan, number, at, &of_order("v"), &Change::ViolationRecorded(Box::new(recorded)));
        }
        What::ViolationIs(state) => return said(plan, number, at, &of_order("v"), &Change::ViolationClosed { state }),
    };
    said(plan, number, at, &of_order("o"), &change)
}

fn placed(plan: &Plan, merchants: &[Merchant], number: u32, at: Instant) -> Change {
    let order = Order::draw(plan, merchants, number, at);
    let buyer = match order.ring {
        Some(member) => format!("b-ring-{}-{member}", order.merchant).into(),
        None => format!("b-{:08}", order.buyer).into(),
    };
    Change::OrderPlaced(Box::new(Placed {
        merchant: merchant_reference(order.merchant),
        buyer: nameless(buyer),
        listing: nameless(listing_reference(order.merchant, order.listing)),
        units: order.units,
        amount: order.amount,
        fulfilment: order.fulfilment,
        service: order.service,
        ship_by: Some(order.ship_by),
        deliver_by: Some(order.deliver_by),
    }))
}

fn feedback(state: FeedbackState) -> Change {
    let (reason, actor) = match state {
        FeedbackState::Struck => ("abusive or not about the order", Some("review-team")),
        FeedbackState::Counted => ("struck in error", Some("review-team")),
        _ => ("taken back by the buyer", None),
    };
    Change::FeedbackChanged { state, reason: reason.into(), actor: actor.map(Text::from) }
}

/// A contact on no order is named by the order that led to it all the same, for want of another number.
fn contact(what: What, order: Text, merchant: u32) -> Change {
    match what {
        What::Asked { channel, about, of_order } => Change::ContactOpened(Box::new(ContactOpened {
            order: of_order.then_some(order),
            merchant: Some(merchant_reference(merchant)),
            channel,
            reason: about.into(),
            answer_owed: true,
        })),
        What::Resolved { satisfaction } => Change::ContactResolved { satisfaction },
        What::AskedAgain => Change::ContactReopened,
        _ => Change::ContactAnswered,
    }
}

fn merchant_reference(number: u32) -> Text {
    format!("m-{number:06}").into()
}

fn listing_reference(merchant: u32, number: u32) -> Text {
    format!("l-{merchant:06}-{number}").into()
}

/// Names are written without their keys.
fn nameless(name: Text) -> Named {
    Named { key: 0, name }
}

fn said(plan: &Plan, number: u64, at: Instant, subject: &str, change: &Change) -> Vec<u8> {
    let mut line = Vec::with_capacity(512);
    let id = id_at(at, distinct(plan.seed, number));
    let (marketplace, currency) = (&plan.marketplace, &plan.currency);
    write(&mut line, &Written { source: "andon-simulate", id, marketplace, currency, at, subject, change });
    line
}

/// Bytes that no other number of the same seed has: an odd multiplier is undone by its inverse, a shifted exclusive-or by itself.
fn distinct(seed: u64, number: u64) -> [u8; 10] {
    let mut mixed = number.wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^= mixed >> 32;
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&(seed as u16).to_be_bytes());
    bytes[2..].copy_from_slice(&mixed.to_be_bytes());
    bytes
}
