//! The two ledgers: when points lapse, which steps they reach, and what follows.

use andon_sdk::facts::Severity;
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, violation};
use andon_taobao::Taobao;

/// Points with violations of 12 in the serious ledger, the last of them worth what is left.
fn points(day: &'static str, points: i64) -> Shop<Taobao> {
    let case = Case::with(&[("points-high", "1")]);
    Shop::under(case).facts(points as u64, move |_| violation().recorded(day).severity(Severity::High))
}

#[test]
fn twelve_points_miss_the_limit() {
    assert_eq!(points("2026-02-01", 11).on("2026-06-30").metric("points-serious"), "11 good");
    assert_eq!(points("2026-02-01", 12).on("2026-06-30").metric("points-serious"), "12 breached");
}

#[test]
fn points_lapse_with_the_year_unless_there_are_48() {
    let on = |n, today: &str| points("2025-01-01", n).on(today).metric("points-serious");
    assert_eq!(on(47, "2025-12-31 23:59"), "47 breached");
    assert_eq!(on(47, "2026-01-01"), "0 good");
    assert_eq!(on(48, "2026-01-01"), "48 breached");
    assert_eq!(on(48, "2028-06-30"), "48 breached");
    assert_eq!(points("2024-12-31 23:59", 12).on("2025-01-01").metric("points-serious"), "0 good");
}

#[test]
fn the_ledgers_are_two() {
    let shop = Shop::<Taobao>::new()
        .facts(3, |_| violation().recorded("2026-02-01").severity(Severity::Medium))
        .fact(violation().recorded("2026-02-01").severity(Severity::High));
    let health = shop.on("2026-06-30");
    assert_eq!((health.metric("points-general"), health.metric("points-serious")), ("18 breached".into(), "12 breached".into()));
}

fn check(settings: &[(&str, &str)], change: impl for<'a> FnOnce(SnapshotBuilder<'a>) -> SnapshotBuilder<'a>, expected: &str) {
    let case = Case::<Taobao>::with(settings);
    let snapshot = ["described", "service", "logistics"].iter().fold(case.snapshot("2026-06-30"), |s, code| s.value(code, 5.0));
    case.check_verdict(change(snapshot), expected);
}

#[test]
fn general_points_lead_from_a_warning_to_suspension() {
    let reached = |standing: &str, score: u16, action: &str| {
        format!("standing {standing}\nscore {score}\nreasons general-step-reached\n{action}: general-step-reached")
    };
    let at = |n, expected: &str| check(&[], |s| s.counts("points-general", n, 0), expected);
    at(11, "standing good\nscore 771");
    at(12, &reached("warned", 750, "warning"));
    at(23, &reached("warned", 521, "warning"));
    at(24, &reached("restricted", 500, "ask-plan-of-action"));
    at(35, &reached("restricted", 271, "ask-plan-of-action"));
    at(36, &reached("restricted", 250, "cap-orders 10"));
    at(47, &reached("restricted", 21, "cap-orders 10"));
    at(48, &reached("suspended", 0, "suspend"));
}

#[test]
fn serious_points_lead_from_a_plan_to_termination() {
    let reached = |standing: &str, score: u16, action: &str| {
        format!("standing {standing}\nscore {score}\nreasons serious-step-reached\n{action}: serious-step-reached")
    };
    let at = |n, expected: &str| check(&[], |s| s.counts("points-serious", n, 0), expected);
    at(11, "standing good\nscore 771");
    at(12, &reached("restricted", 750, "ask-plan-of-action"));
    at(24, &reached("restricted", 500, "cap-orders 10"));
    at(35, &reached("restricted", 271, "cap-orders 10"));
    at(36, &reached("suspended", 250, "suspend"));
    at(47, &reached("suspended", 21, "suspend"));
    at(48, &reached("closed", 0, "terminate"));
    at(1000, &reached("closed", 0, "terminate"));
}

#[test]
fn steps_are_settings_and_both_ledgers_have_their_say() {
    let settings =
        [("first-step", "2"), ("second-step", "4"), ("third-step", "6"), ("fourth-step", "100"), ("limited-orders-a-day", "3")];
    check(
        &settings,
        |s| s.counts("points-general", 2, 0).counts("points-serious", 5, 0),
        "standing restricted
         score 950
         reasons general-step-reached, serious-step-reached
         warning: general-step-reached
         cap-orders 3: serious-step-reached",
    );
}

#[test]
fn a_ledger_without_enough_data_leads_to_nothing() {
    check(&[], |s| s.counts("points-serious", 48, 0).insufficient("points-serious"), "standing good\nscore 0");
}
