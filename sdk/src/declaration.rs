//! What rules declare about themselves, built by name. Everything that has a code takes its wording in the same call, so that
//! none can be forgotten; everything gives back a handle, so that none is named twice.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::bindings::andon::rules::declare as wit;
use crate::codes::{
    Badge, Cause, ContactReason, Counter, Exclusion, Metric, Policy, Quota, ReasonCode, ReturnReason, Standing, Words,
};
use crate::metric::{Judged, MetricSpec};
use crate::settings::{Kind, Setting};

/// Who the rules are.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The marketplace whose rules these are, as a code.
    pub marketplace: &'static str,
    /// Name of the rules, as a code.
    pub name: &'static str,
    /// Semantic version; `env!("CARGO_PKG_VERSION")` serves.
    pub version: &'static str,
    /// When a verdict binds; in between it is a projection.
    pub cadence: wit::Cadence,
}

/// How a counter counts.
#[derive(Debug, Clone, Copy)]
pub struct Counting {
    kind: wit::CounterKind,
    by_listing: bool,
    by_buyer: bool,
    quota: Option<Quota>,
}

/// Only summed: orders placed, parcels shipped.
pub const fn volume() -> Counting {
    Counting { kind: wit::CounterKind::Volume, by_listing: false, by_buyer: false, quota: None }
}

/// Summed, and every mark is kept as evidence.
pub const fn defect() -> Counting {
    Counting { kind: wit::CounterKind::Defect, by_listing: false, by_buyer: false, quota: None }
}

impl Counting {
    /// Also tallied for each listing.
    #[must_use]
    pub const fn by_listing(self) -> Self {
        Self { by_listing: true, ..self }
    }

    /// Also counted by distinct buyer; only defects can be.
    #[must_use]
    pub const fn by_buyer(self) -> Self {
        Self { by_buyer: true, ..self }
    }

    /// Counted only as often as one buyer may; see [`Declaration::quota`].
    #[must_use]
    pub const fn within(self, quota: Quota) -> Self {
        Self { quota: Some(quota), ..self }
    }
}

/// Two parts that make one text, joined only for a manifest.
type Joined = (&'static str, &'static str);

#[derive(Debug)]
struct Wording {
    code: Joined,
    en: Joined,
    zh_cn: Joined,
}

