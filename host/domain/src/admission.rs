//! Whether a manifest makes sense, before anything is counted by it. All problems are found at once, each with the path of the
//! field it is in, so that an author mends a plugin in one go.

mod settings;
mod wording;

use std::collections::HashSet;

use crate::ids::check_code;
use crate::manifest::{Cadence, Compare, CounterKind, Formula, Limit, Manifest, Metric, Window};

pub use settings::check_setting;

/// Something a plugin must mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the field, such as `metrics[3].window.days`.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Most problems that are listed; a plugin with more is no better understood for it.
const MAX_PROBLEMS: usize = 100;

/// Longest rolling window, in days: a year and a month of grace, which bounds how many days an evaluation loads.
const MAX_DAYS: u16 = 400;
const MAX_LAG_DAYS: u16 = 90;
const MAX_MONTHS: u8 = 24;
/// Highest floor; above it a metric would be insufficient for everybody.
const MAX_FLOOR: u32 = 1_000_000;
const MAX_TERMS: usize = 64;
const MAX_QUOTAS: usize = 8;
/// So many orders of a buyer are looked at whenever one of them changes.
const MAX_QUOTA: u16 = 100;

/// Checks a manifest as a whole: codes unique in their list, indexes in range, windows, floors and bounds sane, settings'
/// defaults valid, wording complete in every locale it claims. At most 100 problems are listed.
pub fn check(manifest: &Manifest) -> Result<(), Vec<Problem>> {
    let mut problems = Problems::default();
    identity(manifest, &mut problems);
    for (list, codes, count) in lists(manifest) {
        bounded(list, codes.len(), count, &mut problems);
        unique_codes(list, &codes, &mut problems);
    }
    for (i, counter) in manifest.counters.iter().enumerate() {
        if counter.by_buyer && counter.kind != CounterKind::Defect {
            problems.add(format!("counters[{i}].by-buyer"), "only a defect counter keeps the marks that buyers are counted by");
        }
    }
    quotas(manifest, &mut problems);
    for (i, metric) in manifest.metrics.iter().enumerate() {
        MetricCheck { manifest, metric, path: format!("metrics[{i}]"), problems: &mut problems }.run();
    }
    settings::check(manifest, &mut problems);
    wording::check(manifest, &mut problems);
    if problems.0.is_empty() { Ok(()) } else { Err(problems.0) }
}

fn quotas(manifest: &Manifest, problems: &mut Problems) {
    bounded("quotas", manifest.quotas.len(), 0..=MAX_QUOTAS, problems);
    for (i, quota) in manifest.quotas.iter().enumerate() {
        if !(1..=MAX_QUOTA).contains(&quota.most) {
            problems.add(format!("quotas[{i}].most"), format!("is {}, not 1 to {MAX_QUOTA}", quota.most));
        }
        let exclusions = manifest.exclusions.len();
        if usize::from(quota.exclusion) >= exclusions {
            problems.add(format!("quotas[{i}].exclusion"), format!("names exclusion {} of {exclusions}", quota.exclusion));
        }
    }
    let count = manifest.quotas.len();
    for (i, quota) in manifest.counters.iter().enumerate().filter_map(|(i, c)| Some((i, c.quota?))) {
        if usize::from(quota) >= count {
            problems.add(format!("counters[{i}].quota"), format!("names quota {quota} of {count}"));
        }
    }
}

/// Problems found so far; silently full at [`MAX_PROBLEMS`].
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, field: impl Into<String>, reason: impl Into<String>) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(Problem { field: field.into(), reason: reason.into() });
        }
    }
}

type List<'a> = (&'static str, Vec<&'a str>, std::ops::RangeInclusive<usize>);

/// Every list of codes, by its name in the contract, with how many codes it may hold.
fn lists(manifest: &Manifest) -> [List<'_>; 11] {
    fn plain(codes: &[String]) -> Vec<&str> {
        codes.iter().map(String::as_str).collect()
    }
    [
        ("counters", manifest.counters.iter().map(|c| c.code.as_str()).collect(), 1..=256),
        ("metrics", manifest.metrics.iter().map(|m| m.code.as_str()).collect(), 1..=64),
        ("standings", manifest.standings.iter().map(|s| s.code.as_str()).collect(), 1..=16),
        ("exclusions", plain(&manifest.exclusions), 0..=64),
        ("causes", plain(&manifest.causes), 0..=128),
        ("reasons", plain(&manifest.reasons), 0..=128),
        ("return-reasons", plain(&manifest.return_reasons), 0..=128),
        ("contact-reasons", plain(&manifest.contact_reasons), 0..=128),
        ("policies", plain(&manifest.policies), 0..=256),
        ("badges", plain(&manifest.badges), 0..=32),
        ("settings", manifest.settings.iter().map(|s| s.key.as_str()).collect(), 0..=64),
    ]
}

fn identity(manifest: &Manifest, problems: &mut Problems) {
    for (field, code) in [("marketplace", &manifest.marketplace), ("name", &manifest.name)] {
        if let Err(error) = check_code(code) {
            problems.add(field, error.to_string());
        }
    }
    // A version is at most a few dozen bytes; parsing is linear, but the message repeats none of it.
    if manifest.version.len() > 64 || semver::Version::parse(&manifest.version).is_err() {
        problems.add("version", "is not a semantic version such as 1.2.0");
    }
    cadence("cadence", manifest.cadence, problems);
}

fn cadence(path: &str, cadence: Cadence, problems: &mut Problems) {
    match cadence {
        Cadence::Monthly(day) if !(1..=28).contains(&day) => {
            problems.add(format!("{path}.monthly"), format!("is {day}, not 1 to 28"));
        }
        Cadence::Weekly(day) if day > 6 => problems.add(format!("{path}.weekly"), format!("is {day}, not 0 (Monday) to 6")),
        _ => {}
    }
}

