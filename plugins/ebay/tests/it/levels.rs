//! Seller levels and what follows from them, on both sides of every bound.

use andon_ebay::Ebay;
use andon_sdk::testing::{Case, SnapshotBuilder};

type Change = fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>;

const TOP: &str = "standing top-rated\nscore 1000\nreasons top-rated-met\naward-badge top-rated-seller: top-rated-met";
const ABOVE: &str = "standing above-standard\nscore 1000";

/// A merchant who barely enters Top Rated, judged over twelve months, with something changed.
fn check(settings: &[(&str, &str)], change: Change, expected: &str) {
    let case = Case::<Ebay>::with(settings);
    let entry = case
        .snapshot("2026-06-20")
        .joined("2026-03-22")
        .counts("transaction-defect-rate-12", 0, 100)
        .counts("transactions-12", 100, 0)
        .counts("sales-12", 100_000, 0);
    case.check_verdict(change(entry), expected);
}

#[test]
fn top_rated_wants_90_days_100_transactions_and_1000_dollars() {
    check(&[], |s| s, TOP);
    check(&[], |s| s.joined("2026-03-22 00:00:00.001"), ABOVE);
    check(&[], |s| s.counts("transactions-12", 99, 0), ABOVE);
    check(&[], |s| s.counts("sales-12", 99_999, 0), ABOVE);
    check(&[("top-rated-sales", "99999")], |s| s.counts("sales-12", 99_999, 0), TOP);
}

#[test]
fn top_rated_wants_few_defects_of_few_buyers() {
    let lost = |score| TOP.replace("1000", score);
    check(&[], |s| s.counts("transaction-defect-rate-12", 5, 1000).buyers("transaction-defect-rate-12", 3), &lost("937"));
    check(
        &[],
        |s| s.counts("transaction-defect-rate-12", 6, 1000).buyers("transaction-defect-rate-12", 3),
        &ABOVE.replace("1000", "925"),
    );
    let four_buyers: Change = |s| s.counts("transaction-defect-rate-12", 5, 1000).buyers("transaction-defect-rate-12", 4);
    check(&[], four_buyers, &ABOVE.replace("1000", "937"));
    check(&[("top-rated-needs-both", "false")], four_buyers, &lost("937"));
}

#[test]
fn top_rated_wants_few_unresolved_cases_and_late_shipments() {
    let lost = |level: &str, score| level.replace("1000", score);
    check(&[], |s| s.counts("unresolved-case-rate-12", 2, 1000), &lost(TOP, "900"));
    check(&[], |s| s.counts("unresolved-case-rate-12", 3, 1000), &lost(ABOVE, "850"));
    check(&[], |s| s.counts("unresolved-case-rate-12", 2, 500), &lost(ABOVE, "800"));
    check(&[], |s| s.counts("late-shipment-rate-12", 5, 1000), &lost(TOP, "983"));
    check(&[], |s| s.counts("late-shipment-rate-12", 6, 1000), &lost(ABOVE, "980"));
    check(&[], |s| s.counts("late-shipment-rate-12", 4, 100), &lost(ABOVE, "866"));
}

#[test]
fn the_badge_goes_with_the_level() {
    check(&[], |s| s.badge("top-rated-seller"), "standing top-rated\nscore 1000\nreasons top-rated-met");
    check(
        &[],
        |s| s.badge("top-rated-seller").counts("sales-12", 0, 0),
        "standing above-standard\nscore 1000\nrevoke-badge top-rated-seller: top-rated-missed",
    );
}

#[test]
fn below_standard_holds_payouts_and_limits_selling_after_three_months() {
    let below = "standing below-standard
         score 1000
         reasons transaction-defect-rate-12-breached
         warning: transaction-defect-rate-12-breached
         hold-payouts: transaction-defect-rate-12-breached";
    check(&[], |s| s.breached("transaction-defect-rate-12", 2), below);
    let limited = |orders: &str| format!("{below}\ncap-orders {orders}: transaction-defect-rate-12-breached");
    check(&[], |s| s.breached("transaction-defect-rate-12", 3), &limited("10"));
    let settings = [("months-before-limits", "1"), ("limited-orders-a-day", "3")];
    check(&settings, |s| s.breached("transaction-defect-rate-12", 1), &limited("3"));
}

#[test]
fn unresolved_cases_sink_by_both_bounds_or_by_either_as_set() {
    let rate: Change = |s| s.breached("unresolved-case-rate-12", 1);
    let cases: Change = |s| s.breached("unresolved-cases-12", 1).counts("unresolved-case-rate-12", 3, 1000);
    let below = |reasons: &str| {
        format!("standing below-standard\nscore 1000\nreasons {reasons}\nwarning: {reasons}\nhold-payouts: {reasons}")
    };
    // One of the two keeps a merchant from neither level by itself; the number of cases keeps from Top Rated.
    check(&[], rate, TOP);
    check(&[], cases, &ABOVE.replace("1000", "850"));
    check(
        &[],
        |s| s.breached("unresolved-case-rate-12", 1).breached("unresolved-cases-12", 1),
        &below("unresolved-case-rate-12-breached, unresolved-cases-12-breached"),
    );
    let either = [("unresolved-needs-both", "false")];
    check(&either, rate, &below("unresolved-case-rate-12-breached"));
    check(&either, cases, &below("unresolved-cases-12-breached").replace("1000", "850"));
}

#[test]
fn late_shipments_alone_and_insufficient_data_sink_nobody() {
    check(
        &[],
        |s| s.breached("late-shipment-rate-12", 6).counts("late-shipment-rate-12", 10, 100),
        "standing above-standard\nscore 800\nreasons late-shipment-rate-12-breached",
    );
    check(&[], |s| s.insufficient("transaction-defect-rate-12").counts("transaction-defect-rate-12", 9, 9), ABOVE);
    check(
        &[],
        |s| s.at_risk("transaction-defect-rate-12").counts("transaction-defect-rate-12", 2, 100),
        "standing above-standard\nscore 750\nreasons transaction-defect-rate-12-at-risk",
    );
}

#[test]
fn from_400_transactions_on_the_last_three_months_bind() {
    let breached: Change = |s| s.counts("transaction-defect-rate-3", 0, 399).breached("transaction-defect-rate-3", 1);
    check(&[], breached, TOP);
    let breached: Change = |s| s.counts("transaction-defect-rate-3", 0, 400).breached("transaction-defect-rate-3", 1);
    check(
        &[],
        breached,
        "standing below-standard
         score 1000
         reasons transaction-defect-rate-3-breached
         warning: transaction-defect-rate-3-breached
         hold-payouts: transaction-defect-rate-3-breached",
    );
}
