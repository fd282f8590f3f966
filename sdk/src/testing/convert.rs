//! The contract's types and the host's, which say the same in two crates so that a plugin never depends on the host.

use andon_domain::manifest as host;
use andon_domain::mark::Mark;
use andon_domain::reading as read;

use crate::bindings::andon::rules::declare as wit;
use crate::{Reading, Status};

/// The index of a metric by its code.
#[track_caller]
pub(super) fn metric(manifest: &host::Manifest, code: &str) -> usize {
    let codes: Vec<_> = manifest.metrics.iter().map(|m| m.code.clone()).collect();
    usize::from(index(&codes, code))
}

/// The index of a code in a list.
#[track_caller]
pub(super) fn index(codes: &[String], code: &str) -> u16 {
    match codes.iter().position(|known| known == code) {
        Some(index) => index as u16,
        None => panic!("{code} is not among {codes:?}"),
    }
}

/// Marks as the host has them.
pub(super) fn marks(marks: &[crate::Mark]) -> Vec<Mark> {
    let mark = |m: &crate::Mark| Mark { counter: m.counter, at: m.at, amount: m.amount, cause: m.cause, excluded: m.excluded };
    marks.iter().map(mark).collect()
}

/// A reading as rules see it.
pub(super) fn reading(r: &read::Reading) -> Reading {
    Reading {
        value: r.value,
        numerator: r.numerator,
        denominator: r.denominator,
        buyers: r.buyers,
        lower: r.lower,
        upper: r.upper,
        peers: r.peers,
        status: match r.status {
            read::Status::Good => Status::Good,
            read::Status::AtRisk => Status::AtRisk,
            read::Status::Breached => Status::Breached,
            read::Status::Insufficient => Status::Insufficient,
        },
        breached_in_a_row: r.breached_in_a_row,
    }
}

/// A manifest as the host works with it.
pub(super) fn manifest(m: wit::Manifest) -> host::Manifest {
    host::Manifest {
        marketplace: m.marketplace,
        name: m.name,
        version: m.version,
        counters: m.counters.into_iter().map(counter).collect(),
        quotas: m.quotas.into_iter().map(quota).collect(),
        metrics: m.metrics.into_iter().map(metric_spec).collect(),
        standings: m.standings.into_iter().map(standing).collect(),
        exclusions: m.exclusions,
        causes: m.causes,
        reasons: m.reasons,
        return_reasons: m.return_reasons,
        contact_reasons: m.contact_reasons,
        policies: m.policies,
        badges: m.badges,
        settings: m.settings.into_iter().map(setting).collect(),
        cadence: cadence(m.cadence),
        wording: m.wording,
    }
}

fn counter(c: wit::Counter) -> host::Counter {
    let kind = match c.kind {
        wit::CounterKind::Volume => host::CounterKind::Volume,
        wit::CounterKind::Defect => host::CounterKind::Defect,
    };
    host::Counter { code: c.code, kind, by_listing: c.by_listing, by_buyer: c.by_buyer, quota: c.quota }
}

fn quota(q: wit::Quota) -> host::Quota {
    let per = match q.per {
        wit::Period::TenDays => host::Period::TenDays,
        wit::Period::Month => host::Period::Month,
    };
    host::Quota { most: q.most, per, exclusion: q.exclusion }
}

fn metric_spec(m: wit::Metric) -> host::Metric {
    host::Metric {
        code: m.code,
        formula: match m.formula {
            wit::Formula::Ratio(r) => host::Formula::Ratio { numerator: r.numerator, denominator: r.denominator },
            wit::Formula::Mean(m) => host::Formula::Mean { sum: m.sum, number: m.number, best: m.best },
            wit::Formula::Sum(counter) => host::Formula::Sum(counter),
            wit::Formula::Points(p) => {
                let term = |t: &wit::Term| host::Term { counter: t.counter, points: t.points, per: t.per };
                host::Formula::Points { start: p.start, terms: p.terms.iter().map(term).collect(), low: p.low, high: p.high }
            }
        },
        window: match m.window {
            wit::Window::Rolling(r) => host::Window::Rolling { days: r.days, lag_days: r.lag_days },
            wit::Window::Months(m) => host::Window::Months { count: m.count, first_day: m.first_day },
            wit::Window::QuarterToDate => host::Window::QuarterToDate,
            wit::Window::YearToDate(kept_from) => host::Window::YearToDate { kept_from },
            wit::Window::Lifetime => host::Window::Lifetime,
        },
        limit: m.limit.map(limit),
        evidence: m.evidence,
        min_denominator: m.min_denominator,
        min_numerator: m.min_numerator,
        min_buyers: m.min_buyers,
        cadence: m.cadence.map(cadence),
    }
}

fn cadence(cadence: wit::Cadence) -> host::Cadence {
    match cadence {
        wit::Cadence::Continuous => host::Cadence::Continuous,
        wit::Cadence::Monthly(day) => host::Cadence::Monthly(day),
        wit::Cadence::Weekly(day) => host::Cadence::Weekly(day),
    }
}

fn limit(l: wit::Limit) -> host::Limit {
    let compare = match l.compare {
        wit::Compare::Less => host::Compare::Less,
        wit::Compare::AtMost => host::Compare::AtMost,
        wit::Compare::Greater => host::Compare::Greater,
        wit::Compare::AtLeast => host::Compare::AtLeast,
    };
    host::Limit { compare, target: l.target, warn: l.warn }
}

fn standing(s: wit::Standing) -> host::StandingKind {
    let level = match s.level {
        wit::Level::Excellent => host::Level::Excellent,
        wit::Level::Good => host::Level::Good,
        wit::Level::AtRisk => host::Level::AtRisk,
        wit::Level::Restricted => host::Level::Restricted,
        wit::Level::Suspended => host::Level::Suspended,
    };
    host::StandingKind { code: s.code, level }
}

fn setting(s: wit::Setting) -> host::Setting {
    let kind = match s.kind {
        wit::SettingKind::Integer => host::SettingKind::Integer,
        wit::SettingKind::Number => host::SettingKind::Number,
        wit::SettingKind::Flag => host::SettingKind::Flag,
        wit::SettingKind::Text => host::SettingKind::Text,
    };
    host::Setting { key: s.key, kind, default: s.default, minimum: s.minimum, maximum: s.maximum }
}
