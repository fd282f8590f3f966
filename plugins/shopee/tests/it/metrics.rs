//! Every published rate from both sides, from facts to status. Windows are read on Monday, 2026-06-29.

use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState};
use andon_sdk::testing::{OrderBuilder, Shop, contact, order};
use andon_shopee::Shopee;

const TODAY: &str = "2026-06-29 12:00";

fn reading(shop: &Shop<Shopee>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` orders of the week made bad in some way.
fn of(metric: &str, all: u64, bad: u64, make: fn(OrderBuilder, bool) -> OrderBuilder) -> String {
    reading(&Shop::new().facts(all, move |i| make(order().id(i).buyer(i).placed("2026-06-24"), i < bad)), metric)
}

fn cancel(order: OrderBuilder, bad: bool) -> OrderBuilder {
    if bad { order.cancelled("2026-06-25", Actor::Merchant, CancelReason::OutOfStock) } else { order }
}

fn refund(order: OrderBuilder, bad: bool) -> OrderBuilder {
    if bad { order.claim("2026-06-25", ClaimKind::NotReceived, ClaimState::Granted) } else { order }
}

fn ship(order: OrderBuilder, bad: bool) -> OrderBuilder {
    order.ship_by("2026-06-26").shipped(if bad { "2026-06-27" } else { "2026-06-26" })
}

#[test]
fn unfulfilled_orders_are_at_most_10_percent_at_risk_above_5() {
    for make in [cancel, refund] {
        let rate = |all, bad| of("non-fulfilment-rate", all, bad, make);
        assert_eq!(rate(100, 5), "5/100 good");
        assert_eq!(rate(100, 6), "6/100 at-risk");
        assert_eq!(rate(100, 10), "10/100 at-risk");
        assert_eq!(rate(100, 11), "11/100 breached");
        assert_eq!(rate(2, 1), "1/2 breached");
        assert_eq!(rate(1, 1), "1/1 insufficient");
    }
}

#[test]
fn late_shipments_are_less_than_20_percent_at_risk_from_10() {
    let rate = |all, bad| of("late-shipment-rate", all, bad, ship);
    assert_eq!(rate(100, 9), "9/100 good");
    assert_eq!(rate(100, 10), "10/100 at-risk");
    assert_eq!(rate(100, 19), "19/100 at-risk");
    assert_eq!(rate(100, 20), "20/100 breached");
    assert_eq!(rate(2, 1), "1/2 breached");
    assert_eq!(rate(1, 1), "1/1 insufficient");
}

#[test]
fn the_week_before_monday_is_looked_at() {
    let fact = |day: &'static str| {
        let shop = Shop::new().facts(2, move |i| order().id(i).placed(day).shipped(day));
        ["non-fulfilment-rate", "late-shipment-rate"].map(|metric| reading(&shop, metric))
    };
    assert_eq!(fact("2026-06-22"), ["0/2 good", "0/2 good"]);
    assert_eq!(fact("2026-06-28 23:59"), ["0/2 good", "0/2 good"]);
    assert_eq!(fact("2026-06-21 23:59"), ["0 insufficient", "0 insufficient"]);
    assert_eq!(fact("2026-06-29"), ["0 insufficient", "0 insufficient"]);
    // An order counts where it went wrong, and no longer where it was placed.
    let late = Shop::new().facts(2, |i| cancel(order().id(i).placed("2026-01-01"), true));
    assert_eq!(reading(&late, "non-fulfilment-rate"), "2/2 breached");
}

#[test]
fn the_parts_of_non_fulfilment_inform_from_2_5_percent_on() {
    assert_eq!(of("cancellation-rate", 1000, 24, cancel), "24/1000 good");
    assert_eq!(of("cancellation-rate", 1000, 25, cancel), "25/1000 breached");
    assert_eq!(of("cancellation-rate", 1000, 25, refund), "0/1000 good");
    assert_eq!(of("return-refund-rate", 1000, 24, refund), "24/1000 good");
    assert_eq!(of("return-refund-rate", 1000, 25, refund), "25/1000 breached");
}

#[test]
fn answers_come_within_a_day_in_at_least_70_percent() {
    let rate = |opened: &'static str, all, late: u64| {
        let contact = move |i| contact().opened(opened).answered(if i < late { "2026-06-28" } else { opened });
        reading(&Shop::new().facts(all, contact), "response-rate")
    };
    assert_eq!(rate("2026-06-10", 10, 3), "7/10 good");
    assert_eq!(rate("2026-06-10", 10, 4), "6/10 breached");
    assert_eq!(rate("2026-06-10", 9, 9), "0/9 insufficient");
    assert_eq!(rate("2026-05-31", 10, 0), "10/10 good");
    assert_eq!(rate("2026-05-30 23:59", 10, 0), "0 insufficient");
}

#[test]
fn preparation_takes_at_most_two_days_on_average() {
    let mean = |second: &'static str| {
        let shop = Shop::new()
            .fact(order().placed("2026-06-24").shipped("2026-06-25"))
            .fact(order().id(2).placed("2026-06-24").shipped(second));
        reading(&shop, "preparation-time")
    };
    assert_eq!(mean("2026-06-27"), "345600/2 good");
    assert_eq!(mean("2026-06-27 00:00:01"), "345601/2 breached");
    let shipped = |day: &'static str, all| {
        reading(&Shop::new().facts(all, move |i| order().id(i).placed("2026-05-01").shipped(day)), "preparation-time")
    };
    assert_eq!(shipped("2026-06-29", 2), "10195200/2 breached");
    assert_eq!(shipped("2026-06-29", 1), "5097600/1 insufficient");
    assert_eq!(shipped("2026-05-31", 2), "5184000/2 breached");
    assert_eq!(shipped("2026-05-30 23:59", 2), "0 insufficient");
}

#[test]
fn the_rating_is_at_least_4_5_on_average() {
    let rated = |left: &'static str, all, fours: u64| {
        let order = move |i| order().id(i).feedback(left, if i < fours { 4 } else { 5 });
        reading(&Shop::new().facts(all, order), "shop-rating")
    };
    assert_eq!(rated("2026-06-10", 10, 5), "45/10 good");
    assert_eq!(rated("2026-06-10", 10, 6), "44/10 breached");
    assert_eq!(rated("2026-06-10", 9, 9), "36/9 insufficient");
    assert_eq!(rated("2026-04-01", 10, 0), "50/10 good");
    assert_eq!(rated("2026-03-31 23:59", 10, 0), "0 insufficient");
}
