//! What a plugin declares about itself, as the host works with it: `declare` of the contract.

use serde::{Deserialize, Serialize};

use crate::fact::words;
use crate::ids::Day;

/// Whether a counter's marks are kept as evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CounterKind {
    /// Only summed.
    Volume,
    /// Summed, and every mark kept against its order.
    Defect,
}

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Its code, unique among counters.
    pub code: String,
    /// Whether marks are kept.
    pub kind: CounterKind,
    /// Also tallied for each listing.
    pub by_listing: bool,
    /// Also counted by distinct buyer.
    pub by_buyer: bool,
    /// Index of the quota under which its marks count.
    pub quota: Option<u16>,
}

/// A stretch of the calendar in which a buyer's orders compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Period {
    /// A block of a month: from the 1st, the 11th, and the 21st to its end.
    TenDays,
    /// A calendar month.
    Month,
}

/// How many of one buyer's orders count in a period; see [`crate::quota`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// So many, the first ones.
    pub most: u16,
    /// In each of these.
    pub per: Period,
    /// Index of the exclusion by which the others' marks are kept out.
    pub exclusion: u16,
}

/// Which days a metric looks at; see [`crate::window`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// `days` days, ending `lag_days` before the day of evaluation.
    Rolling {
        /// How many days.
        days: u16,
        /// How many days before the day of evaluation it ends.
        lag_days: u16,
    },
    /// The last whole calendar months.
    Months {
        /// How many.
        count: u8,
        /// The day of the month on which they begin, 1 to 28.
        first_day: u8,
    },
    /// From the first day of the quarter to the day of evaluation.
    QuarterToDate,
    /// From the first day of the year to the day of evaluation.
    YearToDate {
        /// Of a sum: what a year must have ended with not to be left behind.
        kept_from: Option<u32>,
    },
    /// All days up to the day of evaluation.
    Lifetime,
}

words!(/** How a value is held against its target. */ Compare {
    Less = "less", AtMost = "at-most", Greater = "greater", AtLeast = "at-least",
});

impl Compare {
    /// Whether `value` satisfies `bound`.
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::Greater => value > bound,
            Self::AtLeast => value >= bound,
        }
    }
}

/// `points` for each whole `per` of a counter's sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Index of the counter.
    pub counter: u16,
    /// Points, negative for a loss.
    pub points: i32,
    /// How much of the sum earns them, at least 1.
    pub per: u32,
}

/// Where a metric's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Formula {
    /// Numerator's sum over denominator's.
    Ratio {
        /// Index of the counter above the line.
        numerator: u16,
        /// Index of the counter below it.
        denominator: u16,
    },
    /// The mean of marks.
    Mean {
        /// Index of the counter whose sum it is.
        sum: u16,
        /// Index of the counter of how many there are.
        number: u16,
        /// What a clean order adds to the sum: the best mark.
        best: u32,
    },
    /// A counter's plain sum.
    Sum(u16),
    /// `start` plus all terms, held between `low` and `high`.
    Points {
        /// Value with no marks at all.
        start: i32,
        /// What adds to it.
        terms: Vec<Term>,
        /// Least value.
        low: i32,
        /// Greatest value.
        high: i32,
    },
}

/// What a value is held against.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// How.
    pub compare: Compare,
    /// Not satisfied: breached.
    pub target: f64,
    /// Target satisfied but not this: at risk.
    pub warn: f64,
}

/// Something that is judged, or only shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// Its code, unique among metrics.
    pub code: String,
    /// Where its value comes from.
    pub formula: Formula,
    /// Over which days.
    pub window: Window,
    /// What it is held against; absent: shown, never judged.
    pub limit: Option<Limit>,
    /// The defect counter whose marks explain it.
    pub evidence: Option<u16>,
    /// Floor of the denominator or sum.
    pub min_denominator: u32,
    /// Floor of marks behind a miss.
    pub min_numerator: u32,
    /// Floor of distinct buyers behind a miss.
    pub min_buyers: u32,
    /// On which days it is read, where that is not the manifest's cadence.
    pub cadence: Option<Cadence>,
}

