//! What follows from readings: limits on order volume, and what LazMall sellers face.

use andon_lazada::Lazada;
use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, order};

fn check(settings: &[(&str, &str)], change: impl Fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>, expected: &str) {
    let case = Case::<Lazada>::with(settings);
    case.check_verdict(change(case.snapshot("2026-06-30")), expected);
}

const GOOD: &str = "standing good\nscore 1000";
const CROSS_BORDER: &[(&str, &str)] = &[("cross-border", "true")];

#[test]
fn cancellations_limit_orders() {
    check(&[], |s| s, GOOD);
    check(&[], |s| s.at_risk("cancellation-rate"), "standing at-risk\nscore 800\nreasons cancellation-rate-at-risk");
    let limited = |orders: &str| {
        format!(
            "standing limited\nscore 500\nreasons cancellation-rate-breached\ncap-orders {orders} for 7 days: cancellation-rate-breached"
        )
    };
    check(&[], |s| s.breached("cancellation-rate", 1), &limited("10"));
    check(&[], |s| s.breached("cancellation-rate", 31), &limited("10"));
    check(&[("limited-orders-a-day", "3")], |s| s.breached("cancellation-rate", 1), &limited("3"));
    let two_weeks = limited("10").replace("7 days", "14 days");
    check(&[("limit-days", "14")], |s| s.breached("cancellation-rate", 1), &two_weeks);
    check(&[], |s| s.insufficient("cancellation-rate").counts("cancellation-rate", 9, 9), GOOD);
}

fn few(s: SnapshotBuilder<'_>, items: i64) -> SnapshotBuilder<'_> {
    s.counts("cancellation-rate-few-items", items, items).breached("cancellation-rate-few-items", 1)
}

#[test]
fn few_cancelled_items_limit_cross_border_sellers_to_one_order() {
    let one = "standing limited
         score 500
         reasons cancellation-rate-few-items-breached
         cap-orders 1 for 7 days: cancellation-rate-few-items-breached";
    check(CROSS_BORDER, |s| few(s, 1), one);
    check(CROSS_BORDER, |s| few(s, 4), one);
    check(CROSS_BORDER, |s| few(s, 5), GOOD);
    check(&[], |s| few(s, 4), GOOD);
    check(
        CROSS_BORDER,
        |s| few(s, 10).breached("cancellation-rate", 1),
        "standing limited\nscore 500\nreasons cancellation-rate-breached\ncap-orders 10 for 7 days: cancellation-rate-breached",
    );
    // New until 90 days have passed.
    check(CROSS_BORDER, |s| few(s, 4).joined("2026-04-01"), one);
    check(CROSS_BORDER, |s| few(s, 4).joined("2026-04-01 00:00:00.001"), GOOD);
    check(&[("cross-border", "true"), ("new-seller-days", "0")], |s| few(s, 4).joined("2026-06-30"), one);
}

const LAZMALL: [&str; 5] = [
    "lazmall-on-time-rate",
    "lazmall-positive-rating-rate",
    "lazmall-cancellation-rate",
    "lazmall-return-rate",
    "lazmall-orders",
];

#[test]
fn each_standard_of_lazmall_binds_who_wears_its_badge() {
    for metric in LAZMALL {
        let code = format!("{metric}-breached");
        let warned = format!("standing at-risk\nscore 900\nreasons {code}\nwarning: {code}");
        check(&[], |s| s.badge("lazmall").breached(metric, 1), &warned);
        check(&[], |s| s.badge("lazmall").breached(metric, 2), &warned);
        let lasting = |proposed| format!("standing at-risk\nscore 900\nreasons {code}\n{proposed}: {code}");
        check(&[], |s| s.badge("lazmall").breached(metric, 3), &lasting("ask-plan-of-action"));
        check(&[], |s| s.badge("lazmall").breached(metric, 4), &lasting("revoke-badge lazmall"));
        check(&[], |s| s.badge("lazmall").breached(metric, 6), &lasting("revoke-badge lazmall"));
        check(&[], |s| s.breached(metric, 6), GOOD);
        check(&[], |s| s.badge("lazmall").insufficient(metric), GOOD);
        check(&[], |s| s.badge("lazmall").breached(metric, 1).joined("2026-04-01"), &warned);
        check(&[], |s| s.badge("lazmall").breached(metric, 1).joined("2026-04-01 00:00:00.001"), GOOD);
    }
}

#[test]
fn a_limit_and_missed_standards_each_get_their_due() {
    check(
        &[],
        |s| {
            let all = LAZMALL.iter().fold(s.badge("lazmall"), |s, metric| s.breached(metric, 1));
            all.breached("cancellation-rate", 1)
        },
        "standing limited
         score 0
         reasons cancellation-rate-breached, lazmall-on-time-rate-breached, lazmall-positive-rating-rate-breached, \
            lazmall-cancellation-rate-breached, lazmall-return-rate-breached, lazmall-orders-breached
         cap-orders 10 for 7 days: cancellation-rate-breached
         warning: lazmall-on-time-rate-breached, lazmall-positive-rating-rate-breached, lazmall-cancellation-rate-breached, \
            lazmall-return-rate-breached, lazmall-orders-breached",
    );
    check(
        &[],
        |s| s.badge("lazmall").breached("lazmall-return-rate", 1).at_risk("cancellation-rate"),
        "standing at-risk
         score 700
         reasons cancellation-rate-at-risk, lazmall-return-rate-breached
         warning: lazmall-return-rate-breached",
    );
}

#[test]
fn ratings_inform_and_lead_to_nothing() {
    check(&[], |s| s.breached("positive-rating-rate", 31), GOOD);
}

#[test]
fn from_facts_to_a_limit_and_back() {
    let shop = Shop::<Lazada>::new().facts(30, |i| {
        let order = order().id(i).buyer(i).placed("2026-06-01");
        if i < 10 { order.cancelled("2026-06-02", Actor::Merchant, CancelReason::OutOfStock) } else { order }
    });
    let limited =
        "standing limited\nscore 500\nreasons cancellation-rate-breached\ncap-orders 10 for 7 days: cancellation-rate-breached";
    shop.on("2026-06-08 12:00").check(GOOD);
    shop.on("2026-06-09 12:00").check(limited);
    shop.on("2026-07-06 12:00").check(limited);
    shop.on("2026-07-07 12:00").check(GOOD);
}
