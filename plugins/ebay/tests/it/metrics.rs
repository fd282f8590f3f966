//! Every published limit from both sides, from facts to status. Read on 2026-06-20, when March to May are the last three months.

use andon_ebay::Ebay;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState};
use andon_sdk::testing::{OrderBuilder, Shop, order};

const TODAY: &str = "2026-06-20";

fn reading(shop: &Shop<Ebay>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` transactions of a day made bad in some way, the bad ones by `buyers` buyers.
fn shop(day: &'static str, all: u64, bad: u64, buyers: u64, make: fn(OrderBuilder) -> OrderBuilder) -> Shop<Ebay> {
    Shop::new().facts(all, move |i| {
        let order = order().id(i).buyer(i % buyers).placed(day);
        if i < bad { make(order) } else { order.deliver_by("2026-05-20").delivered("2026-05-20") }
    })
}

fn cancel(order: OrderBuilder) -> OrderBuilder {
    order.cancelled("2026-05-10", Actor::Merchant, CancelReason::OutOfStock)
}

fn lose(order: OrderBuilder) -> OrderBuilder {
    order.claim("2026-05-10", ClaimKind::NotReceived, ClaimState::Granted).deliver_by("2026-05-20").delivered("2026-05-20")
}

fn delay(order: OrderBuilder) -> OrderBuilder {
    order.deliver_by("2026-05-20").delivered("2026-05-21")
}

#[test]
fn defects_are_at_most_2_percent_and_of_five_buyers() {
    let rate = |all, bad, buyers| reading(&shop("2026-05-10", all, bad, buyers, cancel), "transaction-defect-rate-3");
    assert_eq!(rate(1000, 15, 100), "15/1000 good");
    assert_eq!(rate(1000, 16, 100), "16/1000 at-risk");
    assert_eq!(rate(1000, 20, 100), "20/1000 at-risk");
    assert_eq!(rate(1000, 21, 100), "21/1000 breached");
    assert_eq!(rate(1000, 21, 5), "21/1000 breached");
    assert_eq!(rate(1000, 21, 4), "21/1000 insufficient");
}

#[test]
fn three_months_are_judged_from_400_transactions_on_and_twelve_from_10() {
    let rate = |all, metric| reading(&shop("2026-05-10", all, all, 100, cancel), metric);
    assert_eq!(rate(400, "transaction-defect-rate-3"), "400/400 breached");
    assert_eq!(rate(399, "transaction-defect-rate-3"), "399/399 insufficient");
    assert_eq!(rate(10, "transaction-defect-rate-12"), "10/10 breached");
    assert_eq!(rate(9, "transaction-defect-rate-12"), "9/9 insufficient");
}

#[test]
fn look_backs_are_whole_months() {
    let at = |day, metric| reading(&shop(day, 400, 0, 100, cancel), metric);
    for (metric, first, before) in [
        ("transaction-defect-rate-3", "2026-03-01", "2026-02-28 23:59"),
        ("transaction-defect-rate-12", "2025-06-01", "2025-05-31 23:59"),
    ] {
        assert_eq!(at(first, metric), "0/400 good");
        assert_eq!(at(before, metric), "0 insufficient");
        assert_eq!(at("2026-05-31 23:59", metric), "0/400 good");
        assert_eq!(at("2026-06-01", metric), "0 insufficient");
    }
}

#[test]
fn unresolved_cases_are_at_most_3_in_a_thousand_and_2() {
    let of = |all, bad, metric| reading(&shop("2026-05-10", all, bad, 100, lose), metric);
    assert_eq!(of(1000, 3, "unresolved-case-rate-3"), "3/1000 good");
    assert_eq!(of(1000, 4, "unresolved-case-rate-3"), "4/1000 breached");
    assert_eq!(of(400, 2, "unresolved-case-rate-3"), "2/400 insufficient");
    assert_eq!(of(400, 3, "unresolved-case-rate-3"), "3/400 breached");
    assert_eq!(of(400, 2, "unresolved-cases-3"), "2 good");
    assert_eq!(of(400, 3, "unresolved-cases-3"), "3 breached");
    assert_eq!(of(100, 3, "unresolved-case-rate-12"), "3/100 breached");
}

#[test]
fn late_shipments_are_at_most_3_percent_and_5() {
    let of = |all, bad| reading(&shop("2026-05-10", all, bad, 100, delay), "late-shipment-rate-3");
    assert_eq!(of(1000, 30), "30/1000 good");
    assert_eq!(of(1000, 31), "31/1000 breached");
    assert_eq!(reading(&shop("2026-05-10", 100, 5, 100, delay), "late-shipment-rate-12"), "5/100 insufficient");
    assert_eq!(reading(&shop("2026-05-10", 100, 6, 100, delay), "late-shipment-rate-12"), "6/100 breached");
}

#[test]
fn volume_chooses_the_look_back_that_binds() {
    // A bad year before three good months.
    let shop = |recent: u64| {
        shop("2025-12-10", 200, 20, 100, cancel).facts(recent, |i| order().id(1000 + i).buyer(i).placed("2026-05-10"))
    };
    let few = shop(399);
    assert_eq!(few.on(TODAY).metric("transaction-defect-rate-12"), "20/599 breached");
    few.on(TODAY).check(
        "standing below-standard
         score 582
         reasons transaction-defect-rate-12-breached
         warning: transaction-defect-rate-12-breached
         hold-payouts: transaction-defect-rate-12-breached
         cap-orders 10: transaction-defect-rate-12-breached",
    );
    shop(400)
        .on(TODAY)
        .check("standing top-rated\nscore 1000\nreasons top-rated-met\naward-badge top-rated-seller: top-rated-met");
}
