//! What follows from readings: standings, score and proposals.

use andon_etsy::Etsy;
use andon_sdk::testing::{Case, SnapshotBuilder};

fn check(change: impl Fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>, expected: &str) {
    let case = Case::<Etsy>::new();
    case.check_verdict(change(case.snapshot("2026-06-20")), expected);
}

const GOOD: &str = "standing good\nscore 900";

#[test]
fn each_missed_standard_is_noticed() {
    check(|s| s, GOOD);
    for metric in ["message-response-rate", "on-time-shipping-rate", "low-review-rate", "case-rate"] {
        let code = format!("{metric}-breached");
        let noticed = format!("standing below-standards\nscore 800\nreasons {code}\nnotice: {code}");
        check(|s| s.breached(metric, 1), &noticed);
        check(|s| s.breached(metric, 31), &noticed);
        check(|s| s.breached(metric, 1).insufficient("orders-90"), GOOD);
        check(|s| s.insufficient(metric), GOOD);
    }
}

#[test]
fn the_number_of_cases_binds_only_where_the_rate_does_not() {
    let code = "cases-refunded-breached";
    check(|s| s.breached("cases-refunded", 1), GOOD);
    check(
        |s| s.breached("cases-refunded", 1).insufficient("case-rate"),
        &format!("standing below-standards\nscore 800\nreasons {code}\nnotice: {code}"),
    );
}

#[test]
fn a_warning_needs_all_conditions_and_a_suspension_the_evaluation_before() {
    let (now, before) = ("order-dissatisfaction-rate", "order-dissatisfaction-rate-before");
    let warned = format!("standing warned\nscore 600\nreasons {now}-breached\nwarning: {now}-breached");
    check(|s| s.breached(now, 1), &warned);
    check(|s| s.breached(now, 31), &warned);
    check(|s| s.breached(now, 1).insufficient("orders-dissatisfied-ever"), GOOD);
    check(|s| s.breached(before, 31), GOOD);
    let suspended = format!(
        "standing suspended
         score 300
         reasons {now}-breached
         warning: {now}-breached
         suspend: {before}-breached, {now}-breached"
    );
    check(|s| s.breached(now, 1).breached(before, 1), &suspended);
    check(|s| s.breached(now, 1).breached(before, 1).insufficient("orders-90"), &suspended);
}

#[test]
fn all_at_once_is_no_worse_than_0() {
    check(
        |s| {
            ["message-response-rate", "on-time-shipping-rate", "low-review-rate", "case-rate"]
                .into_iter()
                .chain(["order-dissatisfaction-rate", "order-dissatisfaction-rate-before"])
                .fold(s, |s, metric| s.breached(metric, 1))
        },
        "standing suspended
         score 0
         reasons order-dissatisfaction-rate-breached, message-response-rate-breached, on-time-shipping-rate-breached, \
            low-review-rate-breached, case-rate-breached
         notice: message-response-rate-breached, on-time-shipping-rate-breached, low-review-rate-breached, case-rate-breached
         warning: order-dissatisfaction-rate-breached
         suspend: order-dissatisfaction-rate-before-breached, order-dissatisfaction-rate-breached",
    );
}
