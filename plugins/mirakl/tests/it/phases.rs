//! Alert, suspension, reopening by a person, immunity, and the failure after it.

use andon_mirakl::Mirakl;
use andon_sdk::testing::{Case, SnapshotBuilder};

const TODAY: &str = "2026-06-30";

fn check(settings: &[(&str, &str)], change: impl for<'a> FnOnce(SnapshotBuilder<'a>) -> SnapshotBuilder<'a>, expected: &str) {
    let case = Case::<Mirakl>::with(settings);
    case.check_verdict(change(case.snapshot(TODAY)), expected);
}

const METRICS: [&str; 9] = [
    "incident-rate",
    "acceptance-minutes",
    "acceptance-rate",
    "refund-rate",
    "response-minutes",
    "auto-rejections",
    "late-shipment-rate",
    "rating",
    "tracking-rate",
];

#[test]
fn any_alert_alerts_and_any_limit_suspends() {
    check(&[], |s| s, "standing good\nscore 1000");
    for metric in METRICS {
        let at_risk = format!("standing alerted\nscore 950\nreasons {metric}-at-risk\nwarning: {metric}-at-risk");
        check(&[], |s| s.at_risk(metric), &at_risk);
        let breached = format!(
            "standing suspended
             score 800
             reasons {metric}-breached
             suspend: {metric}-breached
             ask-plan-of-action: {metric}-breached"
        );
        check(&[], |s| s.breached(metric, 1), &breached);
        check(&[], |s| s.insufficient(metric), "standing good\nscore 1000");
    }
    check(
        &[],
        |s| s.breached("incident-rate", 1).at_risk("rating"),
        "standing suspended
         score 750
         reasons incident-rate-breached, rating-at-risk
         suspend: incident-rate-breached
         ask-plan-of-action: incident-rate-breached",
    );
    check(&[], |s| METRICS.iter().fold(s, |s, metric| s.insufficient(metric)), "standing good\nscore 1000");
}

const STANDINGS: [&str; 5] = ["good", "alerted", "immune", "suspended", "closed"];

#[test]
fn suspension_is_proposed_for_as_long_as_a_limit_is_reached_and_no_longer() {
    let suspended = "standing suspended
        score 800
        reasons rating-breached
        suspend: rating-breached
        ask-plan-of-action: rating-breached";
    for standing in STANDINGS {
        check(&[], |s| s.standing(standing, "2026-06-01").breached("rating", 9), suspended);
        let alerted = "standing alerted\nscore 950\nreasons rating-at-risk\nwarning: rating-at-risk";
        check(&[], |s| s.standing(standing, "2026-06-01").at_risk("rating"), alerted);
        check(&[], |s| s.standing(standing, "2026-06-01"), "standing good\nscore 1000");
        let unread = "standing good\nscore 1000";
        check(&[], |s| METRICS.iter().fold(s.standing(standing, "2026-06-01"), |s, metric| s.insufficient(metric)), unread);
    }
}

#[test]
fn a_reopened_shop_is_immune_for_30_days() {
    let immune = "standing immune\nscore 1000\nreasons immune\nrevisit 2026-07-01";
    // Whatever standing is still in force.
    for standing in STANDINGS {
        check(&[], |s| s.standing(standing, "2026-06-01").reinstated("2026-06-01"), immune);
    }
    check(
        &[],
        |s| s.standing("suspended", "2026-06-01").reinstated("2026-06-01").breached("incident-rate", 40).at_risk("rating"),
        "standing immune
         score 750
         reasons immune, incident-rate-breached, rating-at-risk
         warning: incident-rate-breached, rating-at-risk
         revisit 2026-07-01",
    );
    let settings = [("immunity-days", "90")];
    check(&settings, |s| s.reinstated("2026-06-01"), "standing immune\nscore 1000\nreasons immune\nrevisit 2026-08-30");
    check(&[], |s| s.reinstated("2026-05-31"), "standing good\nscore 1000");
    check(
        &[],
        |s| s.reinstated("2026-05-31 00:00:00.001"),
        "standing immune\nscore 1000\nreasons immune\nrevisit 2026-06-30 00:00:00.001",
    );
}

#[test]
fn failing_again_within_a_year_is_final() {
    let check_failing = |settings: &[(&str, &str)], reopened: &str, expected: &str| {
        check(settings, |s| s.reinstated(reopened).breached("incident-rate", 1), expected);
    };
    let closed = "standing closed\nscore 800\nreasons incident-rate-breached\nterminate: incident-rate-breached";
    let suspended = "standing suspended
        score 800
        reasons incident-rate-breached
        suspend: incident-rate-breached
        ask-plan-of-action: incident-rate-breached";
    check_failing(&[], "2026-05-31", closed);
    // For as long as it fails, whatever standing is in force, and no longer.
    for standing in STANDINGS {
        check(&[], |s| s.standing(standing, "2026-06-01").reinstated("2026-05-31").breached("incident-rate", 1), closed);
        check(&[], |s| s.standing(standing, "2026-06-01").reinstated("2026-05-31"), "standing good\nscore 1000");
    }
    check_failing(&[], "2025-06-30 00:00:00.001", closed);
    check_failing(&[], "2025-06-30", suspended);
    check_failing(&[("final-days", "30")], "2026-05-31", suspended);
    check(
        &[],
        |s| s.reinstated("2026-05-31").at_risk("rating"),
        "standing alerted\nscore 950\nreasons rating-at-risk\nwarning: rating-at-risk",
    );
}
