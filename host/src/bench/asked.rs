//! What rules are asked, in the SDK's types: as native code gets it, with no contract between. Tests ask it so, too.

use andon_domain::fact::{self, Fact};
use andon_domain::manifest::Manifest;
use andon_domain::reading::{self, Reading};
use andon_domain::verdict::Snapshot;
use andon_sdk::facts as sdk;

/// The variant of the same name.
macro_rules! same {
    ($value:expr, $from:path => $to:path: $($name:ident)+) => {{
        use $from as From;
        use $to as To;
        match $value { $(From::$name => To::$name),+ }
    }};
}

/// A fact; `manifest` is that of the rules, which holds the words they know.
pub fn subject(manifest: &Manifest, fact: &Fact) -> sdk::Subject {
    let known = |words: &[String], word: &str| words.iter().position(|known| known == word).map(|i| i as u16);
    match fact {
        Fact::Order(o) => sdk::Subject::Order(order(o, &|word| known(&manifest.return_reasons, word), &|word| {
            known(&manifest.contact_reasons, word)
        })),
        Fact::Contact(c) => sdk::Subject::Contact(contact(c, known(&manifest.contact_reasons, &c.reason))),
        Fact::Violation(v) => sdk::Subject::Violation(sdk::Violation {
            id: v.id.key,
            at: v.at,
            policy: known(&manifest.policies, &v.policy),
            severity: same!(v.severity, fact::Severity => sdk::Severity: Low Medium High Critical),
            listing: v.listing.as_ref().map(|listing| listing.key),
            state: same!(v.state, fact::ViolationState => sdk::ViolationState: Open Acknowledged Resolved Overturned),
            closed: v.closed,
        }),
    }
}

/// Where a word stands in a list of the manifest.
type Known<'a> = &'a dyn Fn(&str) -> Option<u16>;

fn order(o: &fact::Order, return_reason: Known<'_>, contact_reason: Known<'_>) -> sdk::Order {
    let aftermath = sdk::Aftermath {
        claims: o.claims.iter().map(claim).collect(),
        returns: o.returns.iter().map(|r| return_request(r, return_reason(&r.reason))).collect(),
        incidents: o.incidents.iter().map(incident).collect(),
        contacts: o.contacts.iter().map(|c| contact(c, contact_reason(&c.reason))).collect(),
    };
    let nothing = o.claims.is_empty() && o.returns.is_empty() && o.incidents.is_empty() && o.contacts.is_empty();
    sdk::Order {
        id: o.id.key,
        buyer: o.buyer.key,
        listing: o.listing.key,
        units: o.units,
        amount: o.amount,
        fulfilment: same!(o.fulfilment, fact::Fulfilment => sdk::Fulfilment: Merchant Platform),
        service: same!(o.service, fact::ServiceLevel => sdk::ServiceLevel: Standard Expedited TwoDay SameDay),
        placed: o.placed,
        ship_by: o.ship_by,
        deliver_by: o.deliver_by,
        shipped: o.shipped,
        delivered: o.delivered,
        tracking: same!(o.tracking, fact::Tracking => sdk::Tracking: None Uploaded Scanned DeliveredConfirmed),
        cancelled: o.cancelled.as_ref().map(|c| sdk::Cancellation {
            at: c.at,
            by: actor(c.by),
            reason: same!(
                c.reason, fact::CancelReason => sdk::CancelReason:
                OutOfStock PricingError NotShippedInTime UndeliverableAddress BuyerRequest Unpaid FraudHold PlatformError Other
            ),
        }),
        feedback: o.feedback.as_ref().map(|f| sdk::Feedback {
            at: f.at,
            rating: f.rating,
            as_described: f.as_described,
            service: f.service,
            delivery: f.delivery,
            state: same!(f.state, fact::FeedbackState => sdk::FeedbackState: Counted Struck Withdrawn Removed),
        }),
        aftermath: (!nothing).then_some(aftermath),
        accepted: o.accepted,
    }
}

fn claim(c: &fact::Claim) -> sdk::Claim {
    sdk::Claim {
        opened: c.opened,
        kind: same!(
            c.kind, fact::ClaimKind => sdk::ClaimKind: NotReceived NotAsDescribed RefundRefused ChargebackService ChargebackFraud
        ),
        state: same!(
            c.state, fact::ClaimState => sdk::ClaimState: Open RefundedByMerchant Granted GrantedAtPlatformCost Denied Withdrawn
        ),
        closed: c.closed,
    }
}

fn return_request(r: &fact::ReturnRequest, reason: Option<u16>) -> sdk::ReturnRequest {
    sdk::ReturnRequest {
        requested: r.requested,
        reason,
        answered: r.answered,
        outcome: same!(r.outcome, fact::ReturnOutcome => sdk::ReturnOutcome: Open Refunded Replaced Rejected WronglyRejected),
        dissatisfied: r.dissatisfied,
    }
}

fn incident(i: &fact::Incident) -> sdk::Incident {
    sdk::Incident {
        at: i.at,
        kind: same!(
            i.kind, fact::IncidentKind => sdk::IncidentKind: NoScan Stalled Misrouted FalseDelivery Damaged Lost AddressProblem
        ),
        responsible: actor(i.responsible),
        resolved: i.resolved,
    }
}

fn contact(c: &fact::Contact, reason: Option<u16>) -> sdk::Contact {
    sdk::Contact {
        id: c.id.key,
        opened: c.opened,
        channel: same!(c.channel, fact::Channel => sdk::Channel: Phone LiveChat App Email WebForm Sms Social PlatformMessage),
        reason,
        answer_owed: c.answer_owed,
        first_answer: c.first_answer,
        resolved: c.resolved,
        reopened: c.reopened,
        satisfaction: c.satisfaction,
    }
}

fn actor(by: fact::Actor) -> sdk::Actor {
    same!(by, fact::Actor => sdk::Actor: Buyer Merchant Carrier Platform)
}

/// A merchant's readings.
pub fn snapshot(s: &Snapshot) -> andon_sdk::Snapshot {
    let read = |readings: &[Reading]| readings.iter().map(reading).collect::<Vec<_>>();
    let m = &s.merchant;
    let merchant = andon_sdk::Merchant {
        joined: m.joined,
        standing: m.standing,
        standing_since: m.standing_since,
        badges: m.badges.clone(),
        reinstated: m.reinstated,
    };
    let listings = s.listings.iter().map(|l| andon_sdk::ListingSnapshot { listing: l.listing, readings: read(&l.readings) });
    andon_sdk::Snapshot { now: s.now, merchant, readings: read(&s.readings), listings: listings.collect() }
}

fn reading(r: &Reading) -> andon_sdk::Reading {
    andon_sdk::Reading {
        value: r.value,
        numerator: r.numerator,
        denominator: r.denominator,
        buyers: r.buyers,
        lower: r.lower,
        upper: r.upper,
        peers: r.peers,
        status: same!(r.status, reading::Status => andon_sdk::Status: Good AtRisk Breached Insufficient),
        breached_in_a_row: r.breached_in_a_row,
    }
}
