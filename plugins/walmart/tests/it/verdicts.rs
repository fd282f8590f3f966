//! What follows from readings: standings, score and proposals, by how long a breach has lasted.

use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, order};
use andon_walmart::Walmart;

fn check(settings: &[(&str, &str)], change: impl Fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>, expected: &str) {
    let case = Case::<Walmart>::with(settings);
    case.check_verdict(change(case.snapshot("2026-06-30")), expected);
}

const METRICS: [&str; 8] = [
    "cancellation-rate",
    "on-time-delivery-rate",
    "valid-tracking-rate",
    "refund-rate",
    "response-rate",
    "return-rate",
    "item-not-received-rate",
    "negative-feedback-rate",
];

#[test]
fn all_good_is_good() {
    check(&[], |s| s, "standing good\nscore 1000");
}

#[test]
fn each_standard_climbs_the_same_ladder() {
    for metric in METRICS {
        let code = format!("{metric}-breached");
        check(&[], |s| s.at_risk(metric), &format!("standing at-risk\nscore 960\nreasons {metric}-at-risk"));
        check(&[], |s| s.breached(metric, 6), &format!("standing at-risk\nscore 875\nreasons {code}\nwarning: {code}"));
        let suppressed = format!("standing suppressed\nscore 875\nreasons {code}\nrestrict: {code}\nask-plan-of-action: {code}");
        check(&[], |s| s.breached(metric, 7), &suppressed);
        check(&[], |s| s.breached(metric, 29), &suppressed);
        check(
            &[],
            |s| s.breached(metric, 30),
            &format!(
                "standing suspended\nscore 875\nreasons {code}\nrestrict: {code}\nask-plan-of-action: {code}\nsuspend: {code}"
            ),
        );
        check(&[], |s| s.insufficient(metric), "standing good\nscore 1000");
    }
}

#[test]
fn the_operator_sets_how_fast() {
    let settings = [("days-before-suppression", "2"), ("days-before-suspension", "3")];
    let code = "refund-rate-breached";
    check(&settings, |s| s.breached("refund-rate", 1), &format!("standing at-risk\nscore 875\nreasons {code}\nwarning: {code}"));
    check(
        &settings,
        |s| s.breached("refund-rate", 2),
        &format!("standing suppressed\nscore 875\nreasons {code}\nrestrict: {code}\nask-plan-of-action: {code}"),
    );
    check(
        &settings,
        |s| s.breached("refund-rate", 3),
        &format!("standing suspended\nscore 875\nreasons {code}\nrestrict: {code}\nask-plan-of-action: {code}\nsuspend: {code}"),
    );
}

#[test]
fn breaches_old_and_new_each_get_their_due() {
    check(
        &[],
        |s| s.breached("return-rate", 31).breached("refund-rate", 9).breached("cancellation-rate", 1).at_risk("response-rate"),
        "standing suspended
         score 585
         reasons cancellation-rate-breached, refund-rate-breached, response-rate-at-risk, return-rate-breached
         warning: cancellation-rate-breached
         restrict: refund-rate-breached, return-rate-breached
         ask-plan-of-action: refund-rate-breached, return-rate-breached
         suspend: return-rate-breached",
    );
    check(
        &[],
        |s| METRICS.iter().fold(s, |s, metric| s.breached(metric, 1)),
        &format!("standing at-risk\nscore 0\nreasons {0}\nwarning: {0}", METRICS.map(|m| format!("{m}-breached")).join(", ")),
    );
}

#[test]
fn from_facts_to_suppression_and_back() {
    let shop = Shop::<Walmart>::new().facts(100, |i| {
        let order = order().id(i).buyer(i).placed("2026-06-01");
        if i < 3 { order.cancelled("2026-06-02", Actor::Merchant, CancelReason::OutOfStock) } else { order }
    });
    let breached = "reasons cancellation-rate-breached";
    shop.on("2026-06-06 12:00").check(&format!("standing at-risk\nscore 875\n{breached}\nwarning: cancellation-rate-breached"));
    for day in ["2026-06-07 12:00", "2026-06-29 12:00"] {
        shop.on(day)
            .check(&format!("standing suppressed\nscore 875\n{breached}\nrestrict: cancellation-rate-breached\nask-plan-of-action: cancellation-rate-breached"));
    }
    shop.on("2026-06-30 12:00").check(&format!(
        "standing suspended
         score 875
         {breached}
         restrict: cancellation-rate-breached
         ask-plan-of-action: cancellation-rate-breached
         suspend: cancellation-rate-breached"
    ));
    // The day leaves the window, and with it the breach.
    shop.on("2026-07-01 12:00").check("standing good\nscore 1000");
}
