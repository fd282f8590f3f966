//! How fast rules answer through the sandbox, with everything on that is on in service. The questions are made up but not empty:
//! orders with feedback, claims and returns in the shares that marketplaces see, contacts and violations by themselves, merchants
//! with every metric read.

use std::time::{Duration, Instant};

use andon_domain::fact::{
    Channel, Claim, ClaimKind, ClaimState, Contact, Fact, Feedback, FeedbackState, Fulfilment, Order, ReturnOutcome,
    ReturnRequest, ServiceLevel, Severity, Tracking, Violation, ViolationState,
};
use andon_domain::ids::{Named, Text};
use andon_domain::manifest::Manifest;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{Party, Snapshot};

use super::{Judge, PluginFault, Used};

const DAY: i64 = 86_400_000;
/// The moment asked about, 2026-01-01, so that the same questions are asked whenever they are asked.
pub const NOW: i64 = 1_767_225_600_000;

/// What answering took.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Questions answered.
    pub items: u64,
    /// What one thread worked on them.
    pub elapsed: Duration,
    /// Fuel an item, a batch's fixed costs included.
    pub fuel_per_item: u64,
    /// Most linear memory of one instance, in bytes.
    pub memory_bytes: usize,
}

impl Measured {
    /// Questions answered a second.
    pub fn rate(&self) -> f64 {
        self.items as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Classifies made-up orders in calls of `batch` for at least `time`.
pub fn classify(judge: &Judge, batch: usize, time: Duration) -> Result<Measured, PluginFault> {
    classify_each(judge, order, batch, time)
}

/// Classifies what `fact` makes up, such as [`contact`], in calls of `batch` for at least `time`.
pub fn classify_each(judge: &Judge, fact: fn(u64) -> Fact, batch: usize, time: Duration) -> Result<Measured, PluginFault> {
    let facts: Vec<Fact> = (0..batch as u64).map(fact).collect();
    let facts: Vec<&Fact> = facts.iter().collect();
    repeat(batch, time, || measured(|used| judge.classify_measured(NOW, &facts, used).map(drop)))
}

/// Evaluates made-up merchants in calls of `batch` for at least `time`.
pub fn evaluate(judge: &Judge, batch: usize, time: Duration) -> Result<Measured, PluginFault> {
    let merchants: Vec<Snapshot> = (0..batch as u64).map(|i| snapshot(judge.manifest(), i)).collect();
    repeat(batch, time, || measured(|used| judge.evaluate_measured(&merchants, used).map(drop)))
}

fn measured(call: impl FnOnce(&mut Used) -> Result<(), PluginFault>) -> Result<Used, PluginFault> {
    let mut used = Used::default();
    call(&mut used).map(|()| used)
}

fn repeat(batch: usize, time: Duration, mut call: impl FnMut() -> Result<Used, PluginFault>) -> Result<Measured, PluginFault> {
    let Used { fuel, memory_bytes } = call()?;
    let (mut items, start, busy) = (0, Instant::now(), busy());
    // Once at least where there is time to measure at all: nothing answered would be endless time an item.
    while start.elapsed() < time || (items == 0 && !time.is_zero()) {
        call()?;
        items += batch as u64;
    }
    let elapsed = busy.elapsed();
    Ok(Measured { items, elapsed, fuel_per_item: fuel / (batch as u64).max(1), memory_bytes })
}

/// A clock that stands still while other programs have the processor, where the system keeps one for each thread.
#[derive(Debug, Clone, Copy)]
pub struct Busy {
    wall: Instant,
    thread: Option<Duration>,
}

/// Starts it.
pub fn busy() -> Busy {
    Busy { wall: Instant::now(), thread: on_processor() }
}

impl Busy {
    /// How long this thread, which must be the one that started it, has worked.
    pub fn elapsed(&self) -> Duration {
        match (self.thread, on_processor()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.wall.elapsed(),
        }
    }
}

/// The time this thread has had a processor for, from Linux's scheduler.
fn on_processor() -> Option<Duration> {
    let figures = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    figures.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn named(kind: &str, key: u64) -> Named {
    Named { key: key.wrapping_mul(0x9e37_79b9_7f4a_7c15), name: format!("{kind}-{key}").into() }
}

/// The i-th made-up contact: by each way in turn, half of them opened by the buyer; one in four not answered yet.
pub fn contact(i: u64) -> Fact {
    let opened = NOW - 20 * DAY - (i % 40) as i64 * DAY;
    Fact::Contact(Box::new(Contact {
        id: named("k", i),
        opened,
        channel: Channel::ALL[i as usize % Channel::ALL.len()].0,
        reason: "where-is-it".into(),
        answer_owed: i.is_multiple_of(2),
        first_answer: (!i.is_multiple_of(4)).then_some(opened + (i % 48) as i64 * 3_600_000),
        resolved: (!i.is_multiple_of(4)).then_some(opened + 3 * DAY),
        reopened: u16::from(i.is_multiple_of(10)),
        satisfaction: i.is_multiple_of(5).then_some((i / 5 % 5) as u8 + 1),
    }))
}

/// The i-th made-up violation: of each gravity in turn, every other about a listing, one in three resolved.
pub fn violation(i: u64) -> Fact {
    let (at, resolved) = (NOW - 20 * DAY - (i % 40) as i64 * DAY, i.is_multiple_of(3));
    Fact::Violation(Box::new(Violation {
        id: named("v", i),
        merchant: "m".into(),
        at,
        policy: "safety".into(),
        severity: Severity::ALL[i as usize % Severity::ALL.len()].0,
        listing: i.is_multiple_of(2).then(|| named("l", i % 50)),
        state: if resolved { ViolationState::Resolved } else { ViolationState::Open },
        closed: resolved.then_some(at + 5 * DAY),
    }))
}

/// The i-th made-up order: one in 20 has feedback, one in 100 a claim, one in 25 a return.
pub fn order(i: u64) -> Fact {
    let placed = NOW - 20 * DAY - (i % 40) as i64 * DAY;
    let feedback = Feedback {
        at: placed + 9 * DAY,
        rating: (i / 20 % 5) as u8 + 1,
        as_described: None,
        service: Some(3),
        delivery: None,
        comment: Text::default(),
        state: FeedbackState::Counted,
        state_reason: Text::default(),
    };
    let claim = Claim {
        reference: format!("c-{i}").into(),
        opened: placed + 10 * DAY,
        kind: ClaimKind::NotReceived,
        state: ClaimState::Granted,
        closed: Some(placed + 12 * DAY),
    };
    let request = ReturnRequest {
        reference: format!("r-{i}").into(),
        requested: placed + 8 * DAY,
        reason: "damaged".into(),
        answered: Some(placed + 9 * DAY),
        outcome: ReturnOutcome::Refunded,
        dissatisfied: false,
    };
    Fact::Order(Box::new(Order {
        id: named("o", i),
        merchant: "m".into(),
        buyer: named("b", i / 2),
        listing: named("l", i % 50),
        units: (i % 3) as u32 + 1,
        amount: 1_999 + i as i64 % 1_000,
        fulfilment: if i.is_multiple_of(4) { Fulfilment::Platform } else { Fulfilment::Merchant },
        service: ServiceLevel::Standard,
        placed,
        ship_by: Some(placed + 2 * DAY),
        deliver_by: Some(placed + 7 * DAY),
        shipped: Some(placed + DAY + (i % 2) as i64 * 2 * DAY),
        delivered: Some(placed + 6 * DAY),
        tracking: Tracking::DeliveredConfirmed,
        cancelled: None,
        feedback: (i.is_multiple_of(20)).then_some(feedback),
        claims: if i.is_multiple_of(100) { vec![claim] } else { vec![] },
        returns: if i.is_multiple_of(25) { vec![request] } else { vec![] },
        incidents: vec![],
        contacts: vec![],
        accepted: None,
    }))
}

/// The i-th made-up merchant, with a reading for each metric; one reading in ten is breached.
pub fn snapshot(manifest: &Manifest, i: u64) -> Snapshot {
    let reading = |metric: u64| {
        let bad = (i + metric).is_multiple_of(10);
        let value = if bad { 0.03 } else { 0.003 };
        Reading {
            value,
            numerator: if bad { 30 } else { 3 },
            denominator: 1_000,
            buyers: 3,
            lower: value * 0.5,
            upper: value * 2.0,
            peers: Some(0.004),
            status: if bad { Status::Breached } else { Status::Good },
            breached_in_a_row: u16::from(bad),
            from: 20_000,
            to: 20_060,
            excluded_numerator: 0,
            value_with_excluded: value,
        }
    };
    Snapshot {
        now: NOW,
        merchant: Party {
            joined: NOW - 400 * DAY,
            standing: Some(0),
            standing_since: NOW - 30 * DAY,
            badges: vec![],
            reinstated: None,
        },
        readings: (0..manifest.metrics.len() as u64).map(reading).collect(),
        listings: vec![],
    }
}