/// Collects what [`crate::Rules::declare`] declares.
#[derive(Debug, Default)]
pub struct Declaration {
    counters: Vec<(&'static str, Counting)>,
    quotas: Vec<wit::Quota>,
    metrics: Vec<(&'static str, MetricSpec)>,
    standings: Vec<(&'static str, wit::Level)>,
    reasons: Vec<Joined>,
    exclusions: Vec<&'static str>,
    causes: Vec<&'static str>,
    return_reasons: Vec<&'static str>,
    contact_reasons: Vec<&'static str>,
    policies: Vec<&'static str>,
    badges: Vec<&'static str>,
    pub(crate) settings: Vec<(&'static str, Kind)>,
    /// Collected only for a manifest: rules are declared on every fresh instance, and most are never asked to describe themselves.
    wording: Option<Vec<Wording>>,
}

fn add<T>(list: &mut Vec<T>, item: T) -> u16 {
    list.push(item);
    (list.len() - 1) as u16
}

macro_rules! plain_codes {
    ($($(#[$doc:meta])* $method:ident -> $handle:ident in $list:ident),+ $(,)?) => {
        $($(#[$doc])*
        pub fn $method(&mut self, code: &'static str, words: Words) -> $handle {
            self.word(code, words);
            $handle(add(&mut self.$list, code))
        })+
    };
}

impl Declaration {
    /// A declaration that a manifest can be made of.
    pub(crate) fn worded() -> Self {
        Self { wording: Some(Vec::new()), ..Self::default() }
    }

    fn word(&mut self, code: &'static str, words: Words) {
        self.say(Wording { code: (code, ""), en: (words.en, ""), zh_cn: (words.zh_cn, "") });
    }

    fn say(&mut self, wording: Wording) {
        if let Some(all) = &mut self.wording {
            all.push(wording);
        }
    }

    /// Something to count.
    pub fn counter(&mut self, code: &'static str, counting: Counting, words: Words) -> Counter {
        self.word(code, words);
        Counter(add(&mut self.counters, (code, counting)))
    }

    /// Of one buyer's orders only the first `most` of each period count, in all counters [`Counting::within`] it; the marks of the
    /// others are excluded by `exclusion`, which the host sees to.
    pub fn quota(&mut self, most: u16, per: wit::Period, exclusion: Exclusion) -> Quota {
        Quota(add(&mut self.quotas, wit::Quota { most, per, exclusion: exclusion.0 }))
    }

    /// Something to show, and to judge if it has a limit.
    pub fn metric(&mut self, code: &'static str, spec: MetricSpec, words: Words) -> Metric {
        self.word(code, words);
        Metric(add(&mut self.metrics, (code, spec)))
    }

    /// A metric, and the two reasons it may give: `{code}-at-risk` and `{code}-breached`, worded after it.
    pub fn judged(&mut self, code: &'static str, spec: MetricSpec, words: Words) -> Judged {
        let metric = self.metric(code, spec, words);
        let mut reason = |suffix, en, zh_cn| {
            let code = (code, suffix);
            self.say(Wording { code, en: (words.en, en), zh_cn: (words.zh_cn, zh_cn) });
            ReasonCode(add(&mut self.reasons, code))
        };
        Judged {
            metric,
            at_risk: reason("-at-risk", ": close to its limit", "：接近限值"),
            breached: reason("-breached", ": misses its target", "：未达标"),
        }
    }

    /// Somewhere a merchant may stand.
    pub fn standing(&mut self, code: &'static str, level: wit::Level, words: Words) -> Standing {
        self.word(code, words);
        Standing(add(&mut self.standings, (code, level)))
    }

    /// Something a verdict may give as a reason.
    pub fn reason(&mut self, code: &'static str, words: Words) -> ReasonCode {
        self.word(code, words);
        ReasonCode(add(&mut self.reasons, (code, "")))
    }

    plain_codes! {
        /// Why something may not be held against a merchant.
        exclusion -> Exclusion in exclusions,
        /// Why a mark is made.
        cause -> Cause in causes,
        /// A reason that returns may give.
        return_reason -> ReturnReason in return_reasons,
        /// A reason that contacts may give.
        contact_reason -> ContactReason in contact_reasons,
        /// A policy that can be violated.
        policy -> Policy in policies,
        /// Something a merchant may wear.
        badge -> Badge in badges,
    }

    fn setting<T>(&mut self, key: &'static str, kind: Kind, words: Words) -> Setting<T> {
        self.word(key, words);
        Setting::new(usize::from(add(&mut self.settings, (key, kind))), key)
    }

    /// A whole number to set.
    pub fn integer(&mut self, key: &'static str, default: i64, range: RangeInclusive<i64>, words: Words) -> Setting<i64> {
        self.setting(key, Kind::Integer(default, range), words)
    }

    /// A number to set.
    pub fn number(&mut self, key: &'static str, default: f64, range: RangeInclusive<f64>, words: Words) -> Setting<f64> {
        self.setting(key, Kind::Number(default, range), words)
    }

    /// Something to switch.
    pub fn flag(&mut self, key: &'static str, default: bool, words: Words) -> Setting<bool> {
        self.setting(key, Kind::Flag(default), words)
    }

    /// A text to set; what it may say is checked in [`crate::Rules::configure`].
    pub fn text(&mut self, key: &'static str, default: &'static str, words: Words) -> Setting<String> {
        self.setting(key, Kind::Text(default), words)
    }

    /// How many readings a snapshot of these rules must have.
    pub(crate) fn metric_count(&self) -> usize {
        self.metrics.len()
    }

    /// The manifest of the contract.
    pub(crate) fn manifest(self, about: About) -> wit::Manifest {
        // A code may stand in two lists; it means the same in both and is worded once.
        let mut seen = BTreeSet::new();
        let mut words = self.wording.unwrap_or_default();
        words.retain(|w| seen.insert(format!("{}{}", w.code.0, w.code.1)));
        let join = |(a, b): Joined| format!("{a}{b}");
        let strings = |list: Vec<&'static str>| list.into_iter().map(str::to_owned).collect::<Vec<_>>();
        wit::Manifest {
            marketplace: about.marketplace.to_owned(),
            name: about.name.to_owned(),
            version: about.version.to_owned(),
            cadence: about.cadence,
            counters: self.counters.into_iter().map(|(code, counting)| counter(code, counting)).collect(),
            quotas: self.quotas,
            metrics: self.metrics.into_iter().map(|(code, spec)| metric(code, spec)).collect(),
            standings: self.standings.into_iter().map(|(code, level)| wit::Standing { code: code.to_owned(), level }).collect(),
            reasons: self.reasons.into_iter().map(join).collect(),
            exclusions: strings(self.exclusions),
            causes: strings(self.causes),
            return_reasons: strings(self.return_reasons),
            contact_reasons: strings(self.contact_reasons),
            policies: strings(self.policies),
            badges: strings(self.badges),
            settings: self.settings.into_iter().map(|(key, kind)| setting(key, &kind)).collect(),
            wording: words
                .iter()
                .map(|w| ("en".to_owned(), join(w.code), join(w.en)))
                .chain(words.iter().map(|w| ("zh-CN".to_owned(), join(w.code), join(w.zh_cn))))
                .collect(),
        }
    }
}

fn counter(code: &str, counting: Counting) -> wit::Counter {
    let Counting { kind, by_listing, by_buyer, quota } = counting;
    wit::Counter { code: code.to_owned(), kind, by_listing, by_buyer, quota: quota.map(|q| q.0) }
}

fn metric(code: &str, spec: MetricSpec) -> wit::Metric {
    wit::Metric {
        code: code.to_owned(),
        formula: spec.formula,
        window: spec.window,
        limit: spec.limit,
        evidence: spec.evidence.map(|c| c.0),
        min_denominator: spec.min_denominator,
        min_numerator: spec.min_numerator,
        min_buyers: spec.min_buyers,
        cadence: spec.cadence,
    }
}

fn setting(key: &str, kind: &Kind) -> wit::Setting {
    let (kind, default, range) = match kind {
        Kind::Integer(default, range) => {
            (wit::SettingKind::Integer, default.to_string(), Some((*range.start() as f64, *range.end() as f64)))
        }
        Kind::Number(default, range) => (wit::SettingKind::Number, default.to_string(), Some((*range.start(), *range.end()))),
        Kind::Flag(default) => (wit::SettingKind::Flag, default.to_string(), None),
        Kind::Text(default) => (wit::SettingKind::Text, (*default).to_owned(), None),
    };
    wit::Setting { key: key.to_owned(), kind, default, minimum: range.map(|r| r.0), maximum: range.map(|r| r.1) }
}
