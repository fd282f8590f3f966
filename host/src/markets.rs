//! Marketplaces as the host works with them: set up by an operator, kept in memory, each with its calendar, its clock and the
//! generation of rules that judges it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use andon_domain::calendar::Calendar;
use andon_domain::enforce::measure::Kind;
use andon_domain::enforce::policy::{Mode, Modes, Policy};
use andon_domain::ids::{Day, Instant, Named};
use andon_domain::manifest::{Manifest, Metric};
use andon_domain::rollout::{Entry, LineUp, State, is_drawn};
use serde::{Deserialize, Serialize};

use crate::keys::Keys;
use crate::rules::{Judge, Role};
use crate::store::faults::FaultPlace;
use crate::store::marketplaces::MarketRow;

/// Days of notice before announced rules where the operator sets none: what EU law asks for changed terms (Regulation (EU)
/// 2019/1150, article 3).
pub const NOTICE_DAYS: u16 = 15;

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

/// One component with one set of settings, under which a marketplace's facts are classified.
#[derive(Clone)]
pub struct Generation {
    /// Row number.
    pub id: i64,
    /// The rules as the operator asked for them: by name, with `@version` where pinned.
    pub rules: String,
    /// The operator's settings for them.
    pub settings: BTreeMap<String, String>,
    /// The rules, configured.
    pub judge: Judge,
    /// The manifest's metrics with the operator's overrides.
    pub metrics: Vec<Metric>,
}

impl Generation {
    /// With an operator's overrides applied; those for metrics it does not have do nothing.
    pub fn new(
        id: i64,
        rules: String,
        settings: BTreeMap<String, String>,
        judge: Judge,
        overrides: &BTreeMap<String, Override>,
    ) -> Self {
        let with = |m: &Metric| overrides.get(&m.code).map_or_else(|| m.clone(), |o| o.apply(m));
        let metrics = judge.manifest().metrics.iter().map(with).collect();
        Self { id, rules, settings, judge, metrics }
    }

    /// The same with other overrides.
    #[must_use]
    pub fn with(&self, overrides: &BTreeMap<String, Override>) -> Self {
        Self::new(self.id, self.rules.clone(), self.settings.clone(), self.judge.clone(), overrides)
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

/// A generation beside the one in force.
#[derive(Clone)]
pub struct Beside {
    /// What it is for.
    pub entry: Entry,
    /// Itself.
    pub generation: Arc<Generation>,
}

/// How far it is with trying again what failed, where its own clock does not see to that.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retries {
    /// When to begin once more, by the wall clock.
    pub(crate) due: Instant,
    /// The last that was queued, where not all of it is yet.
    pub(crate) after: Option<FaultPlace>,
}

/// A marketplace.
#[derive(Clone)]
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
    /// What holds whatever rules propose.
    pub policy: Policy,
    /// Days of notice before announced rules come into force, where the operator set them.
    pub notice_days: Option<u16>,
    /// What its generations are for.
    pub lineup: LineUp,
    /// The one in force.
    pub generation: Option<Arc<Generation>>,
    /// Those that every event reaches beside it, by number.
    pub beside: Vec<Beside>,
    /// When it was set up.
    pub created_at: Instant,
    /// When its set-up last changed.
    pub updated_at: Instant,
    /// Time of its latest event; shared by all views of the marketplace.
    pub(crate) latest: Arc<AtomicI64>,
    /// How far it is with its retries; shared likewise.
    pub(crate) retries: Arc<Mutex<Retries>>,
    /// Draws merchants for roll-outs.
    pub(crate) keys: Keys,
}

impl Market {
    /// Every generation that events are classified under, the one in force first.
    pub fn tallied(&self) -> impl Iterator<Item = &Arc<Generation>> {
        self.generation.iter().chain(self.beside.iter().map(|b| &b.generation))
    }

    /// Every generation that merchants are judged under, the one in force first; none where nothing is in force.
    pub fn judged(&self) -> impl Iterator<Item = &Arc<Generation>> {
        let beside = self.beside.iter().filter(|b| b.entry.state.is_judged() && self.generation.is_some());
        self.generation.iter().chain(beside.map(|b| &b.generation))
    }

