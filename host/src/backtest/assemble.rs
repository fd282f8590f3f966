//! Sums as a report: indexes become codes, and what was looked at is put beside what was asked for.

use std::collections::BTreeMap;

use andon_domain::calendar::rfc3339 as time;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::{Metric, Window};

use super::Question;
use super::report::{ActionChange, Coverage, Faults, MomentChange, Period, Reach, Report, RulesUsed, Transition};
use super::sum::{AtLevel, AtMoment, Failed, LADDER, Sum};
use crate::markets::Generation;

/// What no backtest over these facts can see.
const LIMITS: [&str; 5] = [
    "A fact is known from the time that its event bears, however late the event arrived.",
    "The whole marketplace's own value of a metric at a past moment is not known: rules that compare a merchant with it see none.",
    "Both are told the standing, badges and last reinstatement of the time, as they came of decisions made here; what was \
        decided elsewhere, and what the candidate's own verdicts would have led to, is not played on.",
    "Of decisions that took effect in the same millisecond of the marketplace's clock it is not known which came first.",
    "The facts do not say which merchants deserve what, so there are no rates of error.",
];

/// Said where it matters.
const OVERRIDES: &str = "The operator's own figures for metrics hold for both.";

/// The report of everything that was seen.
pub(super) fn assemble(question: &Question, rules: [&Generation; 2], moments: &[Instant], sum: Sum) -> Report {
    let market = &question.market;
    let first = moments.first().copied().unwrap_or(question.from);
    let first_day = market.calendar.day_of(first);
    let used = rules.map(|generation| used(generation, first_day));
    Report {
        marketplace: market.code.clone(),
        currency: market.currency.clone(),
        time_zone: market.calendar.zone().to_owned(),
        period: Period {
            from: time(first),
            to: time(moments.last().copied().unwrap_or(first)),
            every: question.every.to_string(),
            moments: moments.len() as u64,
        },
        coverage: coverage(question, &sum, first_day, [&used[0], &used[1]]),
        in_force: used[0].clone(),
        candidate: used[1].clone(),
        transitions: transitions(rules, &sum.transitions),
        transitions_all: transitions(rules, &sum.transitions_all),
        reach: LADDER.iter().zip(&sum.levels).map(|(level, at)| reach(level.word(), at, &sum)).collect(),
        actions: sum.actions.into_iter().map(|(action, [newly, vanished])| ActionChange { action, newly, vanished }).collect(),
        timeline: moments.iter().zip(&sum.timeline).map(|(at, seen)| moment(*at, seen)).collect(),
        changed: sum.changed,
        merchants: sum.listed,
    }
}

fn used(generation: &Generation, day: Day) -> RulesUsed {
    let manifest = generation.manifest();
    RulesUsed {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        digest: generation.judge.digest().to_owned(),
        settings: generation.settings.clone(),
        longest_window_days: longest_window(&generation.metrics, day),
    }
}

/// Days that the metric which looks back furthest looks at on `day`; `None` where one looks at a lifetime.
fn longest_window(metrics: &[Metric], day: Day) -> Option<u32> {
    let days = metrics.iter().map(|metric| match metric.window {
        Window::Lifetime | Window::YearToDate { kept_from: Some(_) } => None,
        window => u32::try_from(day - window.on(metric.read_on(day)).from + 1).ok(),
    });
    days.collect::<Option<Vec<_>>>().map(|days| days.into_iter().max().unwrap_or(0))
}

fn coverage(question: &Question, sum: &Sum, first_day: Day, used: [&RulesUsed; 2]) -> Coverage {
    let first_fact = sum.first_fact.map(|at| question.market.calendar.day_of(at));
    let days_before = first_fact.map_or(0, |day| i64::from(first_day - day).max(0));
    let longest = used.map(|rules| rules.longest_window_days);
    let mut limits: Vec<String> = LIMITS.map(str::to_owned).into();
    if !question.market.overrides.is_empty() {
        limits.push(OVERRIDES.to_owned());
    }
    Coverage {
        merchants: sum.merchants,
        with_facts: sum.with_facts,
        left_out: sum.left_out.iter().cloned().collect(),
        orders: sum.weight.orders,
        amount_minor: sum.weight.amount,
        contacts: sum.contacts,
        violations: sum.violations,
        compared: sum.timeline.iter().map(|moment| moment.compared).sum(),
        insufficient_in_force: sum.insufficient[0],
        insufficient_candidate: sum.insufficient[1],
        first_fact: sum.first_fact.map(time),
        days_before,
        windows_filled: longest[0].zip(longest[1]).map(|(a, b)| days_before >= i64::from(a.max(b))),
        faults: sum.faults.iter().map(|((side, code), failed)| faults(*side, code, failed)).collect(),
        limits,
        classified: sum.classified,
        evaluated: sum.evaluated,
    }
}

fn faults(side: usize, code: &str, failed: &Failed) -> Faults {
    Faults {
        rules: if side == 0 { "in_force" } else { "candidate" }.to_owned(),
        code: code.to_owned(),
        message: failed.message.clone(),
        verdicts: failed.verdicts,
        merchants: failed.merchants,
    }
}

fn transitions(rules: [&Generation; 2], counts: &BTreeMap<(u16, u16), u64>) -> Vec<Transition> {
    let standing = |side: usize, index: u16| {
        let kind = rules[side].manifest().standings.get(usize::from(index));
        kind.map(|kind| (kind.code.clone(), kind.level.word().to_owned())).unwrap_or_default()
    };
    let transition = |(standings, count): (&(u16, u16), &u64)| {
        let ((from, from_level), (to, to_level)) = (standing(0, standings.0), standing(1, standings.1));
        Transition { from, from_level, to, to_level, count: *count }
    };
    counts.iter().map(transition).collect()
}

fn reach(level: &str, at: &AtLevel, sum: &Sum) -> Reach {
    let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
    Reach {
        level: level.to_owned(),
        in_force: at.in_force,
        candidate: at.candidate,
        newly: at.newly,
        no_longer: at.no_longer,
        newly_orders: at.weight.orders,
        newly_orders_share: share(at.weight.orders as f64, sum.weight.orders as f64),
        newly_amount_minor: at.weight.amount,
        newly_amount_share: share(at.weight.amount as f64, sum.weight.amount as f64),
    }
}

fn moment(at: Instant, seen: &AtMoment) -> MomentChange {
    let AtMoment { compared, better, worse, sideways, proposals } = *seen;
    MomentChange { at: time(at), compared, better, worse, sideways, proposals }
}
