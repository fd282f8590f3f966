//! Metrics read off tallies: counts, value, interval, status. A metric is data, so the same function serves a live evaluation,
//! a past moment and a what-if, and nobody's arithmetic but this is ever shown or enforced on.

use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::fact::words;
use crate::ids::Day;
use crate::manifest::{Cadence, Counter, Formula, Manifest, Metric, Window};
use crate::stats::wilson;
use crate::tally::{Glide, Sheet, Slot};
use crate::window::Span;

words!(/** How a metric stands against its limit. */ Status {
    Good = "good", AtRisk = "at-risk", Breached = "breached", Insufficient = "insufficient",
});

/// One metric of one merchant on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The metric's value; 0 for a ratio or mean without a denominator.
    pub value: f64,
    /// Sum above the line, the sum itself, or the points won and lost.
    pub numerator: i64,
    /// Sum below the line; 0 where there is no line.
    pub denominator: i64,
    /// Distinct buyers behind the evidence, where its counter counts them.
    pub buyers: u32,
    /// Lower bound of the 95 % Wilson interval of a ratio; the value otherwise.
    pub lower: f64,
    /// Upper bound.
    pub upper: f64,
    /// The same over the whole marketplace, where known.
    pub peers: Option<f64>,
    /// Against the limit.
    pub status: Status,
    /// Periods of its cadence in a row, this one included, in which it was breached; counting stops at [`streak_limit`].
    pub breached_in_a_row: u16,
    /// First day looked at.
    pub from: Day,
    /// Last day looked at.
    pub to: Day,
    /// What an exclusion kept out of the numerator.
    pub excluded_numerator: i64,
    /// The value if nothing had been excluded.
    pub value_with_excluded: f64,
}

/// A kept mark of a by-buyer counter, as far as counting buyers needs it. Excluded marks are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuyerMark {
    /// Index of the counter.
    pub counter: u16,
    /// The day it counts on.
    pub day: Day,
    /// The buyer's key.
    pub buyer: u64,
}

/// How many periods back a row of breaches is followed: 31 days, 8 weeks or 6 months. Further back it changes nobody's
/// standing, and every evaluation would have to load the days.
pub fn streak_limit(cadence: Cadence) -> u16 {
    match cadence {
        Cadence::Continuous => 31,
        Cadence::Weekly(_) => 8,
        Cadence::Monthly(_) => 6,
    }
}

/// What readings are made from.
#[derive(Debug, Clone, Copy)]
pub struct Books<'a> {
    /// Counters of the manifest.
    pub counters: &'a [Counter],
    /// The merchant's (or listing's) sums.
    pub sheet: &'a Sheet,
    /// Marks of by-buyer counters.
    pub buyers: &'a [BuyerMark],
    /// What-if additions, by counter: counted in every window whatever the day, each one added as another buyer's.
    pub extra: &'a [(u16, i64)],
}