    /// The generation whose verdicts count for a merchant: the one in force, or one that is rolled out to a share with this
    /// merchant in it.
    pub fn in_force_for(&self, merchant: i64) -> Option<&Arc<Generation>> {
        let rolling = self.beside.iter().find(|b| b.entry.state == State::RollingOut);
        match rolling.filter(|b| is_drawn(self.lot(merchant), b.entry.plan.share)) {
            Some(drawn) => Some(&drawn.generation),
            None => self.generation.as_ref(),
        }
    }

    /// What a generation is to this marketplace.
    pub fn role_of(&self, generation: i64) -> Role {
        let rules = |e: &Entry| matches!(e.state, State::Active | State::RollingOut);
        if self.lineup.get(generation).is_some_and(rules) { Role::InForce } else { Role::Aside }
    }

    /// A generation that takes part, by number.
    pub fn generation_numbered(&self, id: i64) -> Option<&Arc<Generation>> {
        self.tallied().find(|g| g.id == id)
    }

    /// The same with another line-up; generations are taken from `new` first, else as they are.
    pub(crate) fn lined_up(&self, lineup: LineUp, new: &[Arc<Generation>]) -> Self {
        let find = |entry: &Entry| new.iter().chain(self.tallied()).find(|g| g.id == entry.id).cloned();
        let generation = lineup.find(State::Active).and_then(find);
        let tallied = lineup.entries().iter().filter(|e| e.state.is_tallied() && e.state != State::Active);
        let beside = tallied.filter_map(|e| Some(Beside { entry: e.clone(), generation: find(e)? })).collect();
        let mut market = Self { lineup: LineUp::new(lineup.entries().to_vec()), beside, ..self.clone() };
        if let Some(generation) = &generation {
            (market.rules, market.settings) = (Some(generation.rules.clone()), generation.settings.clone());
        }
        Self { generation, ..market }
    }

    /// How far each action may go by itself.
    pub fn modes(&self) -> Modes {
        // Both words were checked when they were set.
        self.action_modes.iter().filter_map(|(kind, mode)| Some((Kind::of_word(kind)?, Mode::of_word(mode)?))).collect()
    }

    /// Days of notice before announced rules come into force.
    pub fn notice_days(&self) -> u16 {
        self.notice_days.unwrap_or(NOTICE_DAYS)
    }

    /// Its set-up as it is stored.
    pub(crate) fn row(&self) -> MarketRow {
        MarketRow {
            id: self.id,
            code: self.code.clone(),
            name: self.name.clone(),
            currency: self.currency.clone(),
            time_zone: self.calendar.zone().to_owned(),
            locale: self.locale.clone(),
            clock: self.clock.word().to_owned(),
            latest_event: self.latest(),
            rules: self.rules.clone(),
            settings: self.settings.clone(),
            overrides: self.overrides.clone(),
            action_modes: self.action_modes.clone(),
            policy: self.policy.clone(),
            notice_days: self.notice_days,
            generation: self.generation.as_ref().map(|g| g.id),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// From its stored set-up, with no generations yet.
    pub(crate) fn of_row(row: MarketRow, keys: Keys) -> Self {
        Self {
            id: row.id,
            // Both were checked when the marketplace was set up.
            calendar: Calendar::of(&row.time_zone).unwrap_or_else(Calendar::utc),
            clock: ClockKind::of_word(&row.clock).unwrap_or(ClockKind::System),
            code: row.code,
            name: row.name,
            currency: row.currency,
            locale: row.locale,
            rules: row.rules,
            settings: row.settings,
            overrides: row.overrides,
            action_modes: row.action_modes,
            policy: row.policy,
            notice_days: row.notice_days,
            lineup: LineUp::default(),
            generation: None,
            beside: Vec::new(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            latest: Arc::new(AtomicI64::new(row.latest_event)),
            retries: Arc::default(),
            keys,
        }
    }

    /// A reference of an `order`, `contact` or `listing` here, with the key that stands for it.
    pub fn named(&self, kind: &str, reference: &str) -> Named {
        self.keys.named(&self.code, kind, reference)
    }

    /// The key that stands for a listing's reference in tallies.
    pub fn listing_key(&self, reference: &str) -> u64 {
        self.named("listing", reference).key
    }

    /// A merchant's lot, drawn once and for all.
    fn lot(&self, merchant: i64) -> u64 {
        self.keys.digest("lot", &[self.id.to_le_bytes(), merchant.to_le_bytes()].concat())
    }

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

    pub(crate) fn retries(&self) -> MutexGuard<'_, Retries> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
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
