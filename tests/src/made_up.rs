//! Facts and snapshots made from bytes: everything that the contract can say about an order, contact, violation or merchant, in
//! moments close enough to one another to meet.

use andon_domain::fact::{Cancellation, Claim, Contact, Fact, Feedback, Incident, Order, ReturnRequest, Violation, Word};
use andon_domain::ids::{Instant, Named, Text};
use andon_domain::manifest::{Manifest, Metric};
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{ListingSnapshot, Party, Snapshot};
use arbitrary::{Result, Unstructured};

use crate::questions::NOW;

const HOUR: Instant = 3_600_000;

/// A fact in the words of these rules, and now and then in one that they do not know.
pub fn fact(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Fact> {
    Ok(match u.int_in_range(0..=9u8)? {
        0 => Fact::Contact(Box::new(contact(manifest, u)?)),
        1 => Fact::Violation(Box::new(violation(manifest, u)?)),
        _ => Fact::Order(Box::new(order(manifest, u)?)),
    })
}

/// A merchant with any readings that these rules may be shown of one.
pub fn snapshot(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Snapshot> {
    let mut badges = Vec::new();
    for badge in 0..manifest.badges.len() as u16 {
        badges.extend(u.arbitrary::<bool>()?.then_some(badge));
    }
    let merchant = Party {
        joined: earlier(u, 800)?,
        standing: maybe(u, |u| u.int_in_range(0..=manifest.standings.len() as u16 - 1))?,
        standing_since: earlier(u, 400)?,
        badges,
        reinstated: maybe(u, |u| earlier(u, 400))?,
    };
    let listings = few(u, |u| Ok(ListingSnapshot { listing: key(u)?, readings: readings(manifest, u)? }))?;
    Ok(Snapshot { now: NOW, merchant, readings: readings(manifest, u)?, listings })
}

fn readings(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Vec<Reading>> {
    manifest.metrics.iter().map(|metric| reading(metric, u)).collect()
}

fn reading(metric: &Metric, u: &mut Unstructured<'_>) -> Result<Reading> {
    let has_floor = metric.min_denominator + metric.min_numerator + metric.min_buyers > 0;
    let status = match (metric.limit.is_some(), has_floor) {
        (true, true) => *u.choose(&[Status::Good, Status::AtRisk, Status::Breached, Status::Insufficient])?,
        (true, false) => *u.choose(&[Status::Good, Status::AtRisk, Status::Breached])?,
        (false, true) => *u.choose(&[Status::Good, Status::Insufficient])?,
        (false, false) => Status::Good,
    };
    let denominator = u.int_in_range(0..=500i64)?;
    let numerator = u.int_in_range(0..=denominator.max(60))?;
    let value = if denominator == 0 { numerator as f64 } else { numerator as f64 / denominator as f64 };
    Ok(Reading {
        value,
        numerator,
        denominator,
        buyers: u.int_in_range(0..=9)?,
        lower: value * 0.5,
        upper: value * 2.0,
        peers: maybe(u, |u| Ok(f64::from(u.int_in_range(0..=500u16)?) / 100.0))?,
        status,
        breached_in_a_row: if status == Status::Breached { u.int_in_range(1..=31)? } else { 0 },
        from: 0,
        to: 1,
        excluded_numerator: 0,
        value_with_excluded: value,
    })
}

fn order(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Order> {
    let placed = earlier(u, 120)?;
    let later = |u: &mut Unstructured<'_>| maybe(u, |u| after(u, placed));
    let promised = |u: &mut Unstructured<'_>| maybe(u, |u| Ok(placed + hours(u, 10)?));
    Ok(Order {
        id: named(u)?,
        merchant: "m".into(),
        buyer: named(u)?,
        listing: named(u)?,
        units: u.int_in_range(1..=9)?,
        amount: u.int_in_range(0..=100_000)?,
        fulfilment: word(u)?,
        service: word(u)?,
        placed,
        ship_by: promised(u)?,
        deliver_by: promised(u)?,
        shipped: later(u)?,
        delivered: later(u)?,
        tracking: word(u)?,
        cancelled: maybe(u, |u| Ok(Cancellation { at: after(u, placed)?, by: word(u)?, reason: word(u)? }))?,
        feedback: maybe(u, |u| feedback(u, placed))?,
        claims: few(u, |u| {
            let opened = after(u, placed)?;
            let closed = maybe(u, |u| after(u, opened))?;
            Ok(Claim { reference: "c".into(), opened, kind: word(u)?, state: word(u)?, closed })
        })?,
        returns: few(u, |u| return_request(manifest, u, placed))?,
        incidents: few(u, |u| {
            let at = after(u, placed)?;
            let resolved = maybe(u, |u| after(u, at))?;
            Ok(Incident { reference: "i".into(), at, kind: word(u)?, responsible: word(u)?, resolved })
        })?,
        contacts: few(u, |u| contact(manifest, u))?,
        accepted: later(u)?,
    })
}

fn feedback(u: &mut Unstructured<'_>, placed: Instant) -> Result<Feedback> {
    Ok(Feedback {
        at: after(u, placed)?,
        rating: stars(u)?,
        as_described: maybe(u, stars)?,
        service: maybe(u, stars)?,
        delivery: maybe(u, stars)?,
        comment: "".into(),
        state: word(u)?,
        state_reason: "".into(),
    })
}

fn return_request(manifest: &Manifest, u: &mut Unstructured<'_>, placed: Instant) -> Result<ReturnRequest> {
    let requested = after(u, placed)?;
    Ok(ReturnRequest {
        reference: "r".into(),
        requested,
        reason: known(&manifest.return_reasons, u)?,
        answered: maybe(u, |u| after(u, requested))?,
        outcome: word(u)?,
        dissatisfied: u.arbitrary()?,
    })
}

fn contact(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Contact> {
    let opened = earlier(u, 60)?;
    Ok(Contact {
        id: named(u)?,
        opened,
        channel: word(u)?,
        reason: known(&manifest.contact_reasons, u)?,
        answer_owed: u.arbitrary()?,
        first_answer: maybe(u, |u| after(u, opened))?,
        resolved: maybe(u, |u| after(u, opened))?,
        reopened: u.int_in_range(0..=2)?,
        satisfaction: maybe(u, stars)?,
    })
}

fn violation(manifest: &Manifest, u: &mut Unstructured<'_>) -> Result<Violation> {
    let at = earlier(u, 200)?;
    Ok(Violation {
        id: named(u)?,
        merchant: "m".into(),
        at,
        policy: known(&manifest.policies, u)?,
        severity: word(u)?,
        listing: maybe(u, named)?,
        state: word(u)?,
        closed: maybe(u, |u| after(u, at))?,
    })
}

fn maybe<T>(u: &mut Unstructured<'_>, make: impl FnOnce(&mut Unstructured<'_>) -> Result<T>) -> Result<Option<T>> {
    if u.arbitrary()? { make(u).map(Some) } else { Ok(None) }
}

/// None more often than not, and three at most.
fn few<T>(u: &mut Unstructured<'_>, mut make: impl FnMut(&mut Unstructured<'_>) -> Result<T>) -> Result<Vec<T>> {
    let count = u.int_in_range(0..=6u8)?.saturating_sub(3);
    (0..count).map(|_| make(u)).collect()
}

fn word<W: Word>(u: &mut Unstructured<'_>) -> Result<W> {
    u.choose(W::words()).map(|(word, _)| *word)
}

fn known(words: &[String], u: &mut Unstructured<'_>) -> Result<Text> {
    Ok(if words.is_empty() || u.ratio(1u8, 8)? { "unheard-of".into() } else { u.choose(words)?.as_str().into() })
}

/// Moments stand on whole hours, so that some fall together.
fn hours(u: &mut Unstructured<'_>, days: Instant) -> Result<Instant> {
    Ok(u.int_in_range(0..=days * 24)? * HOUR)
}

fn earlier(u: &mut Unstructured<'_>, days: Instant) -> Result<Instant> {
    Ok(NOW - hours(u, days)?)
}

/// What is known to have happened has.
fn after(u: &mut Unstructured<'_>, moment: Instant) -> Result<Instant> {
    Ok((moment + hours(u, 10)?).min(NOW))
}

fn stars(u: &mut Unstructured<'_>) -> Result<u8> {
    u.int_in_range(1..=5)
}

fn key(u: &mut Unstructured<'_>) -> Result<u64> {
    u.int_in_range(1..=1_000_000)
}

fn named(u: &mut Unstructured<'_>) -> Result<Named> {
    key(u).map(|key| Named { key, name: format!("n{key}").into() })
}
