//! What follows from readings: tiers, warnings of points to come, and the order cap.

use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, order};
use andon_shopee::Shopee;

fn check(settings: &[(&str, &str)], change: impl Fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>, expected: &str) {
    let case = Case::<Shopee>::with(settings);
    case.check_verdict(change(case.snapshot("2026-06-29")), expected);
}

fn points(s: SnapshotBuilder<'_>, all: i64, recent: i64) -> SnapshotBuilder<'_> {
    s.counts("penalty-points", all, 0).counts("penalty-points-28", recent, 0)
}

#[test]
fn each_third_point_is_a_tier_and_the_fifth_freezes() {
    let of = |n: i64, standing: &str, score: i64, proposed: &str| {
        check(&[], |s| points(s, n, n), &format!("standing {standing}\nscore {score}\n{proposed}"));
    };
    let warned = "reasons penalty-tier\nwarning: penalty-tier";
    of(0, "good", 1000, "");
    of(2, "good", 900, "");
    of(3, "tier-1", 850, warned);
    of(5, "tier-1", 750, warned);
    of(6, "tier-2", 700, warned);
    of(8, "tier-2", 600, warned);
    of(9, "tier-3", 550, warned);
    of(11, "tier-3", 450, warned);
    of(12, "tier-4", 400, warned);
    of(14, "tier-4", 300, warned);
    of(15, "tier-5", 250, "reasons penalty-tier\nsuspend for 28 days: penalty-tier");
    of(100, "tier-5", 0, "reasons penalty-tier\nsuspend for 28 days: penalty-tier");
}

#[test]
fn only_a_tier_reached_within_28_days_is_in_force() {
    check(&[], |s| points(s, 5, 3), "standing tier-1\nscore 750\nreasons penalty-tier\nwarning: penalty-tier");
    check(&[], |s| points(s, 5, 2), "standing good\nscore 750");
    check(&[], |s| points(s, 7, 2), "standing tier-2\nscore 650\nreasons penalty-tier\nwarning: penalty-tier");
    check(&[], |s| points(s, 7, 1), "standing good\nscore 650");
    check(&[("points-a-tier", "4")], |s| points(s, 3, 3), "standing good\nscore 850");
    check(
        &[("points-a-tier", "4")],
        |s| points(s, 4, 4),
        "standing tier-1\nscore 800\nreasons penalty-tier\nwarning: penalty-tier",
    );
}

#[test]
fn a_missed_rate_warns_of_the_points_it_is_worth() {
    let missed = |numerator, denominator, due: &str| {
        let due = format!("non-fulfilment-rate-breached{due}");
        check(
            &[("order-cap-rate", "1")],
            |s| s.counts("non-fulfilment-rate", numerator, denominator).breached("non-fulfilment-rate", 1),
            &format!("standing at-risk\nscore 900\nreasons {due}\nwarning: {due}"),
        );
    };
    missed(30, 100, "");
    missed(31, 100, ", many-unfulfilled");
    missed(59, 100, ", many-unfulfilled");
    missed(60, 100, ", many-unfulfilled, gravely-unfulfilled");
    missed(3, 5, ", gravely-unfulfilled");
    missed(2, 5, "");
    check(
        &[],
        |s| s.breached("late-shipment-rate", 1),
        "standing at-risk\nscore 900\nreasons late-shipment-rate-breached\nwarning: late-shipment-rate-breached",
    );
    check(
        &[("many-unfulfilled-orders", "14")],
        |s| s.counts("non-fulfilment-rate", 15, 200).breached("non-fulfilment-rate", 1),
        "standing at-risk
         score 900
         reasons non-fulfilment-rate-breached, many-unfulfilled
         warning: non-fulfilment-rate-breached, many-unfulfilled",
    );
}

#[test]
fn orders_are_capped_from_10_percent_on() {
    for rate in ["non-fulfilment-rate", "late-shipment-rate"] {
        let at_risk = format!("standing at-risk\nscore 960\nreasons {rate}-at-risk");
        check(&[], |s| s.counts(rate, 99, 1000).at_risk(rate), &at_risk);
        let capped = |orders: &str| format!("{at_risk}, order-cap\ncap-orders {orders} for 7 days: order-cap");
        check(&[], |s| s.counts(rate, 100, 1000).at_risk(rate), &capped("10"));
        check(&[("capped-orders-a-day", "3")], |s| s.counts(rate, 100, 1000).at_risk(rate), &capped("3"));
        check(&[("order-cap-rate", "0.2")], |s| s.counts(rate, 100, 1000).at_risk(rate), &at_risk);
        check(&[], |s| s.counts(rate, 1, 1).insufficient(rate), "standing good\nscore 1000");
    }
}

#[test]
fn all_at_once() {
    check(
        &[],
        |s| {
            points(s, 16, 4)
                .breached("penalty-points", 1)
                .counts("non-fulfilment-rate", 40, 50)
                .breached("non-fulfilment-rate", 2)
                .counts("late-shipment-rate", 15, 100)
                .at_risk("late-shipment-rate")
        },
        "standing tier-5
         score 60
         reasons penalty-points-breached, penalty-tier, non-fulfilment-rate-breached, many-unfulfilled, \
            gravely-unfulfilled, late-shipment-rate-at-risk, order-cap, order-cap
         warning: non-fulfilment-rate-breached, many-unfulfilled, gravely-unfulfilled
         cap-orders 10 for 7 days: order-cap, order-cap
         suspend for 28 days: penalty-tier",
    );
}

#[test]
fn what_only_informs_leads_to_nothing() {
    for metric in ["cancellation-rate", "return-refund-rate", "response-rate", "preparation-time", "shop-rating"] {
        check(&[], |s| s.breached(metric, 8), "standing good\nscore 1000");
    }
}

#[test]
fn from_facts_to_a_cap() {
    let shop = Shop::<Shopee>::new().facts(20, |i| {
        let order = order().id(i).buyer(i).placed("2026-06-24");
        if i < 3 { order.cancelled("2026-06-25", Actor::Buyer, CancelReason::OutOfStock) } else { order }
    });
    shop.on("2026-06-29").check(
        "standing at-risk
         score 900
         reasons non-fulfilment-rate-breached, order-cap
         warning: non-fulfilment-rate-breached
         cap-orders 10 for 7 days: order-cap",
    );
    shop.on("2026-07-06").check("standing good\nscore 1000");
}
