//! Marketplaces as the host works with them: set up by an operator, kept in memory, each with its calendar, its clock and the
//! generation of rules that judges it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use andon_domain::calendar::Calendar;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::{Manifest, Metric};
use serde::{Deserialize, Serialize};

use crate::rules::Judge;

/// What a marketplace takes for "now".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The wall clock.
    System,
    /// The time of its latest event: for imported history.
    LatestEvent,
}

impl ClockKind {
    /// The word that names it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::LatestEvent => "latest-event",
        }
    }

    /// The clock a word names.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::System, Self::LatestEvent].into_iter().find(|c| c.word() == word)
    }
}

/// An operator's own figures for one metric; what is absent stays as the rules have it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Target of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Warning of the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warn: Option<f64>,
    /// Floor of the denominator or sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_denominator: Option<u32>,
    /// Floor of marks behind a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_numerator: Option<u32>,
    /// Floor of distinct buyers behind a miss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_buyers: Option<u32>,
}

impl Override {
    /// The metric with these figures in place of its own.
    pub fn apply(&self, metric: &Metric) -> Metric {
        let mut metric = metric.clone();
        if let Some(limit) = &mut metric.limit {
            limit.target = self.target.unwrap_or(limit.target);
            // A target moved past the warning takes the warning with it, else everything would be at risk.
            let warn = self.warn.unwrap_or(limit.warn);
            limit.warn = if limit.compare.holds(warn, limit.target) { warn } else { limit.target };
        }
        metric.min_denominator = self.min_denominator.unwrap_or(metric.min_denominator);
        metric.min_numerator = self.min_numerator.unwrap_or(metric.min_numerator);
        metric.min_buyers = self.min_buyers.unwrap_or(metric.min_buyers);
        metric
    }
}

/// One component with one set of settings: whose marks and tallies are in force.
pub struct Generation {
    /// Row number.
    pub id: i64,
    /// The rules, configured.
    pub judge: Judge,
    /// The manifest's metrics with the operator's overrides.
    pub metrics: Vec<Metric>,
}

impl Generation {
    /// With an operator's overrides applied.
    pub fn new(id: i64, judge: Judge, overrides: &BTreeMap<String, Override>) -> Self {
        let with = |m: &Metric| overrides.get(&m.code).map_or_else(|| m.clone(), |o| o.apply(m));
        let metrics = judge.manifest().metrics.iter().map(with).collect();
        Self { id, judge, metrics }
    }

    /// What the rules declare.
    pub fn manifest(&self) -> &Manifest {
        self.judge.manifest()
    }

    /// The index of a metric.
    pub fn metric(&self, code: &str) -> Option<usize> {
        self.metrics.iter().position(|m| m.code == code)
    }
}

/// A marketplace.
pub struct Market {
    /// Row number.
    pub id: i64,
    /// Its code, in paths and tokens.
    pub code: String,
    /// Its name.
    pub name: String,
    /// ISO 4217 code of the currency its amounts are in.
    pub currency: String,
    /// Its time zone's calendar.
    pub calendar: Calendar,
    /// Language of its merchants, as a BCP 47 tag.
    pub locale: String,
    /// What it takes for "now".
    pub clock: ClockKind,
    /// Name of its rules, with `@version` where the operator pinned one.
    pub rules: Option<String>,
    /// The operator's settings for the rules.
    pub settings: BTreeMap<String, String>,
    /// The operator's own figures, by metric.
    pub overrides: BTreeMap<String, Override>,
    /// How far each action may go by itself, by action.
    pub action_modes: BTreeMap<String, String>,
    /// The rules in force.
    pub generation: Option<Arc<Generation>>,
    /// When it was set up.
    pub created_at: Instant,
    /// When its set-up last changed.
    pub updated_at: Instant,
    /// Time of its latest event; shared by all views of the marketplace.
    pub(crate) latest: Arc<AtomicI64>,
}

impl Market {
    /// The time of its latest event, 0 before the first.
    pub fn latest(&self) -> Instant {
        self.latest.load(Ordering::Acquire)
    }

    /// Its "now", given the wall clock.
    pub fn now(&self, wall: Instant) -> Instant {
        self.now_after(self.latest(), wall)
    }

    /// Its "now" once `latest` is the time of its latest event.
    pub fn now_after(&self, latest: Instant, wall: Instant) -> Instant {
        match self.clock {
            ClockKind::System => wall,
            ClockKind::LatestEvent => latest,
        }
    }

    /// Its calendar day, given the wall clock.
    pub fn today(&self, wall: Instant) -> Day {
        self.calendar.day_of(self.now(wall))
    }

    pub(crate) fn advance(&self, to: Instant) {
        self.latest.fetch_max(to, Ordering::AcqRel);
    }
}

/// All marketplaces of this host, by code.
#[derive(Default)]
pub struct Markets {
    all: RwLock<HashMap<String, Arc<Market>>>,
}

impl Markets {
    /// The marketplace of a code.
    pub fn get(&self, code: &str) -> Option<Arc<Market>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).get(code).cloned()
    }

    /// The marketplace of a row number.
    pub fn by_id(&self, id: i64) -> Option<Arc<Market>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).values().find(|m| m.id == id).cloned()
    }

    /// All of them, by code.
    pub fn list(&self) -> Vec<Arc<Market>> {
        let mut all: Vec<_> = self.all.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        all
    }

    /// Takes over a marketplace as it is now.
    pub(crate) fn put(&self, market: Arc<Market>) {
        self.all.write().unwrap_or_else(PoisonError::into_inner).insert(market.code.clone(), market);
    }
}