impl Books<'_> {
    /// Reads one metric on `today`, without its row of breaches.
    pub fn read(&self, metric: &Metric, peers: Option<&Sheet>, today: Day) -> Reading {
        let span = self.span(metric, today);
        let counts = value(metric, |c| self.sum(c, span));
        let (numerator, denominator, value) = counts;
        let (lower, upper) = match metric.formula {
            Formula::Ratio { .. } => wilson(numerator, denominator),
            _ => (value, value),
        };
        let excluded = |c| self.sheet.sum(Slot::excluded(c), span.from, span.to);
        let (numerator_with, _, value_with_excluded) = match metric.counters().into_iter().all(|c| excluded(c) == 0) {
            true => counts,
            false => self::value(metric, |c| self.sum(c, span).saturating_add(excluded(c))),
        };
        Reading {
            value,
            numerator,
            denominator,
            buyers: self.buyers_in(metric, span),
            lower,
            upper,
            peers: peers.and_then(|sheet| peer_value(metric, sheet, span)),
            status: self.status_of(metric, span, counts, |c| self.sum(c, span)),
            breached_in_a_row: 0,
            from: span.from,
            to: span.to,
            excluded_numerator: numerator_with.saturating_sub(numerator),
            value_with_excluded,
        }
    }

    /// The days that a metric looks at on `today`.
    pub fn span(&self, metric: &Metric, today: Day) -> Span {
        let span = metric.window.on(metric.read_on(today));
        match (&metric.formula, metric.window) {
            (Formula::Sum(counter), Window::YearToDate { kept_from: Some(least) }) => self.with_kept_years(*counter, least, span),
            _ => span,
        }
    }

    /// A year's days so far, and before them the years that were not left behind at their ends.
    fn with_kept_years(&self, counter: u16, least: u32, year: Span) -> Span {
        let slot = Slot::counted(counter);
        let first = self.sheet.days(slot).first().map_or(year.from, |day| Calendar::year_start(*day, 0));
        let (mut from, mut next) = (first.min(year.from), first);
        while next < year.from {
            next = Calendar::year_start(next, 1);
            if self.sheet.sum(slot, from, next - 1) < i64::from(least) {
                from = next;
            }
        }
        Span { from, ..year }
    }

    /// How many periods in a row, `today`'s included, the metric was breached, by what is known now.
    pub fn streak(&self, metric: &Metric, cadence: Cadence, today: Day) -> u16 {
        let cadence = metric.cadence.unwrap_or(cadence);
        let counters = metric.counters().into_iter().chain(metric.evidence);
        let mut sums: Vec<(u16, Glide<'_>)> = counters.map(|c| (c, self.sheet.glide(Slot::counted(c)))).collect();
        let mut day = metric.read_on(today);
        for count in 0..streak_limit(cadence) {
            let span = self.span(metric, day);
            let mut sum = |counter| {
                let glide = sums.iter_mut().find(|(known, _)| *known == counter);
                self.with_extra(counter, glide.map_or(0, |(_, glide)| glide.sum(span.from, span.to)))
            };
            let counts = value(metric, &mut sum);
            if self.status_of(metric, span, counts, sum) != Status::Breached {
                return count;
            }
            day = cadence.last_binding(day - 1);
        }
        streak_limit(cadence)
    }

    /// How one metric stands on `today`.
    pub fn status(&self, metric: &Metric, today: Day) -> Status {
        let span = self.span(metric, today);
        let sum = |counter| self.sum(counter, span);
        self.status_of(metric, span, value(metric, sum), sum)
    }

    /// How a metric stands, given its [`value`] over `span`, and each counter's sum.
    fn status_of(
        &self,
        metric: &Metric,
        span: Span,
        (numerator, denominator, value): (i64, i64, f64),
        sum: impl FnOnce(u16) -> i64,
    ) -> Status {
        let volume = match metric.formula {
            Formula::Ratio { .. } | Formula::Mean { .. } if denominator <= 0 => return Status::Insufficient,
            Formula::Ratio { .. } | Formula::Mean { .. } => denominator,
            Formula::Sum(_) => numerator,
            Formula::Points { .. } => i64::MAX,
        };
        if volume < i64::from(metric.min_denominator) {
            return Status::Insufficient;
        }
        let Some(limit) = metric.limit else { return Status::Good };
        let status = match (limit.compare.holds(value, limit.target), limit.compare.holds(value, limit.warn)) {
            (true, true) => return Status::Good,
            (true, false) => Status::AtRisk,
            (false, _) => Status::Breached,
        };
        let support = metric.evidence.map_or(numerator, sum);
        let few_buyers =
            metric.evidence_counter().is_some_and(|c| self.by_buyer(c) && !self.has_buyers(c, span, metric.min_buyers));
        if support < i64::from(metric.min_numerator) || few_buyers { Status::Insufficient } else { status }
    }

    fn sum(&self, counter: u16, span: Span) -> i64 {
        self.with_extra(counter, self.sheet.sum(Slot::counted(counter), span.from, span.to))
    }

    fn with_extra(&self, counter: u16, sum: i64) -> i64 {
        self.extra.iter().filter(|e| e.0 == counter).fold(sum, |sum, e| sum.saturating_add(e.1))
    }

    fn buyers_in(&self, metric: &Metric, span: Span) -> u32 {
        let Some(counter) = metric.evidence_counter().filter(|c| self.by_buyer(*c)) else { return 0 };
        let mut seen: Vec<u64> = self.buyers_of(counter, span).collect();
        seen.sort_unstable();
        seen.dedup();
        self.extra_buyers(counter).saturating_add(u32::try_from(seen.len()).unwrap_or(u32::MAX))
    }

    /// Whether at least so many buyers are behind a counter's marks: most often a look at the first few says so.
    fn has_buyers(&self, counter: u16, span: Span, least: u32) -> bool {
        let least = least.saturating_sub(self.extra_buyers(counter)) as usize;
        // Most often few are enough.
        let mut seen = Vec::with_capacity(least.min(16));
        let enough = |buyer| match seen.binary_search(&buyer) {
            Ok(_) => false,
            Err(place) => {
                seen.insert(place, buyer);
                seen.len() == least
            }
        };
        least == 0 || self.buyers_of(counter, span).any(enough)
    }

    /// The buyer of each of a counter's marks.
    fn buyers_of(&self, counter: u16, span: Span) -> impl Iterator<Item = u64> {
        self.buyers.iter().filter(move |m| m.counter == counter && span.holds(m.day)).map(|m| m.buyer)
    }

    fn extra_buyers(&self, counter: u16) -> u32 {
        let extra = self.extra.iter().filter(|e| e.0 == counter);
        u32::try_from(extra.fold(0i64, |all, e| all.saturating_add(e.1.max(0)))).unwrap_or(u32::MAX)
    }

    fn by_buyer(&self, counter: u16) -> bool {
        self.counters.get(usize::from(counter)).is_some_and(|c| c.by_buyer)
    }
}

