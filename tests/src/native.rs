//! The rules under `plugins` as native code, asked in the host's words and without a sandbox: what components must answer as well.

use andon_aliexpress::AliExpress;
use andon_amazon::Amazon;
use andon_domain::fact::{self, Fact};
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::{Classified, Mark};
use andon_domain::reading::{self, Reading};
use andon_domain::verdict::{self, Proposal, Reason, Snapshot, Verdict};
use andon_ebay::Ebay;
use andon_etsy::Etsy;
use andon_lazada::Lazada;
use andon_mercadolibre::MercadoLibre;
use andon_mirakl::Mirakl;
use andon_sdk::{__export as guest, Rules, facts as sdk};
use andon_shopee::Shopee;
use andon_taobao::Taobao;
use andon_walmart::Walmart;

/// Rules with their defaults.
pub struct Native {
    /// What they are called.
    pub name: &'static str,
    classify: fn(Instant, &[sdk::Subject]) -> Vec<andon_sdk::Classified>,
    evaluate: fn(&[andon_sdk::Snapshot]) -> Vec<andon_sdk::Verdict>,
}

/// All that are written in Rust.
pub const ALL: [Native; 10] = [
    Native::of::<AliExpress>(),
    Native::of::<Amazon>(),
    Native::of::<Ebay>(),
    Native::of::<Etsy>(),
    Native::of::<Lazada>(),
    Native::of::<MercadoLibre>(),
    Native::of::<Mirakl>(),
    Native::of::<Shopee>(),
    Native::of::<Taobao>(),
    Native::of::<Walmart>(),
];

impl Native {
    const fn of<R: Rules>() -> Self {
        Self { name: R::ABOUT.name, classify: classify::<R>, evaluate: evaluate::<R> }
    }

    /// What facts mean; `manifest` is that of the rules, which holds the words they know.
    pub fn classify(&self, manifest: &Manifest, now: Instant, facts: &[&Fact]) -> Vec<Classified> {
        let subjects: Vec<_> = facts.iter().map(|fact| subject(manifest, fact)).collect();
        let mark =
            |m: &andon_sdk::Mark| Mark { counter: m.counter, at: m.at, amount: m.amount, cause: m.cause, excluded: m.excluded };
        let answers = (self.classify)(now, &subjects);
        answers.iter().map(|a| Classified { marks: a.marks.iter().map(mark).collect(), revisit: a.revisit }).collect()
    }

    /// What readings lead to.
    pub fn evaluate(&self, snapshots: &[Snapshot]) -> Vec<Verdict> {
        (self.evaluate)(&snapshots.iter().map(snapshot).collect::<Vec<_>>()).iter().map(said).collect()
    }
}

fn classify<R: Rules>(now: Instant, subjects: &[sdk::Subject]) -> Vec<andon_sdk::Classified> {
    let rules = guest::configure::<R>(&[]).ok().unwrap();
    guest::classify(Some(&rules), now, subjects).unwrap()
}

fn evaluate<R: Rules>(snapshots: &[andon_sdk::Snapshot]) -> Vec<andon_sdk::Verdict> {
    let rules = guest::configure::<R>(&[]).ok().unwrap();
    guest::evaluate(Some(&rules), snapshots).unwrap()
}

/// The variant of the same name.
macro_rules! same {
    ($value:expr, $from:path => $to:path: $($name:ident)+) => {{
        use $from as From;
        use $to as To;
        match $value { $(From::$name => To::$name),+ }
    }};
}

fn subject(manifest: &Manifest, fact: &Fact) -> sdk::Subject {
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

fn snapshot(s: &Snapshot) -> andon_sdk::Snapshot {
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

fn said(v: &andon_sdk::Verdict) -> Verdict {
    let reasons = |all: &[andon_sdk::Reason]| {
        all.iter().map(|r| Reason { code: r.code, metric: r.metric, listing: r.listing }).collect::<Vec<_>>()
    };
    let proposal = |p: &andon_sdk::Proposal| Proposal { action: action(p.action), days: p.days, reasons: reasons(&p.reasons) };
    Verdict {
        standing: v.standing,
        score: v.score,
        proposals: v.proposals.iter().map(proposal).collect(),
        reasons: reasons(&v.reasons),
        revisit: v.revisit,
    }
}

fn action(proposed: andon_sdk::Action) -> verdict::Action {
    use andon_sdk::Action::{AwardBadge, CapOrders, PullListing, RestoreListing, RevokeBadge};
    match proposed {
        PullListing(listing) => verdict::Action::PullListing(listing),
        RestoreListing(listing) => verdict::Action::RestoreListing(listing),
        CapOrders(orders) => verdict::Action::CapOrders(orders),
        AwardBadge(badge) => verdict::Action::AwardBadge(badge),
        RevokeBadge(badge) => verdict::Action::RevokeBadge(badge),
        andon_sdk::Action::Notice => verdict::Action::Notice,
        andon_sdk::Action::Warning => verdict::Action::Warning,
        andon_sdk::Action::HoldPayouts => verdict::Action::HoldPayouts,
        andon_sdk::Action::Suspend => verdict::Action::Suspend,
        andon_sdk::Action::Terminate => verdict::Action::Terminate,
        andon_sdk::Action::Reinstate => verdict::Action::Reinstate,
        andon_sdk::Action::AskPlanOfAction => verdict::Action::AskPlanOfAction,
        andon_sdk::Action::Restrict => verdict::Action::Restrict,
    }
}
