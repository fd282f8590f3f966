//! What follows from readings: standings, score and proposals, by how long a breach has lasted.

use andon_amazon::Amazon;
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, order};

fn check(settings: &[(&str, &str)], change: fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>, expected: &str) {
    let case = Case::<Amazon>::with(settings);
    let snapshot = case.snapshot("2026-06-30").value("account-rating", 300.0);
    case.check_verdict(change(snapshot), expected);
}

#[test]
fn all_good_is_healthy() {
    check(&[], |s| s, "standing healthy\nscore 300");
}

#[test]
fn at_risk_warns_of_nothing_yet() {
    check(&[], |s| s.at_risk("odr"), "standing at-risk\nscore 275\nreasons odr-at-risk");
}

#[test]
fn a_breach_is_a_warning_first_and_a_restriction_from_the_seventh_day_on() {
    check(&[], |s| s.breached("odr", 6), "standing at-risk\nscore 200\nreasons odr-breached\nwarning: odr-breached");
    let restricted =
        "standing restricted\nscore 200\nreasons odr-breached\nask-plan-of-action: odr-breached\nsuspend: odr-breached";
    check(&[], |s| s.breached("odr", 7), restricted);
    check(&[("preview-days", "3")], |s| s.breached("odr", 3), restricted);
}

#[test]
fn late_deliveries_and_violations_ask_for_a_plan_only() {
    let plan =
        |code: &str| format!("standing restricted\nscore 200\nreasons {code}-breached\nask-plan-of-action: {code}-breached");
    check(&[], |s| s.breached("on-time-delivery-rate", 7), &plan("on-time-delivery-rate"));
    check(&[], |s| s.breached("policy-violations", 7), &plan("policy-violations"));
}

#[test]
fn a_red_rating_and_each_hard_cap_deactivate() {
    let lines = |code: &str, score| {
        let code = format!("{code}-breached");
        format!("standing deactivated\nscore {score}\nreasons {code}\nask-plan-of-action: {code}\nsuspend: {code}")
    };
    check(&[], |s| s.value("account-rating", 99.0).breached("account-rating", 7), &lines("account-rating", 0));
    check(&[], |s| s.breached("intellectual-property-violations", 7), &lines("intellectual-property-violations", 200));
    check(&[], |s| s.breached("restricted-product-violations", 31), &lines("restricted-product-violations", 200));
    check(
        &[],
        |s| s.breached("restricted-product-violations", 6),
        "standing at-risk
         score 200
         reasons restricted-product-violations-breached
         warning: restricted-product-violations-breached",
    );
}

#[test]
fn breaches_old_and_new_each_get_their_due() {
    check(
        &[],
        |s| s.breached("odr", 9).breached("cancellation-rate", 1).at_risk("late-shipment-rate-30"),
        "standing restricted
         score 75
         reasons odr-breached, late-shipment-rate-30-at-risk, cancellation-rate-breached
         warning: cancellation-rate-breached
         ask-plan-of-action: odr-breached
         suspend: odr-breached",
    );
}

#[test]
fn what_only_informs_or_is_insufficient_leads_to_nothing() {
    for metric in ["valid-tracking-rate", "late-response-rate", "return-dissatisfaction-rate"] {
        let case = Case::<Amazon>::new();
        let snapshot = case.snapshot("2026-06-30").value("account-rating", 200.0).breached(metric, 31);
        case.check_verdict(snapshot, "standing healthy\nscore 200");
    }
    check(&[], |s| s.insufficient("odr").insufficient("cancellation-rate"), "standing healthy\nscore 300");
}

#[test]
fn from_facts_to_a_restriction() {
    let shop = Shop::<Amazon>::new()
        .facts(100, |i| order().id(i).buyer(i).placed("2026-06-01").feedback("2026-06-05", if i < 7 { 1 } else { 5 }));
    // The day's orders become old enough to count on the 16th.
    shop.on("2026-06-15 12:00").check("standing healthy\nscore 200");
    shop.on("2026-06-16 12:00").check("standing at-risk\nscore 100\nreasons odr-breached\nwarning: odr-breached");
    let restricted =
        "standing restricted\nscore 100\nreasons odr-breached\nask-plan-of-action: odr-breached\nsuspend: odr-breached";
    shop.on("2026-06-22 12:00").check(restricted);
    shop.on("2026-08-14 12:00").check(restricted);
    shop.on("2026-08-15 12:00").check("standing healthy\nscore 200");
    assert_eq!(shop.on("2026-06-22 12:00").metric("odr"), "7/100 breached");
}