impl Metric {
    /// Counters its value depends on.
    pub fn counters(&self) -> Vec<u16> {
        match &self.formula {
            Formula::Ratio { numerator, denominator } => vec![*numerator, *denominator],
            Formula::Mean { sum, number, .. } => vec![*sum, *number],
            Formula::Sum(counter) => vec![*counter],
            Formula::Points { terms, .. } => terms.iter().map(|t| t.counter).collect(),
        }
    }

    /// The day as of which it is read on `today`: the last binding day of its own cadence, where it has one.
    pub fn read_on(&self, today: Day) -> Day {
        self.cadence.map_or(today, |cadence| cadence.last_binding(today))
    }

    /// The counter whose marks explain the value: the declared one, else a ratio's or sum's own.
    pub fn evidence_counter(&self) -> Option<u16> {
        self.evidence.or(match self.formula {
            Formula::Ratio { numerator, .. } => Some(numerator),
            Formula::Sum(counter) => Some(counter),
            Formula::Mean { .. } | Formula::Points { .. } => None,
        })
    }
}

words!(/** How bad a standing is, in the one ladder that all marketplaces share. */ Level {
    Excellent = "excellent", Good = "good", AtRisk = "at-risk", Restricted = "restricted", Suspended = "suspended",
});

/// A standing these rules know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingKind {
    /// Its code, unique among standings.
    pub code: String,
    /// Where it stands on the ladder.
    pub level: Level,
}

/// When a verdict binds; at other times it is a projection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cadence {
    /// Always.
    Continuous,
    /// On this day of each month, 1 to 28.
    Monthly(u8),
    /// On this weekday, 0 for Monday.
    Weekly(u8),
}

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant says what it is")]
pub enum SettingKind {
    Integer,
    Number,
    Flag,
    Text,
}

/// Something an operator may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Its key, unique among settings.
    pub key: String,
    /// What kind of value.
    pub kind: SettingKind,
    /// The value where none is set.
    pub default: String,
    /// Least value of an integer or number.
    pub minimum: Option<f64>,
    /// Greatest value of an integer or number.
    pub maximum: Option<f64>,
}

/// All that a plugin declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The marketplace whose rules these are, as a code.
    pub marketplace: String,
    /// Name of the rules, as a code.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// What is counted; marks name them by index.
    pub counters: Vec<Counter>,
    /// How often one buyer counts; counters name them by index.
    pub quotas: Vec<Quota>,
    /// What is judged; readings come in this order.
    pub metrics: Vec<Metric>,
    /// Standings; verdicts name them by index.
    pub standings: Vec<StandingKind>,
    /// Why something may not be held against a merchant.
    pub exclusions: Vec<String>,
    /// Why a mark was made.
    pub causes: Vec<String>,
    /// Codes of a verdict's reasons.
    pub reasons: Vec<String>,
    /// Known reasons of returns.
    pub return_reasons: Vec<String>,
    /// Known reasons of contacts.
    pub contact_reasons: Vec<String>,
    /// Known policies.
    pub policies: Vec<String>,
    /// Badges a merchant may bear.
    pub badges: Vec<String>,
    /// What an operator may set.
    pub settings: Vec<Setting>,
    /// When a verdict binds.
    pub cadence: Cadence,
    /// (locale, code, text) for every code above.
    pub wording: Vec<(String, String, String)>,
}

impl Manifest {
    /// The wording of `code` in `locale`, else in English, else the code itself.
    pub fn text<'a>(&'a self, locale: &str, code: &'a str) -> &'a str {
        let find =
            |wanted: &str| self.wording.iter().find(|(l, c, _)| l == wanted && c == code).map(|(_, _, text)| text.as_str());
        find(locale).or_else(|| find("en")).unwrap_or(code)
    }
}