/// Numerator, denominator and value of a metric, given each counter's sum.
fn value(metric: &Metric, mut sum: impl FnMut(u16) -> i64) -> (i64, i64, f64) {
    match &metric.formula {
        Formula::Ratio { numerator, denominator } | Formula::Mean { sum: numerator, number: denominator, .. } => {
            let (n, d) = (sum(*numerator), sum(*denominator));
            (n, d, if d == 0 { 0.0 } else { n as f64 / d as f64 })
        }
        Formula::Sum(counter) => {
            let n = sum(*counter);
            (n, 0, n as f64)
        }
        Formula::Points { start, terms, low, high } => {
            let points = terms.iter().fold(0i64, |all, t| {
                let earned = sum(t.counter).div_euclid(i64::from(t.per.max(1)));
                all.saturating_add(earned.saturating_mul(i64::from(t.points)))
            });
            let held = points.saturating_add(i64::from(*start)).clamp(i64::from(*low), i64::from(*high));
            (points, 0, held as f64)
        }
    }
}

fn peer_value(metric: &Metric, sheet: &Sheet, span: Span) -> Option<f64> {
    match &metric.formula {
        // A sum over all merchants is no measure of one.
        Formula::Sum(_) | Formula::Points { .. } => None,
        Formula::Ratio { .. } | Formula::Mean { .. } => {
            let (_, denominator, value) = value(metric, |c| sheet.sum(Slot::counted(c), span.from, span.to));
            (denominator > 0).then_some(value)
        }
    }
}

/// The days that must be loaded to read all of `metrics` on `today`; `None` where a lifetime metric wants every day there is.
pub fn days_needed(metrics: &[Metric], today: Day) -> Option<Span> {
    let mut span = Span { from: today, to: today };
    for metric in metrics {
        if matches!(metric.window, Window::Lifetime | Window::YearToDate { kept_from: Some(_) }) {
            return None;
        }
        let days = metric.window.on(metric.read_on(today));
        span = Span { from: span.from.min(days.from), to: span.to.max(days.to) };
    }
    Some(span)
}

/// The first day after `today` on which a sum behind any reading changes with no event at all, by marks entering and leaving
/// windows; `None` if none ever will. Where a sum may keep a year, the year's end counts as such a day. A row of breaches grows
/// besides, see [`next_in_row`].
pub fn next_change(metrics: &[Metric], sheet: &Sheet, today: Day) -> Option<Day> {
    metrics.iter().filter_map(|metric| next_flip(metric, sheet, today)).min()
}

/// [`next_change`] of one metric.
pub(crate) fn next_flip(metric: &Metric, sheet: &Sheet, today: Day) -> Option<Day> {
    let today = metric.read_on(today);
    let span = metric.window.on(today);
    let counters = metric.counters().into_iter().chain(metric.evidence);
    let slots = counters.flat_map(|c| [Slot::counted(c), Slot::excluded(c)]);
    // Later marks enter later and leave later: of those inside the oldest leaves first, of those ahead the oldest enters first.
    let firsts = slots.flat_map(|slot| {
        let days = sheet.days(slot);
        [span.from, span.to.saturating_add(1)].map(|from| days.get(days.partition_point(|day| *day < from)))
    });
    let next = firsts.flatten().filter_map(|day| metric.window.next_change(*day, today)).min();
    next.map(|day| metric.cadence.map_or(day, |cadence| cadence.binding_from(day)))
}

/// The first day after `today` on which a row of breaches grows by itself, while any metric is breached and its row still
/// followed: the one after the next binding day of the rules, or the next binding day of the metric's own cadence.
pub fn next_in_row(metrics: &[Metric], readings: &[Reading], cadence: Cadence, today: Day) -> Option<Day> {
    let grows = |(metric, reading): (&Metric, &Reading)| {
        let followed = reading.breached_in_a_row < streak_limit(metric.cadence.unwrap_or(cadence));
        let day = match metric.cadence {
            Some(own) => own.binding_from(today + 1),
            None => cadence.binding_from(today) + 1,
        };
        (reading.status == Status::Breached && followed).then_some(day)
    };
    metrics.iter().zip(readings).filter_map(grows).min()
}

/// Reads every metric of a manifest for one merchant, rows of breaches included.
pub fn read_all(manifest: &Manifest, metrics: &[Metric], books: Books<'_>, peers: Option<&Sheet>, today: Day) -> Vec<Reading> {
    metrics
        .iter()
        .map(|metric| {
            let mut reading = books.read(metric, peers, today);
            if reading.status == Status::Breached {
                reading.breached_in_a_row = books.streak(metric, manifest.cadence, today);
            }
            reading
        })
        .collect()
}

/// The readings of a listing that is shown: one of its own metrics, those whose every counter is tallied by listing, is at risk or
/// breached. `None` for any other. Buyers and the marketplace's sums are not known of one listing.
pub fn read_listing(manifest: &Manifest, metrics: &[Metric], sheet: &Sheet, today: Day) -> Option<Vec<Reading>> {
    let counters = &manifest.counters;
    let own = |m: &Metric| m.counters().iter().all(|c| counters.get(usize::from(*c)).is_some_and(|c| c.by_listing));
    let books = Books { counters, sheet, buyers: &[], extra: &[] };
    let readings = read_all(manifest, metrics, books, None, today);
    let bad = |(m, r): (&Metric, &Reading)| own(m) && matches!(r.status, Status::AtRisk | Status::Breached);
    metrics.iter().zip(&readings).any(bad).then_some(readings)
}

#[cfg(test)]
mod tests;
