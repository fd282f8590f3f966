//! Metrics read off tallies: counts, value, interval, status. A metric is data, so the same function serves a live evaluation,
//! a past moment and a what-if, and nobody's arithmetic but this is ever shown or enforced on.

use serde::{Deserialize, Serialize};

use crate::fact::words;
use crate::ids::Day;
use crate::manifest::{Cadence, Counter, Formula, Manifest, Metric, Window};
use crate::stats::wilson;
use crate::tally::{Sheet, Slot};
use crate::window::Span;

words!(/** How a metric stands against its limit. */ Status {
    Good = "good", AtRisk = "at-risk", Breached = "breached", Insufficient = "insufficient",
});

/// One metric of one merchant on one day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// The metric's value; 0 for a ratio without a denominator.
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
    /// Evaluation periods in a row, this one included, in which it was breached; counting stops at [`streak_limit`].
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
}

impl Books<'_> {
    /// Reads one metric on `today`, without its row of breaches.
    pub fn read(&self, metric: &Metric, peers: Option<&Sheet>, today: Day) -> Reading {
        let span = metric.window.on(today);
        let (numerator, denominator, value) = value(metric, self.sheet, span, false);
        let (lower, upper) = match metric.formula {
            Formula::Ratio { .. } => wilson(numerator, denominator),
            _ => (value, value),
        };
        let buyers = self.buyers_in(metric, span);
        let (with_numerator, _, value_with_excluded) = value_with(metric, self.sheet, span);
        Reading {
            value,
            numerator,
            denominator,
            buyers,
            lower,
            upper,
            peers: peers.and_then(|sheet| peer_value(metric, sheet, span)),
            status: self.status(metric, span, (numerator, denominator, value), buyers),
            breached_in_a_row: 0,
            from: span.from,
            to: span.to,
            excluded_numerator: with_numerator - numerator,
            value_with_excluded,
        }
    }

    /// How many periods in a row, `today`'s included, the metric was breached, by what is known now.
    pub fn streak(&self, metric: &Metric, cadence: Cadence, today: Day) -> u16 {
        let mut day = today;
        for count in 0..streak_limit(cadence) {
            let span = metric.window.on(day);
            let sums = value(metric, self.sheet, span, false);
            if self.status(metric, span, sums, self.buyers_in(metric, span)) != Status::Breached {
                return count;
            }
            day = cadence.last_binding(day - 1);
        }
        streak_limit(cadence)
    }

    fn buyers_in(&self, metric: &Metric, span: Span) -> u32 {
        let Some(counter) = metric.evidence_counter().filter(|c| self.by_buyer(*c)) else { return 0 };
        let mut seen: Vec<u64> =
            self.buyers.iter().filter(|m| m.counter == counter && (span.from..=span.to).contains(&m.day)).map(|m| m.buyer).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.len() as u32
    }

    fn by_buyer(&self, counter: u16) -> bool {
        self.counters.get(usize::from(counter)).is_some_and(|c| c.by_buyer)
    }

    fn status(&self, metric: &Metric, span: Span, (numerator, denominator, value): (i64, i64, f64), buyers: u32) -> Status {
        let volume = match metric.formula {
            Formula::Ratio { .. } if denominator <= 0 => return Status::Insufficient,
            Formula::Ratio { .. } => denominator,
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
        let counter = metric.evidence_counter();
        let support = counter.map_or(numerator, |c| self.sheet.sum(Slot::counted(c), span.from, span.to));
        let few_buyers = counter.is_some_and(|c| self.by_buyer(c)) && buyers < metric.min_buyers;
        if support < i64::from(metric.min_numerator) || few_buyers { Status::Insufficient } else { status }
    }
}

