//! Answers as text, a line for each thing said, and the difference between what was expected and what came.

use andon_domain::manifest::Manifest;
use chrono::{DateTime, Timelike};

use crate::facts::Instant;
use crate::{Action, Classified, Reason, Verdict};

pub(super) fn classified(manifest: &Manifest, answer: &Classified) -> Vec<String> {
    let mut lines: Vec<_> = answer
        .marks
        .iter()
        .map(|mark| {
            let counter = &manifest.counters[usize::from(mark.counter)].code;
            let amount = if mark.amount == 1 { String::new() } else { format!(" x{}", mark.amount) };
            let cause = mark.cause.map(|cause| format!(" because {}", manifest.causes[usize::from(cause)]));
            let exclusion = mark.excluded.map(|exclusion| format!(" but {}", manifest.exclusions[usize::from(exclusion)]));
            format!("{counter} {}{amount}{}{}", moment(mark.at), cause.unwrap_or_default(), exclusion.unwrap_or_default())
        })
        .collect();
    lines.extend(answer.revisit.map(|at| format!("revisit {}", moment(at))));
    lines
}

pub(super) fn verdict(manifest: &Manifest, verdict: &Verdict) -> Vec<String> {
    let code = |reason: &Reason| {
        let code = &manifest.reasons[usize::from(reason.code)];
        reason.listing.map_or_else(|| code.clone(), |listing| format!("{code} of listing {listing}"))
    };
    let codes = |reasons: &[Reason]| reasons.iter().map(code).collect::<Vec<_>>().join(", ");
    let mut lines =
        vec![format!("standing {}", manifest.standings[usize::from(verdict.standing)].code), format!("score {}", verdict.score)];
    if !verdict.reasons.is_empty() {
        lines.push(format!("reasons {}", codes(&verdict.reasons)));
    }
    lines.extend(verdict.proposals.iter().map(|p| {
        let days = p.days.map(|days| format!(" for {days} days")).unwrap_or_default();
        format!("{}{days}: {}", action(manifest, p.action), codes(&p.reasons))
    }));
    lines.extend(verdict.revisit.map(|at| format!("revisit {}", moment(at))));
    lines
}

fn action(manifest: &Manifest, action: Action) -> String {
    let badge = |badge: u16| &manifest.badges[usize::from(badge)];
    match action {
        Action::Notice => "notice".into(),
        Action::Warning => "warning".into(),
        Action::PullListing(listing) => format!("pull-listing {listing}"),
        Action::RestoreListing(listing) => format!("restore-listing {listing}"),
        Action::CapOrders(orders) => format!("cap-orders {orders}"),
        Action::HoldPayouts => "hold-payouts".into(),
        Action::Suspend => "suspend".into(),
        Action::Terminate => "terminate".into(),
        Action::Reinstate => "reinstate".into(),
        Action::AwardBadge(b) => format!("award-badge {}", badge(b)),
        Action::RevokeBadge(b) => format!("revoke-badge {}", badge(b)),
        Action::AskPlanOfAction => "ask-plan-of-action".into(),
        Action::Restrict => "restrict".into(),
    }
}

/// The shortest form that [`super::When`] reads.
fn moment(at: Instant) -> String {
    let Some(time) = DateTime::from_timestamp_millis(at) else { return at.to_string() };
    let format = match (time.nanosecond(), time.second(), time.num_seconds_from_midnight()) {
        (0, 0, 0) => "%Y-%m-%d",
        (0, 0, _) => "%Y-%m-%d %H:%M",
        (0, ..) => "%Y-%m-%d %H:%M:%S",
        _ => "%Y-%m-%d %H:%M:%S%.3f",
    };
    time.format(format).to_string()
}

/// Panics unless the two say the same, in whatever order.
#[track_caller]
pub(super) fn compare(expected: &str, mut came: Vec<String>) {
    let mut expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    expected.sort_unstable();
    came.sort_unstable();
    if expected == came {
        return;
    }
    let missing = without(&expected, &came).into_iter().map(|line| format!("- {line}"));
    let unexpected = without(&came, &expected).into_iter().map(|line| format!("+ {line}"));
    let differences: Vec<_> = missing.chain(unexpected).collect();
    panic!("the answer differs (- expected, + came):\n{}\nthe whole answer:\n{}", differences.join("\n"), came.join("\n"));
}

/// What is in `a` more often than in `b`.
fn without(a: &[String], b: &[String]) -> Vec<String> {
    let mut rest = b.to_vec();
    let taken = |line: &&String| rest.iter().position(|other| other == *line).map(|i| rest.swap_remove(i)).is_none();
    a.iter().filter(taken).cloned().collect()
}
