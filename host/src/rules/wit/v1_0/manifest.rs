//! A manifest as the domain has it. Whether it makes sense is for the domain's admission to say.

use andon_domain::manifest::{
    Cadence, Compare, Counter, CounterKind, Formula, Level, Limit, Manifest, Metric, Period, Quota, Setting, SettingKind,
    StandingKind, Term, Window,
};

use super::bindings::andon::rules::declare as wit;
use super::same_words;

pub(super) fn read(manifest: wit::Manifest) -> Manifest {
    Manifest {
        marketplace: manifest.marketplace,
        name: manifest.name,
        version: manifest.version,
        counters: manifest.counters.into_iter().map(counter).collect(),
        quotas: manifest.quotas.into_iter().map(quota).collect(),
        metrics: manifest.metrics.into_iter().map(metric).collect(),
        standings: manifest.standings.into_iter().map(standing).collect(),
        exclusions: manifest.exclusions,
        causes: manifest.causes,
        reasons: manifest.reasons,
        return_reasons: manifest.return_reasons,
        contact_reasons: manifest.contact_reasons,
        policies: manifest.policies,
        badges: manifest.badges,
        settings: manifest.settings.into_iter().map(setting).collect(),
        cadence: cadence(manifest.cadence),
        wording: manifest.wording,
    }
}

fn counter(counter: wit::Counter) -> Counter {
    Counter {
        code: counter.code,
        kind: same_words!(counter.kind, wit::CounterKind => CounterKind: Volume Defect),
        by_listing: counter.by_listing,
        by_buyer: counter.by_buyer,
        quota: counter.quota,
    }
}

fn quota(quota: wit::Quota) -> Quota {
    let per = same_words!(quota.per, wit::Period => Period: TenDays Month);
    Quota { most: quota.most, per, exclusion: quota.exclusion }
}

fn metric(metric: wit::Metric) -> Metric {
    Metric {
        code: metric.code,
        formula: formula(metric.formula),
        window: match metric.window {
            wit::Window::Rolling(wit::Rolling { days, lag_days }) => Window::Rolling { days, lag_days },
            wit::Window::Months(wit::WholeMonths { count, first_day }) => Window::Months { count, first_day },
            wit::Window::QuarterToDate => Window::QuarterToDate,
            wit::Window::YearToDate(kept_from) => Window::YearToDate { kept_from },
            wit::Window::Lifetime => Window::Lifetime,
        },
        limit: metric.limit.map(|limit| Limit {
            compare: same_words!(limit.compare, wit::Compare => Compare: Less AtMost Greater AtLeast),
            target: limit.target,
            warn: limit.warn,
        }),
        evidence: metric.evidence,
        min_denominator: metric.min_denominator,
        min_numerator: metric.min_numerator,
        min_buyers: metric.min_buyers,
        cadence: metric.cadence.map(cadence),
    }
}

fn cadence(cadence: wit::Cadence) -> Cadence {
    match cadence {
        wit::Cadence::Continuous => Cadence::Continuous,
        wit::Cadence::Monthly(day) => Cadence::Monthly(day),
        wit::Cadence::Weekly(day) => Cadence::Weekly(day),
    }
}

fn formula(formula: wit::Formula) -> Formula {
    match formula {
        wit::Formula::Ratio(wit::Ratio { numerator, denominator }) => Formula::Ratio { numerator, denominator },
        wit::Formula::Mean(wit::Mean { sum, number, best }) => Formula::Mean { sum, number, best },
        wit::Formula::Sum(counter) => Formula::Sum(counter),
        wit::Formula::Points(wit::Points { start, terms, low, high }) => Formula::Points {
            start,
            terms: terms.into_iter().map(|t| Term { counter: t.counter, points: t.points, per: t.per }).collect(),
            low,
            high,
        },
    }
}

fn standing(standing: wit::Standing) -> StandingKind {
    StandingKind {
        code: standing.code,
        level: same_words!(standing.level, wit::Level => Level: Excellent Good AtRisk Restricted Suspended),
    }
}

fn setting(setting: wit::Setting) -> Setting {
    Setting {
        key: setting.key,
        kind: same_words!(setting.kind, wit::SettingKind => SettingKind: Integer Number Flag Text),
        default: setting.default,
        minimum: setting.minimum,
        maximum: setting.maximum,
    }
}
