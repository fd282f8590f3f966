//! Amazon's rules as native code, asked what the sandbox is asked: the same questions as in `rules::bench`, in the rules' own types.

use std::hint::black_box;
use std::time::{Duration, Instant};

use andon_amazon::Amazon;
use andon_domain::fact;
use andon_domain::reading;
use andon_domain::verdict;
use andon_sdk::facts::{
    Aftermath, Claim, ClaimKind, ClaimState, Feedback, FeedbackState, Fulfilment, Order, ReturnOutcome, ReturnRequest,
    ServiceLevel, Subject, Tracking,
};
use andon_sdk::{__export as guest, Merchant, Reading, Snapshot, Status};
use anyhow::{anyhow, bail};

use crate::rules::bench::busy;

/// Orders a second through native code, on one thread.
pub(super) fn classify(now: i64, orders: &[fact::Fact], time: Duration) -> anyhow::Result<f64> {
    let rules = guest::configure::<Amazon>(&[]).map_err(|fault| anyhow!("{fault:?}"))?;
    let subjects: Vec<Subject> = orders.iter().map(subject).collect::<Result<_, _>>()?;
    let ask = || guest::classify(Some(&rules), now, black_box(&subjects)).map_err(|fault| anyhow!("{fault:?}"));
    repeat(subjects.len(), time, || ask().map(|answers| drop(black_box(answers))))
}

/// Merchants a second through native code, on one thread.
pub(super) fn evaluate(merchants: &[verdict::Snapshot], time: Duration) -> anyhow::Result<f64> {
    let rules = guest::configure::<Amazon>(&[]).map_err(|fault| anyhow!("{fault:?}"))?;
    let snapshots: Vec<Snapshot> = merchants.iter().map(snapshot).collect();
    let ask = || guest::evaluate(Some(&rules), black_box(&snapshots)).map_err(|fault| anyhow!("{fault:?}"));
    repeat(snapshots.len(), time, || ask().map(|answers| drop(black_box(answers))))
}

fn repeat(batch: usize, time: Duration, mut ask: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    ask()?;
    let (mut items, start, busy) = (0, Instant::now(), busy());
    while start.elapsed() < time {
        ask()?;
        items += batch;
    }
    Ok(items as f64 / busy.elapsed().as_secs_f64())
}

/// Only what the made-up orders hold: their variants are fixed, so they are written out here.
fn subject(asked: &fact::Fact) -> anyhow::Result<Subject> {
    let fact::Fact::Order(o) = asked else { bail!("the made-up facts are orders") };
    let feedback = o.feedback.as_ref().map(|f| Feedback {
        at: f.at,
        rating: f.rating,
        as_described: f.as_described,
        service: f.service,
        delivery: f.delivery,
        state: FeedbackState::Counted,
    });
    let claim =
        |c: &fact::Claim| Claim { opened: c.opened, kind: ClaimKind::NotReceived, state: ClaimState::Granted, closed: c.closed };
    let request = |r: &fact::ReturnRequest| ReturnRequest {
        requested: r.requested,
        reason: None,
        answered: r.answered,
        outcome: ReturnOutcome::Refunded,
        dissatisfied: r.dissatisfied,
    };
    Ok(Subject::Order(Order {
        id: o.id.key,
        buyer: o.buyer.key,
        listing: o.listing.key,
        units: o.units,
        amount: o.amount,
        fulfilment: if o.fulfilment == fact::Fulfilment::Platform { Fulfilment::Platform } else { Fulfilment::Merchant },
        service: ServiceLevel::Standard,
        placed: o.placed,
        ship_by: o.ship_by,
        deliver_by: o.deliver_by,
        shipped: o.shipped,
        delivered: o.delivered,
        tracking: Tracking::DeliveredConfirmed,
        cancelled: None,
        feedback,
        aftermath: (!o.claims.is_empty() || !o.returns.is_empty()).then(|| Aftermath {
            claims: o.claims.iter().map(claim).collect(),
            returns: o.returns.iter().map(request).collect(),
            incidents: Vec::new(),
            contacts: Vec::new(),
        }),
        accepted: o.accepted,
    }))
}

fn snapshot(asked: &verdict::Snapshot) -> Snapshot {
    let reading = |r: &reading::Reading| Reading {
        value: r.value,
        numerator: r.numerator,
        denominator: r.denominator,
        buyers: r.buyers,
        lower: r.lower,
        upper: r.upper,
        peers: r.peers,
        status: if r.status == reading::Status::Breached { Status::Breached } else { Status::Good },
        breached_in_a_row: r.breached_in_a_row,
    };
    let m = &asked.merchant;
    let merchant = Merchant {
        joined: m.joined,
        standing: m.standing,
        standing_since: m.standing_since,
        badges: m.badges.clone(),
        reinstated: m.reinstated,
    };
    Snapshot { now: asked.now, merchant, readings: asked.readings.iter().map(reading).collect(), listings: Vec::new() }
}