/// Numerator, denominator and value of a metric over some days.
fn value(metric: &Metric, sheet: &Sheet, span: Span, with_excluded: bool) -> (i64, i64, f64) {
    let sum = |counter: u16| {
        let counted = sheet.sum(Slot::counted(counter), span.from, span.to);
        if with_excluded { counted.saturating_add(sheet.sum(Slot::excluded(counter), span.from, span.to)) } else { counted }
    };
    match &metric.formula {
        Formula::Ratio { numerator, denominator } => {
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

fn value_with(metric: &Metric, sheet: &Sheet, span: Span) -> (i64, i64, f64) {
    value(metric, sheet, span, true)
}

fn peer_value(metric: &Metric, sheet: &Sheet, span: Span) -> Option<f64> {
    match &metric.formula {
        // A sum over all merchants is no measure of one.
        Formula::Sum(_) | Formula::Points { .. } => None,
        Formula::Ratio { .. } => {
            let (_, denominator, value) = value(metric, sheet, span, false);
            (denominator > 0).then_some(value)
        }
    }
}

/// The days that must be loaded to read all of `metrics` on `today`; `None` where a lifetime metric wants every day there is.
pub fn days_needed(metrics: &[Metric], today: Day) -> Option<Span> {
    let mut span = Span { from: today, to: today };
    for metric in metrics {
        if metric.window == Window::Lifetime {
            return None;
        }
        let days = metric.window.on(today);
        span = Span { from: span.from.min(days.from), to: span.to.max(days.to) };
    }
    Some(span)
}

/// The first day after `today` on which any reading changes with no event at all, by marks entering and leaving windows.
/// Month and quarter windows are said to change with the month whenever they hold anything.
pub fn next_change(metrics: &[Metric], sheet: &Sheet, today: Day) -> Option<Day> {
    let changes = metrics.iter().flat_map(|metric| {
        let mut counters = metric.counters();
        counters.extend(metric.evidence);
        counters.into_iter().flat_map(move |counter| {
            [Slot::counted(counter), Slot::excluded(counter)].into_iter().filter_map(move |slot| {
                let days = sheet.days(slot);
                match metric.window {
                    Window::Rolling { .. } => days.iter().filter_map(|c| metric.window.next_change(c.1, today)).min(),
                    _ => days.iter().filter_map(|c| metric.window.next_change(c.1, today)).take(1).min().map(|_| {
                        let month = crate::calendar::Calendar::month_start(today, 1);
                        days.iter().map(|c| c.1).filter(|d| *d > today).min().map_or(month, |d| d.min(month))
                    }),
                }
            })
        })
    });
    changes.min()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Compare, CounterKind, Limit};

    fn odr(min_numerator: u32, min_buyers: u32) -> Metric {
        Metric {
            code: "odr".into(),
            formula: Formula::Ratio { numerator: 1, denominator: 0 },
            window: Window::Rolling { days: 60, lag_days: 15 },
            limit: Some(Limit { compare: Compare::Less, target: 0.01, warn: 0.008 }),
            evidence: None,
            min_denominator: 20,
            min_numerator,
            min_buyers,
        }
    }

    fn counters() -> Vec<Counter> {
        let counter = |code: &str, kind, by_buyer| Counter { code: code.into(), kind, by_listing: false, by_buyer };
        vec![counter("orders", CounterKind::Volume, false), counter("defective", CounterKind::Defect, true)]
    }

    fn status(orders: i64, defects: i64, buyers: u64, metric: &Metric) -> Status {
        let sheet = Sheet::new([(100, Slot::counted(0), orders), (100, Slot::counted(1), defects), (100, Slot::excluded(1), 1)]);
        let marks: Vec<_> = (0..defects).map(|i| BuyerMark { counter: 1, day: 100, buyer: i as u64 % buyers.max(1) }).collect();
        let counters = counters();
        Books { counters: &counters, sheet: &sheet, buyers: &marks }.read(metric, None, 120).status
    }

    #[test]
    fn statuses_on_both_sides_of_each_bound() {
        for (orders, defects, expected) in [
            (1000, 7, Status::Good),
            (1000, 8, Status::AtRisk),
            (1000, 9, Status::AtRisk),
            (1000, 10, Status::Breached),
            (20, 0, Status::Good),
            (19, 0, Status::Insufficient),
            (19, 19, Status::Insufficient),
            (0, 0, Status::Insufficient),
        ] {
            assert_eq!(status(orders, defects, 99, &odr(0, 0)), expected, "{defects} of {orders}");
        }
    }

    #[test]
    fn floors_bind_a_miss_only() {
        assert_eq!(status(100, 4, 4, &odr(5, 0)), Status::Insufficient);
        assert_eq!(status(100, 5, 4, &odr(5, 5)), Status::Insufficient);
        assert_eq!(status(100, 5, 5, &odr(5, 5)), Status::Breached);
        assert_eq!(status(100, 0, 0, &odr(5, 5)), Status::Good);
    }

    #[test]
    fn exclusions_are_shown_and_not_counted() {
        let sheet = Sheet::new([(100, Slot::counted(0), 170), (100, Slot::counted(1), 7), (100, Slot::excluded(1), 1)]);
        let counters = counters();
        let reading = Books { counters: &counters, sheet: &sheet, buyers: &[] }.read(&odr(0, 0), None, 120);
        assert_eq!((reading.numerator, reading.denominator, reading.excluded_numerator), (7, 170, 1));
        assert!((reading.value - 7.0 / 170.0).abs() < 1e-15 && (reading.value_with_excluded - 8.0 / 170.0).abs() < 1e-15);
    }

    #[test]
    fn a_row_of_breaches_is_counted_back_by_day() {
        let sheet = Sheet::new([(100, Slot::counted(0), 100), (103, Slot::counted(1), 5)]);
        let counters = counters();
        let books = Books { counters: &counters, sheet: &sheet, buyers: &[] };
        let metric = Metric { min_buyers: 0, ..odr(0, 0) };
        // Day 103 enters the window (lag 15) on day 118.
        assert_eq!(books.streak(&metric, Cadence::Continuous, 117), 0);
        assert_eq!(books.streak(&metric, Cadence::Continuous, 118), 1);
        assert_eq!(books.streak(&metric, Cadence::Continuous, 121), 4);
        assert_eq!(next_change(&[metric], &sheet, 117), Some(118));
    }

    #[test]
    fn points_are_held_between_low_and_high() {
        let metric = Metric {
            formula: Formula::Points {
                start: 200,
                terms: vec![Term { counter: 0, points: 4, per: 200 }, Term { counter: 1, points: -8, per: 1 }],
                low: 0,
                high: 1000,
            },
            min_denominator: 0,
            ..odr(0, 0)
        };
        let counters = counters();
        for (orders, violations, expected) in [(199, 0, 200.0), (200, 0, 204.0), (400, 1, 200.0), (0, 30, 0.0), (100_000, 0, 1000.0)] {
            let sheet = Sheet::new([(100, Slot::counted(0), orders), (100, Slot::counted(1), violations)]);
            let reading = Books { counters: &counters, sheet: &sheet, buyers: &[] }.read(&metric, None, 120);
            assert!((reading.value - expected).abs() < 1e-9, "{orders} {violations}: {}", reading.value);
        }
    }

    use crate::manifest::Term;
}
