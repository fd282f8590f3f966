//! Rules asked about one fact, or about one merchant's readings made up for the purpose.

use andon_domain::manifest::Manifest;

use super::facts::When;
use super::{answer, convert};
use crate::bindings::exports::andon::rules::judge::Fault;
use crate::facts::{DAY, Subject};
use crate::guest::{Configured, classify, configure, describe, evaluate};
use crate::{ListingSnapshot, Merchant, Reading, Rules, SettingError, Snapshot, Status};

/// Configured rules, ready to be asked.
#[derive(Debug)]
pub struct Case<R> {
    pub(super) rules: Configured<R>,
    pub(super) manifest: Manifest,
}

impl<R: Rules> Default for Case<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Rules> Case<R> {
    /// Rules with their defaults.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// Rules with some settings.
    #[track_caller]
    pub fn with(settings: &[(&str, &str)]) -> Self {
        match Self::configure(settings) {
            Ok(case) => case,
            Err(error) => panic!("the settings were refused: {error}"),
        }
    }

    /// Why the rules refuse these settings.
    #[track_caller]
    pub fn refusal(settings: &[(&str, &str)]) -> SettingError {
        match Self::configure(settings) {
            Ok(_) => panic!("the settings were accepted: {settings:?}"),
            Err(error) => error,
        }
    }

    fn configure(settings: &[(&str, &str)]) -> Result<Self, SettingError> {
        let settings: Vec<_> = settings.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
        match configure(&settings) {
            Ok(rules) => Ok(Self { rules, manifest: convert::manifest(describe::<R>()) }),
            Err(Fault::Setting((key, why))) => Err(SettingError { key, why }),
            Err(Fault::Facts(why)) => panic!("{why}"),
        }
    }

    /// Checks all that a fact means at the moment `now`. A line for each mark, as `counter moment`, then as needed
    /// `x` and the amount, `because` and the cause, `but` and the exclusion; and `revisit moment`. In any order.
    #[track_caller]
    pub fn check(&self, now: impl Into<When>, fact: impl Into<Subject>, expected: &str) {
        match classify(Some(&self.rules), now.into().0, &[fact.into()]) {
            Ok(answers) => {
                answer::compare(expected, answers.iter().flat_map(|a| answer::classified(&self.manifest, a)).collect());
            }
            Err(fault) => panic!("{fault:?}"),
        }
    }

    /// A merchant who joined a year before `now` and whose every metric is good, with a value of 0 on no volume.
    pub fn snapshot(&self, now: impl Into<When>) -> SnapshotBuilder<'_> {
        let now = now.into().0;
        let joined = now - 365 * DAY;
        let merchant = Merchant { joined, standing: None, standing_since: joined, badges: Vec::new(), reinstated: None };
        let readings = all_good(&self.manifest);
        SnapshotBuilder { snapshot: Snapshot { now, merchant, readings, listings: Vec::new() }, manifest: &self.manifest }
    }

    /// Checks the whole verdict: `standing code`, `score n`, `reasons code, code`, a line for each proposal as
    /// `action: code, code`, and `revisit moment`. In any order.
    #[track_caller]
    pub fn check_verdict(&self, snapshot: SnapshotBuilder<'_>, expected: &str) {
        answer::compare(expected, answer::verdict(&self.manifest, &self.verdict(snapshot.snapshot)));
    }

    #[track_caller]
    pub(super) fn verdict(&self, snapshot: Snapshot) -> crate::Verdict {
        match evaluate(Some(&self.rules), &[snapshot]) {
            Ok(mut verdicts) => verdicts.remove(0),
            Err(fault) => panic!("{fault:?}"),
        }
    }
}

/// Every metric good, with a value of 0 on no volume.
fn all_good(manifest: &Manifest) -> Vec<Reading> {
    let reading = Reading {
        value: 0.0,
        numerator: 0,
        denominator: 0,
        buyers: 0,
        lower: 0.0,
        upper: 0.0,
        peers: None,
        status: Status::Good,
        breached_in_a_row: 0,
    };
    vec![reading; manifest.metrics.len()]
}

