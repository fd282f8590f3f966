//! The monthly assessment: its months, limits and floors, what is observed and what is penalised, and what cannot wait.

use andon_aliexpress::AliExpress;
use andon_sdk::facts::{Actor, CancelReason, Severity};
use andon_sdk::testing::{Case, OrderBuilder, Shop, SnapshotBuilder, order, violation};

/// `bad` of `all` orders of a day made bad in some way, each by a buyer of its own.
fn shop(day: &'static str, all: u64, bad: u64, make: fn(OrderBuilder, &str, bool) -> OrderBuilder) -> Shop<AliExpress> {
    Shop::new().facts(all, move |i| make(order().id(i).buyer(i).placed(day), day, i < bad))
}

fn described(fact: OrderBuilder, day: &str, bad: bool) -> OrderBuilder {
    fact.feedback(day, 5).aspects(if bad { 3 } else { 4 }, None, None)
}

fn shipping(fact: OrderBuilder, day: &str, bad: bool) -> OrderBuilder {
    fact.feedback(day, 5).aspects(None, None, if bad { 1 } else { 2 })
}

fn unshipped(fact: OrderBuilder, day: &str, bad: bool) -> OrderBuilder {
    if bad { fact.cancelled(day, Actor::Merchant, CancelReason::OutOfStock) } else { fact }
}

#[test]
fn limits_warnings_and_floors() {
    for (metric, make, warn, limit) in [
        ("quality-defect-rate", described as fn(OrderBuilder, &str, bool) -> OrderBuilder, 8, 10),
        ("logistics-defect-rate", shipping, 8, 10),
        ("service-defect-rate", unshipped, 4, 5),
    ] {
        let reading = |all, bad| shop("2026-06-01", all, bad, make).on("2026-06-27").metric(metric);
        assert_eq!(reading(100, warn - 1), format!("{}/100 good", warn - 1));
        assert_eq!(reading(100, warn), format!("{warn}/100 at-risk"));
        assert_eq!(reading(101, limit), format!("{limit}/101 at-risk"));
        assert_eq!(reading(100, limit), format!("{limit}/100 breached"));
        assert_eq!(reading(30, 30), "30/30 breached");
        assert_eq!(reading(29, 29), "29/29 insufficient");
    }
}

#[test]
fn a_month_of_assessment_runs_from_the_27th_to_the_26th_and_stands_until_the_next() {
    let on = |day, today: &str| shop(day, 30, 3, described).on(today).metric("quality-defect-rate");
    // Made on any of these days, judged on 27 June.
    for day in ["2026-05-27", "2026-06-26 23:59"] {
        assert_eq!(on(day, "2026-06-26 23:59"), "0 insufficient");
        assert_eq!(on(day, "2026-06-27"), "3/30 breached");
        assert_eq!(on(day, "2026-07-26 23:59"), "3/30 breached");
        assert_eq!(on(day, "2026-07-27"), "0 insufficient");
    }
    assert_eq!(on("2026-05-26 23:59", "2026-06-27"), "0 insufficient");
    assert_eq!(on("2026-06-27", "2026-06-27"), "0 insufficient");
}

#[test]
fn severe_violations_count_from_the_first_for_180_days() {
    let on = |n, today: &str| {
        let shop = Shop::<AliExpress>::new().facts(n, |_| violation().recorded("2026-01-01").severity(Severity::Critical));
        shop.on(today).metric("severe-violations")
    };
    assert_eq!((on(0, "2026-01-01"), on(1, "2026-01-01")), ("0 good".into(), "1 breached".into()));
    assert_eq!((on(1, "2026-06-29"), on(1, "2026-06-30")), ("1 breached".into(), "0 good".into()));
}

fn check(settings: &[(&str, &str)], change: impl for<'a> FnOnce(SnapshotBuilder<'a>) -> SnapshotBuilder<'a>, expected: &str) {
    let case = Case::<AliExpress>::with(settings);
    let snapshot = ["described", "service", "shipping"].iter().fold(case.snapshot("2026-06-30"), |s, code| s.value(code, 4.5));
    case.check_verdict(change(snapshot), expected);
}

const PENALISED: &str = "standing penalised
    score 800
    reasons quality-defect-rate-breached
    warning: quality-defect-rate-breached
    cap-orders 10: quality-defect-rate-breached";

#[test]
fn the_first_miss_is_observed_and_the_second_in_a_row_penalised() {
    check(&[], |s| s, "standing good\nscore 900");
    check(&[], |s| s.at_risk("quality-defect-rate"), "standing good\nscore 875\nreasons quality-defect-rate-at-risk");
    check(
        &[],
        |s| s.breached("quality-defect-rate", 1),
        "standing observed\nscore 800\nreasons quality-defect-rate-breached\nnotice: quality-defect-rate-breached",
    );
    check(&[], |s| s.breached("quality-defect-rate", 2), PENALISED);
    check(&[("observed-months", "0")], |s| s.breached("quality-defect-rate", 1), PENALISED);
    check(
        &[("limited-orders-a-day", "3")],
        |s| s.breached("service-defect-rate", 2).breached("logistics-defect-rate", 1),
        "standing penalised
         score 700
         reasons service-defect-rate-breached, logistics-defect-rate-breached
         notice: logistics-defect-rate-breached
         warning: service-defect-rate-breached
         cap-orders 3: service-defect-rate-breached",
    );
}

#[test]
fn a_severe_violation_suspends_at_once() {
    check(
        &[],
        |s| s.breached("severe-violations", 1),
        "standing suspended
         score 800
         reasons severe-violations-breached
         ask-plan-of-action: severe-violations-breached
         suspend: severe-violations-breached",
    );
}

#[test]
fn what_is_not_judged_or_insufficient_leads_to_nothing() {
    check(
        &[],
        |s| s.insufficient("quality-defect-rate").insufficient("described").value("described", 1.0),
        "standing good\nscore 933",
    );
    for metric in ["dispute-rate", "positive-feedback-rate", "feedback-score"] {
        check(&[], |s| s.breached(metric, 9), "standing good\nscore 900");
    }
}

#[test]
fn from_facts_to_penalties_assessment_by_assessment() {
    let shop = shop("2026-06-01", 30, 3, described);
    let shop = shop.facts(30, |i| described(order().id(100 + i).buyer(100 + i).placed("2026-07-01"), "2026-07-01", i < 3));
    let standing = |today: &str| shop.on(today).verdict().standing;
    let [good, observed, penalised] = [0, 1, 2];
    assert_eq!(standing("2026-06-26"), good);
    assert_eq!(standing("2026-06-27"), observed);
    assert_eq!(standing("2026-07-26"), observed);
    assert_eq!(standing("2026-07-27"), penalised);
    assert_eq!(standing("2026-08-26"), penalised);
    assert_eq!(standing("2026-08-27"), good);
}
