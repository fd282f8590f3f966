//! Why two sets of rules differ over a merchant: the metrics that decide, as both read them, and the orders behind them.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use andon_domain::calendar::date_of;
use andon_domain::change::Kind;
use andon_domain::difference::Difference;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::{Manifest, Metric};
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::Verdict;

use super::group::Group;
use super::report::{Changed, Counted, Deciding, Figures, Stand};
use super::side::{Judged, Side};
use super::sum::Weight;
use andon_domain::calendar::rfc3339 as time;

/// Metrics shown of a merchant, at most.
const METRICS: usize = 20;

/// Orders, contacts and violations shown of a merchant, at most.
const EVIDENCE: usize = 20;

/// How the two differed over a merchant when they last did.
pub(super) struct Differs {
    pub(super) first: Instant,
    pub(super) at: Instant,
    pub(super) moments: u64,
    pub(super) judged: [Judged; 2],
    pub(super) difference: Difference,
}

/// All there is to say of that, once the merchant's moments are over.
pub(super) fn changed(group: &Group, merchant: usize, sides: &mut [Side<'_>; 2], differs: Differs, weight: Weight) -> Changed {
    let Differs { first, at, moments, judged, difference } = differs;
    let judged = judged.each_ref();
    for side in sides.iter_mut() {
        side.rewind(group, merchant);
    }
    let codes = deciding(sides, judged);
    let read = |side: usize, code: &str| {
        let generation = sides[side].generation;
        let index = generation.metric(code)?;
        Some((&generation.metrics[index], judged[side].snapshot.readings.get(index)?))
    };
    let readings = codes.iter().map(|code| {
        let figures = |side| read(side, code).map(|(metric, reading)| figures(metric, reading));
        Deciding { metric: (*code).to_owned(), in_force: figures(0), candidate: figures(1) }
    });
    let readings = readings.collect();
    let behind = |side: usize| sought(sides[side].generation.manifest(), codes.iter().filter_map(|code| read(side, code)));
    let sought = [behind(0), behind(1)];
    let (evidence, evidence_total) = evidence(group, merchant, sides, &sought);
    let [in_force, candidate] = [0, 1].map(|side: usize| stand(sides[side].generation.manifest(), &judged[side].verdict));
    Changed {
        merchant: group.merchants[merchant].reference.clone(),
        at: time(at),
        first: time(first),
        moments,
        orders: weight.orders,
        amount_minor: weight.amount,
        direction: difference.direction.word().to_owned(),
        in_force,
        candidate,
        new_proposals: difference.new_proposals,
        vanished_proposals: difference.vanished_proposals,
        readings,
        evidence,
        evidence_total,
    }
}

/// Codes of the metrics that either side gives for its standing or proposals, and of those whose status differs; where there are
/// none, of those that are not good.
fn deciding<'g>(sides: &[Side<'g>; 2], judged: [&Judged; 2]) -> Vec<&'g str> {
    let mut codes = BTreeSet::new();
    let generations = [sides[0].generation, sides[1].generation];
    let status = |side: usize, code: &str| {
        let index = generations[side].metric(code)?;
        judged[side].snapshot.readings.get(index).map(|reading| reading.status)
    };
    for (side, generation) in generations.into_iter().enumerate() {
        let verdict = &judged[side].verdict;
        let reasons = verdict.reasons.iter().chain(verdict.proposals.iter().flat_map(|p| &p.reasons));
        let named = reasons.filter_map(|reason| generation.metrics.get(usize::from(reason.metric?)));
        codes.extend(named.map(|metric| metric.code.as_str()));
        let other = |metric: &&Metric| status(side, &metric.code) != status(1 - side, &metric.code);
        codes.extend(generation.metrics.iter().filter(|m| m.limit.is_some()).filter(other).map(|metric| metric.code.as_str()));
    }
    if codes.is_empty() {
        let bad = |side, metric: &Metric| matches!(status(side, &metric.code), Some(Status::AtRisk | Status::Breached));
        for (side, generation) in generations.into_iter().enumerate() {
            codes.extend(generation.metrics.iter().filter(|metric| bad(side, metric)).map(|metric| metric.code.as_str()));
        }
    }
    codes.into_iter().take(METRICS).collect()
}