/// Builds a snapshot; see [`Case::snapshot`]. Metrics, standings and badges go by their codes.
#[derive(Debug, Clone)]
pub struct SnapshotBuilder<'a> {
    pub(super) snapshot: Snapshot,
    manifest: &'a Manifest,
}

impl SnapshotBuilder<'_> {
    #[track_caller]
    fn change(mut self, metric: &str, change: impl FnOnce(&mut Reading)) -> Self {
        change(&mut self.snapshot.readings[convert::metric(self.manifest, metric)]);
        self
    }

    /// A metric's value, whatever its counts.
    #[must_use]
    #[track_caller]
    pub fn value(self, metric: &str, value: f64) -> Self {
        self.change(metric, |r| r.value = value)
    }

    /// A metric's counts, and the rate they make.
    #[must_use]
    #[track_caller]
    pub fn counts(self, metric: &str, numerator: i64, denominator: i64) -> Self {
        let value = if denominator == 0 { numerator as f64 } else { numerator as f64 / denominator as f64 };
        self.change(metric, |r| (r.numerator, r.denominator, r.value) = (numerator, denominator, value))
    }

    /// The distinct buyers behind a metric.
    #[must_use]
    #[track_caller]
    pub fn buyers(self, metric: &str, buyers: u32) -> Self {
        self.change(metric, |r| r.buyers = buyers)
    }

    /// A metric that is breached, for so many evaluation periods in a row.
    #[must_use]
    #[track_caller]
    pub fn breached(self, metric: &str, in_a_row: u16) -> Self {
        self.change(metric, |r| (r.status, r.breached_in_a_row) = (Status::Breached, in_a_row))
    }

    /// A metric that is at risk.
    #[must_use]
    #[track_caller]
    pub fn at_risk(self, metric: &str) -> Self {
        self.change(metric, |r| r.status = Status::AtRisk)
    }

    /// A metric without enough data.
    #[must_use]
    #[track_caller]
    pub fn insufficient(self, metric: &str) -> Self {
        self.change(metric, |r| r.status = Status::Insufficient)
    }

    /// The marketplace's own value of a metric.
    #[must_use]
    #[track_caller]
    pub fn peers(self, metric: &str, value: f64) -> Self {
        self.change(metric, |r| r.peers = Some(value))
    }

    /// A listing that is shown as well: its metrics are good but for what `change` says of them. A host shows only those with a metric
    /// at risk or breached, in the order of their keys.
    #[must_use]
    #[track_caller]
    pub fn listing(mut self, key: u64, change: impl FnOnce(Self) -> Self) -> Self {
        let own = Snapshot { readings: all_good(self.manifest), listings: Vec::new(), ..self.snapshot.clone() };
        let changed = change(Self { snapshot: own, manifest: self.manifest });
        let place = self.snapshot.listings.partition_point(|shown| shown.listing < key);
        self.snapshot.listings.insert(place, ListingSnapshot { listing: key, readings: changed.snapshot.readings });
        self
    }

    /// The standing in force, and since when.
    #[must_use]
    #[track_caller]
    pub fn standing(mut self, code: &str, since: impl Into<When>) -> Self {
        let codes: Vec<_> = self.manifest.standings.iter().map(|s| s.code.clone()).collect();
        self.snapshot.merchant.standing = Some(convert::index(&codes, code));
        self.snapshot.merchant.standing_since = since.into().0;
        self
    }

    /// When a person last lifted a suspension.
    #[must_use]
    pub fn reinstated(mut self, when: impl Into<When>) -> Self {
        self.snapshot.merchant.reinstated = Some(when.into().0);
        self
    }

    /// When the merchant joined.
    #[must_use]
    pub fn joined(mut self, when: impl Into<When>) -> Self {
        self.snapshot.merchant.joined = when.into().0;
        self
    }

    /// A badge worn.
    #[must_use]
    #[track_caller]
    pub fn badge(mut self, code: &str) -> Self {
        self.snapshot.merchant.badges.push(convert::index(&self.manifest.badges, code));
        self
    }
}