fn bounded(list: &str, len: usize, count: std::ops::RangeInclusive<usize>, problems: &mut Problems) {
    if !count.contains(&len) {
        problems.add(list, format!("has {len} entries, not {} to {}", count.start(), count.end()));
    }
}

fn unique_codes(list: &str, codes: &[&str], problems: &mut Problems) {
    let mut seen = HashSet::new();
    for (i, code) in codes.iter().enumerate() {
        if let Err(error) = check_code(code) {
            problems.add(format!("{list}[{i}]"), error.to_string());
        } else if !seen.insert(*code) {
            problems.add(format!("{list}[{i}]"), format!("{code} stands in this list already"));
        }
    }
}

struct MetricCheck<'a> {
    manifest: &'a Manifest,
    metric: &'a Metric,
    path: String,
    problems: &'a mut Problems,
}

impl MetricCheck<'_> {
    fn run(&mut self) {
        self.formula();
        self.window();
        self.limit();
        self.floors();
        if let Some(own) = self.metric.cadence {
            cadence(&format!("{}.cadence", self.path), own, self.problems);
        }
    }

    fn add(&mut self, field: &str, reason: impl Into<String>) {
        self.problems.add(format!("{}.{field}", self.path), reason);
    }

    fn counter(&mut self, field: &str, counter: u16) {
        let count = self.manifest.counters.len();
        if usize::from(counter) >= count {
            self.add(field, format!("names counter {counter} of {count}"));
        }
    }

    fn formula(&mut self) {
        match &self.metric.formula {
            Formula::Ratio { numerator, denominator } => {
                self.counter("formula.ratio.numerator", *numerator);
                self.counter("formula.ratio.denominator", *denominator);
            }
            Formula::Mean { sum, number, .. } => {
                self.counter("formula.mean.sum", *sum);
                self.counter("formula.mean.number", *number);
            }
            Formula::Sum(counter) => self.counter("formula.sum", *counter),
            Formula::Points { start, terms, low, high } => {
                if low > high || !(low..=high).contains(&start) {
                    self.add("formula.points", format!("start {start} is not between low {low} and high {high}"));
                }
                if terms.is_empty() || terms.len() > MAX_TERMS {
                    self.add("formula.points.terms", format!("has {} entries, not 1 to {MAX_TERMS}", terms.len()));
                }
                for (i, term) in terms.iter().enumerate() {
                    self.counter(&format!("formula.points.terms[{i}].counter"), term.counter);
                    if term.per == 0 {
                        self.add(&format!("formula.points.terms[{i}].per"), "is 0");
                    }
                }
            }
        }
    }

    fn window(&mut self) {
        match self.metric.window {
            Window::Rolling { days, lag_days } => {
                if !(1..=MAX_DAYS).contains(&days) {
                    self.add("window.rolling.days", format!("is {days}, not 1 to {MAX_DAYS}"));
                }
                if lag_days > MAX_LAG_DAYS {
                    self.add("window.rolling.lag-days", format!("is {lag_days}, above {MAX_LAG_DAYS}"));
                }
            }
            Window::Months { count, first_day } => {
                if !(1..=MAX_MONTHS).contains(&count) {
                    self.add("window.months.count", format!("is {count}, not 1 to {MAX_MONTHS}"));
                }
                if !(1..=28).contains(&first_day) {
                    self.add("window.months.first-day", format!("is {first_day}, not 1 to 28"));
                }
            }
            Window::YearToDate { kept_from: Some(_) } if !matches!(self.metric.formula, Formula::Sum(_)) => {
                self.add("window.year-to-date", "only of a sum can a year be kept");
            }
            Window::YearToDate { .. } | Window::QuarterToDate | Window::Lifetime => {}
        }
    }

    fn limit(&mut self) {
        let Some(Limit { compare, target, warn }) = self.metric.limit else { return };
        if !target.is_finite() || !warn.is_finite() {
            return self.add("limit", "target and warn must be finite");
        }
        // Whoever meets the warning must have met the target.
        let strict_enough = match compare {
            Compare::Less | Compare::AtMost => warn <= target,
            Compare::Greater | Compare::AtLeast => warn >= target,
        };
        if !strict_enough {
            self.add("limit.warn", format!("{warn} is easier to meet than the target, {} {target}", compare.word()));
        }
    }

    fn floors(&mut self) {
        let metric = self.metric;
        let floors = [
            ("min-denominator", metric.min_denominator),
            ("min-numerator", metric.min_numerator),
            ("min-buyers", metric.min_buyers),
        ];
        for (field, floor) in floors {
            if floor > MAX_FLOOR {
                self.add(field, format!("is {floor}, above {MAX_FLOOR}"));
            }
        }
        if let Some(evidence) = metric.evidence {
            self.counter("evidence", evidence);
            if self.manifest.counters.get(usize::from(evidence)).is_some_and(|c| c.kind != CounterKind::Defect) {
                self.add("evidence", "is not a defect counter, so it keeps no marks to show");
            }
        }
        let evidence = metric.evidence_counter().and_then(|c| self.manifest.counters.get(usize::from(c)));
        if metric.min_buyers > 0 && !evidence.is_some_and(|c| c.by_buyer) {
            self.add("min-buyers", "needs a by-buyer counter as evidence or numerator");
        }
        if metric.min_numerator > 0
            && evidence.is_none()
            && matches!(metric.formula, Formula::Mean { .. } | Formula::Points { .. })
        {
            self.add("min-numerator", "of a mean or points needs an evidence counter to count in");
        }
    }
}

#[cfg(test)]
mod tests;
