//! A metric as it is declared: what is divided by what over which days, what it is held against, and from how much volume on.

use std::ops::RangeInclusive;

use crate::bindings::andon::rules::declare::{
    Cadence, Compare, Formula, Limit, Mean, Points, Ratio, Rolling, Term, WholeMonths, Window,
};
use crate::codes::{Counter, Metric, ReasonCode};
use crate::{Reading, Reason, Status};

/// So many calendar days of the marketplace.
#[derive(Debug, Clone, Copy)]
pub struct Days(Rolling);

/// The `days` days that end with the day of evaluation, that day included.
pub const fn days(days: u16) -> Days {
    Days(Rolling { days, lag_days: 0 })
}

impl Days {
    /// They end `days` days earlier, so that outcomes have time to become known.
    #[must_use]
    pub const fn lag(self, days: u16) -> Self {
        Self(Rolling { days: self.0.days, lag_days: days })
    }
}

impl From<Days> for Window {
    fn from(days: Days) -> Self {
        Self::Rolling(days.0)
    }
}

/// The last `months` whole calendar months.
pub const fn months(months: u8) -> Window {
    months_from(1, months)
}

/// The last `months` whole months that begin on `first_day`, 1 to 28.
pub const fn months_from(first_day: u8, months: u8) -> Window {
    Window::Months(WholeMonths { count: months, first_day })
}

/// What a metric is made of; see [`crate::Declaration::metric`].
#[derive(Debug, Clone)]
pub struct MetricSpec {
    pub(crate) formula: Formula,
    pub(crate) window: Window,
    pub(crate) limit: Option<Limit>,
    pub(crate) evidence: Option<Counter>,
    pub(crate) min_denominator: u32,
    pub(crate) min_numerator: u32,
    pub(crate) min_buyers: u32,
    pub(crate) cadence: Option<Cadence>,
}

impl MetricSpec {
    fn new(formula: Formula, window: Window) -> Self {
        Self { formula, window, limit: None, evidence: None, min_denominator: 0, min_numerator: 0, min_buyers: 0, cadence: None }
    }

    /// One counter's sum over another's.
    pub fn ratio(numerator: Counter, denominator: Counter, window: impl Into<Window>) -> Self {
        Self::new(Formula::Ratio(Ratio { numerator: numerator.0, denominator: denominator.0 }), window.into())
    }

    /// The mean of marks: `sum` over the `number` of them. `best` is what a clean order adds to the sum: 5 of five stars, 0 hours.
    pub fn mean(sum: Counter, number: Counter, best: u32, window: impl Into<Window>) -> Self {
        Self::new(Formula::Mean(Mean { sum: sum.0, number: number.0, best }), window.into())
    }

    /// A counter's plain sum.
    pub fn sum(counter: Counter, window: impl Into<Window>) -> Self {
        Self::new(Formula::Sum(counter.0), window.into())
    }

    /// `start` plus what the terms earn and lose, held within `range`.
    pub fn points(start: i32, range: RangeInclusive<i32>, terms: Vec<Term>, window: impl Into<Window>) -> Self {
        Self::new(Formula::Points(Points { start, terms, low: *range.start(), high: *range.end() }), window.into())
    }

    fn limit(self, compare: Compare, target: f64) -> Self {
        Self { limit: Some(Limit { compare, target, warn: target }), ..self }
    }

    /// Breached unless below `target`.
    #[must_use]
    pub fn less_than(self, target: f64) -> Self {
        self.limit(Compare::Less, target)
    }

    /// Breached when above `target`.
    #[must_use]
    pub fn at_most(self, target: f64) -> Self {
        self.limit(Compare::AtMost, target)
    }

    /// Breached unless above `target`.
    #[must_use]
    pub fn greater_than(self, target: f64) -> Self {
        self.limit(Compare::Greater, target)
    }

    /// Breached when below `target`.
    #[must_use]
    pub fn at_least(self, target: f64) -> Self {
        self.limit(Compare::AtLeast, target)
    }

    /// At risk when `warn` is missed in the same way; without it there is nothing between good and breached.
    #[must_use]
    pub fn warn(self, warn: f64) -> Self {
        Self { limit: self.limit.map(|limit| Limit { warn, ..limit }), ..self }
    }

    /// The defect counter whose marks explain the value, where that is not the numerator.
    #[must_use]
    pub fn evidence(self, counter: Counter) -> Self {
        Self { evidence: Some(counter), ..self }
    }

    /// Insufficient below this denominator (or sum).
    #[must_use]
    pub fn min_denominator(self, least: u32) -> Self {
        Self { min_denominator: least, ..self }
    }

    /// A miss on fewer marks than this is insufficient.
    #[must_use]
    pub fn min_numerator(self, least: u32) -> Self {
        Self { min_numerator: least, ..self }
    }

    /// A miss on fewer distinct buyers than this is insufficient; needs a counter by buyer.
    #[must_use]
    pub fn min_buyers(self, least: u32) -> Self {
        Self { min_buyers: least, ..self }
    }

    /// Read on days of its own: in between the last reading stands, and rows of breaches count these days.
    #[must_use]
    pub fn judged_on(self, days: Cadence) -> Self {
        Self { cadence: Some(days), ..self }
    }
}

/// A metric with the reasons that its two kinds of miss give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The metric.
    pub metric: Metric,
    /// `{code}-at-risk`.
    pub at_risk: ReasonCode,
    /// `{code}-breached`.
    pub breached: ReasonCode,
}

impl Judged {
    /// What the reading of this metric gives as a reason, if anything.
    pub fn reason(self, reading: &Reading) -> Option<Reason> {
        match reading.status {
            Status::AtRisk => Some(self.at_risk.about(self.metric)),
            Status::Breached => Some(self.breached.about(self.metric)),
            Status::Good | Status::Insufficient => None,
        }
    }
}