fn figures(metric: &Metric, reading: &Reading) -> Figures {
    Figures {
        numerator: reading.numerator,
        denominator: reading.denominator,
        value: reading.value,
        target: metric.limit.map(|limit| limit.target),
        status: reading.status.word().to_owned(),
        from: date_of(reading.from).to_string(),
        to: date_of(reading.to).to_string(),
    }
}

fn stand(manifest: &Manifest, verdict: &Verdict) -> Stand {
    let kind = manifest.standings.get(usize::from(verdict.standing));
    let (standing, level) = kind.map(|k| (k.code.clone(), k.level.word().to_owned())).unwrap_or_default();
    Stand { standing, level, score: verdict.score }
}

/// By counter: the days on which its marks are behind a metric, first and last of each window.
type Sought = Vec<Vec<(Day, Day)>>;

/// Where what is behind metrics as they were read is to be found.
fn sought<'a>(manifest: &Manifest, read: impl Iterator<Item = (&'a Metric, &'a Reading)>) -> Sought {
    let mut sought = vec![Vec::new(); manifest.counters.len()];
    for (metric, reading) in read {
        for counter in metric.evidence_counter().map_or_else(|| metric.counters(), |counter| vec![counter]) {
            if let Some(days) = sought.get_mut(usize::from(counter)) {
                days.push((reading.from, reading.to));
            }
        }
    }
    sought
}

/// A counter's code, and that of the exclusion which keeps a fact out of it.
type Counts<'g> = (&'g str, Option<&'g str>);

/// Whether both count it alike, its day, its place in the group, and what it counts for.
type Behind<'g> = (bool, Reverse<Day>, usize, [Vec<Counts<'g>>; 2]);

/// What stands behind the metrics: at most [`EVIDENCE`], and how many there are.
fn evidence(group: &Group, merchant: usize, sides: &mut [Side<'_>; 2], sought: &[Sought; 2]) -> (Vec<Counted>, u64) {
    // Counted in different ways first, then the newest, then by place.
    let mut all: Vec<Behind<'_>> = Vec::new();
    for fact in group.merchants[merchant].subjects.clone() {
        let mut newest = None;
        let counted = [0, 1].map(|side: usize| counters(&mut sides[side], fact, &sought[side], &mut newest));
        if let Some(day) = newest {
            all.push((counted[0] == counted[1], Reverse(day), fact, counted));
        }
    }
    let total = all.len() as u64;
    all.sort_unstable();
    all.truncate(EVIDENCE);
    let shown = |(_, Reverse(day), fact, counted): Behind<'_>| {
        let subject = &group.subjects[fact];
        let [in_force, candidate] = counted.map(|counts| counts.into_iter().map(told).collect());
        let (kind, reference) = (word(subject.kind).to_owned(), subject.id.name.to_string());
        Counted { kind, reference, day: date_of(day).to_string(), in_force, candidate }
    };
    (all.into_iter().map(shown).collect(), total)
}

fn told((counter, exclusion): Counts<'_>) -> String {
    exclusion.map_or_else(|| counter.to_owned(), |why| format!("{counter} ({why})"))
}

/// Counters that a fact counts for among those sought, sorted, each once; moves `newest` to the latest day among them.
fn counters<'g>(side: &mut Side<'g>, fact: usize, sought: &Sought, newest: &mut Option<Day>) -> Vec<Counts<'g>> {
    let manifest = side.generation.manifest();
    let mut found = Vec::new();
    for mark in &side.held[fact].marks {
        let place = usize::from(mark.counter);
        let (Some(counter), Some(windows)) = (manifest.counters.get(place), sought.get(place)) else { continue };
        if windows.is_empty() {
            continue;
        }
        let day = side.days.of(mark.at);
        if !windows.iter().any(|(from, to)| (*from..=*to).contains(&day)) {
            continue;
        }
        let exclusion = mark.excluded.and_then(|index| manifest.exclusions.get(usize::from(index)));
        found.push((counter.code.as_str(), exclusion.map(String::as_str)));
        *newest = (*newest).max(Some(day));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The word for a kind of fact.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "order",
        Kind::Contact => "contact",
        Kind::Violation => "violation",
        Kind::Listing => "listing",
        Kind::Merchant => "merchant",
    }
}
