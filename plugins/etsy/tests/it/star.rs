//! Star Seller: every criterion from both sides, from facts over whole months to the badge.

use andon_etsy::Etsy;
use andon_sdk::testing::{Case, OrderBuilder, Shop, SnapshotBuilder, contact, order};

type Change = fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>;

const STAR: &str = "standing star-seller\nscore 1000\nreasons star-met\naward-badge star-seller: star-met";
const GOOD: &str = "standing good\nscore 900";

/// A shop that barely is a Star Seller, with something changed.
fn check(settings: &[(&str, &str)], change: Change, expected: &str) {
    let case = Case::<Etsy>::with(settings);
    let barely = case
        .snapshot("2026-07-01")
        .counts("star-orders-ever", 6, 0)
        .counts("star-orders-90", 5, 0)
        .counts("star-orders", 5, 0)
        .counts("star-sales", 30_000, 0)
        .counts("star-response-rate", 95, 100)
        .counts("star-on-time-rate", 95, 100)
        .counts("star-average-rating", 24, 5);
    case.check_verdict(change(barely), expected);
}

#[test]
fn each_criterion_has_its_bound() {
    check(&[], |s| s, STAR);
    check(&[], |s| s.counts("star-orders", 4, 0), GOOD);
    check(&[], |s| s.counts("star-sales", 29_999, 0), GOOD);
    check(&[], |s| s.counts("star-response-rate", 94, 100), GOOD);
    check(&[], |s| s.counts("star-on-time-rate", 94, 100), GOOD);
    check(&[], |s| s.counts("star-average-rating", 479, 100), GOOD);
    check(&[], |s| s.counts("star-average-rating", 480, 100), STAR);
    check(&[], |s| s.counts("star-average-rating", 47, 10), GOOD);
}

#[test]
fn each_bound_is_a_setting() {
    check(&[("star-least-orders", "6")], |s| s, GOOD);
    check(&[("star-least-sales", "20000")], |s| s.counts("star-sales", 20_000, 0), STAR);
    check(&[("star-least-response-rate", "0.9")], |s| s.counts("star-response-rate", 90, 100), STAR);
    check(&[("star-least-on-time-rate", "0.9")], |s| s.counts("star-on-time-rate", 90, 100), STAR);
    check(&[("star-least-rating", "4.9")], |s| s, GOOD);
}

#[test]
fn the_first_sale_is_90_days_ago() {
    check(&[], |s| s.counts("star-orders-ever", 5, 0), GOOD);
    let shop = |first: &'static str| {
        let sale = |day: &'static str| move |i| order().id(i).placed(day).amount(10_000);
        Shop::<Etsy>::new().facts(1, sale(first)).facts(5, sale("2026-05-20"))
    };
    shop("2026-04-02").on("2026-07-01 12:00").check(STAR);
    let late = shop("2026-04-03");
    for day in ["2026-07-01 12:00", "2026-07-02 12:00", "2026-07-31 12:00"] {
        late.on(day).check(GOOD);
    }
    late.on("2026-08-01 12:00").check(STAR);
    shop("2020-01-01").on("2026-07-01 12:00").check(STAR);
}

#[test]
fn what_did_not_occur_is_no_obstacle() {
    check(&[], |s| s.counts("star-response-rate", 0, 0), STAR);
    check(&[], |s| s.counts("star-on-time-rate", 0, 0), STAR);
    check(&[], |s| s.counts("star-average-rating", 0, 0), STAR);
}

#[test]
fn a_missed_standard_or_a_warning_costs_the_star() {
    check(
        &[],
        |s| s.breached("low-review-rate", 1),
        "standing below-standards\nscore 800\nreasons low-review-rate-breached\nnotice: low-review-rate-breached",
    );
    check(
        &[],
        |s| s.badge("star-seller").breached("order-dissatisfaction-rate", 1),
        "standing warned
         score 600
         reasons order-dissatisfaction-rate-breached
         warning: order-dissatisfaction-rate-breached
         revoke-badge star-seller: star-missed",
    );
}

#[test]
fn the_badge_goes_with_the_criteria() {
    check(&[], |s| s.badge("star-seller"), "standing star-seller\nscore 1000\nreasons star-met");
    check(&[], |s| s.badge("star-seller").counts("star-orders", 4, 0), &format!("{GOOD}\nrevoke-badge star-seller: star-missed"));
}

/// Orders of a day, shipped and tracked in time and rated with 5 stars.
fn clean(day: &'static str) -> impl Fn(u64) -> OrderBuilder {
    move |i| order().id(i).buyer(i).placed(day).amount(6_000).ship_by(day).shipped(day).scanned().feedback(day, 5)
}

#[test]
fn the_last_three_whole_months_are_looked_at() {
    let first_sale = || Shop::<Etsy>::new().facts(1, clean("2025-01-01"));
    let sold = |day| first_sale().facts(5, clean(day)).on("2026-07-01 12:00").metric("star-orders");
    assert_eq!(sold("2026-04-01"), "5 good");
    assert_eq!(sold("2026-03-31 23:59"), "0 good");
    assert_eq!(sold("2026-06-30 23:59"), "5 good");
    assert_eq!(sold("2026-07-01"), "0 good");
    let shop = first_sale().facts(5, clean("2026-06-10"));
    // Only once June is over does it count.
    shop.on("2026-06-30 12:00").check(GOOD);
    shop.on("2026-07-01 12:00").check(STAR);
    shop.on("2026-09-30 12:00").check(STAR);
    shop.on("2026-10-01 12:00").check(GOOD);
}

#[test]
fn from_facts_to_each_rate() {
    let slow = |i| contact().opened("2026-06-10").answered(if i == 0 { "2026-06-12" } else { "2026-06-11" });
    let shop = Shop::<Etsy>::new()
        .facts(1, clean("2025-01-01"))
        .facts(4, clean("2026-06-10"))
        .fact(order().placed("2026-06-10").ship_by("2026-06-10").shipped("2026-06-10").feedback("2026-06-15", 4))
        .facts(20, slow);
    let health = shop.on("2026-07-01 12:00");
    assert_eq!(health.metric("star-response-rate"), "19/20 good");
    assert_eq!(health.metric("star-on-time-rate"), "4/5 good");
    assert_eq!(health.metric("star-average-rating"), "24/5 good");
    assert_eq!(health.metric("star-sales"), "25000 good");
    assert_eq!(health.metric("message-response-rate"), "20/20 good");
    assert_eq!(health.metric("on-time-shipping-rate"), "5/5 good");
}
