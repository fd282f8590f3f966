//! Every published number from both sides, from facts to status. Windows are read on 2026-06-30.

use andon_amazon::Amazon;
use andon_sdk::facts::{Actor, CancelReason, ReturnOutcome, Severity, ViolationState};
use andon_sdk::testing::{OrderBuilder, Shop, contact, order, return_request, violation};

const TODAY: &str = "2026-06-30 12:00";

fn reading(shop: &Shop<Amazon>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` orders made bad in some way, each by a buyer of its own.
fn orders(all: u64, bad: u64, make: fn(OrderBuilder, bool) -> OrderBuilder) -> Shop<Amazon> {
    Shop::new().facts(all, move |i| make(order().id(i).buyer(i), i < bad))
}

#[test]
fn odr_is_less_than_1_percent_at_risk_from_0_8() {
    let rate = |all, bad| {
        let shop = orders(all, bad, |o, bad| o.placed("2026-06-01").feedback("2026-06-02", if bad { 1 } else { 5 }));
        reading(&shop, "odr")
    };
    assert_eq!(rate(1000, 7), "7/1000 good");
    assert_eq!(rate(1000, 8), "8/1000 at-risk");
    assert_eq!(rate(1000, 10), "10/1000 breached");
    assert_eq!(rate(1001, 10), "10/1001 at-risk");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(20, 1), "1/20 insufficient");
    assert_eq!(rate(19, 19), "19/19 insufficient");
}

#[test]
fn odr_wants_two_buyers() {
    let shop = |buyers: u64| {
        Shop::<Amazon>::new().facts(100, move |i| order().buyer(i % buyers).placed("2026-06-01").feedback("2026-06-02", 1))
    };
    assert_eq!(reading(&shop(1), "odr"), "100/100 insufficient");
    assert_eq!(reading(&shop(2), "odr"), "100/100 breached");
}

#[test]
fn odr_covers_60_days_that_ended_15_days_ago() {
    let placed = |day: &'static str| {
        let shop = Shop::<Amazon>::new().facts(20, move |i| order().id(i).placed(day));
        reading(&shop, "odr")
    };
    assert_eq!(placed("2026-06-15 23:59"), "0/20 good");
    assert_eq!(placed("2026-06-16"), "0 insufficient");
    assert_eq!(placed("2026-04-17"), "0/20 good");
    assert_eq!(placed("2026-04-16 23:59"), "0 insufficient");
}

#[test]
fn late_shipment_is_less_than_4_percent_over_10_and_30_days() {
    let ship = |o: OrderBuilder, bad: bool| o.ship_by("2026-06-25").shipped(if bad { "2026-06-25 00:01" } else { "2026-06-25" });
    for metric in ["late-shipment-rate-10", "late-shipment-rate-30"] {
        assert_eq!(reading(&orders(100, 2, ship), metric), "2/100 good");
        assert_eq!(reading(&orders(100, 3, ship), metric), "3/100 at-risk");
        assert_eq!(reading(&orders(101, 4, ship), metric), "4/101 at-risk");
        assert_eq!(reading(&orders(100, 4, ship), metric), "4/100 breached");
    }
    assert_eq!(reading(&orders(10, 10, ship), "late-shipment-rate-10"), "10/10 breached");
    assert_eq!(reading(&orders(9, 9, ship), "late-shipment-rate-10"), "9/9 insufficient");
    assert_eq!(reading(&orders(19, 19, ship), "late-shipment-rate-30"), "19/19 insufficient");
    let shipped = |day: &'static str| Shop::<Amazon>::new().facts(20, move |_| order().shipped(day));
    assert_eq!(reading(&shipped("2026-06-21"), "late-shipment-rate-10"), "0/20 good");
    assert_eq!(reading(&shipped("2026-06-20 23:59"), "late-shipment-rate-10"), "0 insufficient");
    assert_eq!(reading(&shipped("2026-06-01"), "late-shipment-rate-30"), "0/20 good");
    assert_eq!(reading(&shipped("2026-05-31 23:59"), "late-shipment-rate-30"), "0 insufficient");
    assert_eq!(reading(&shipped("2026-06-30"), "late-shipment-rate-30"), "0/20 good");
}

#[test]
fn cancellation_is_less_than_2_5_percent_over_7_days_until_yesterday() {
    let cancel = |o: OrderBuilder, bad: bool| {
        let o = o.placed("2026-06-25");
        if bad { o.cancelled("2026-06-26", Actor::Merchant, CancelReason::OutOfStock) } else { o }
    };
    assert_eq!(reading(&orders(200, 3, cancel), "cancellation-rate"), "3/200 good");
    assert_eq!(reading(&orders(200, 4, cancel), "cancellation-rate"), "4/200 at-risk");
    assert_eq!(reading(&orders(200, 5, cancel), "cancellation-rate"), "5/200 breached");
    assert_eq!(reading(&orders(201, 5, cancel), "cancellation-rate"), "5/201 at-risk");
    let placed = |day: &'static str| Shop::<Amazon>::new().facts(10, move |_| order().placed(day));
    assert_eq!(reading(&placed("2026-06-29 23:59"), "cancellation-rate"), "0/10 good");
    assert_eq!(reading(&placed("2026-06-30"), "cancellation-rate"), "0 insufficient");
    assert_eq!(reading(&placed("2026-06-23"), "cancellation-rate"), "0/10 good");
    assert_eq!(reading(&placed("2026-06-22 23:59"), "cancellation-rate"), "0 insufficient");
}

#[test]
fn on_time_delivery_is_at_least_90_percent_of_units_and_95_is_advised() {
    let deliver = |o: OrderBuilder, bad: bool| {
        let o = o.units(2).deliver_by("2026-06-20");
        if bad { o } else { o.delivered("2026-06-20") }
    };
    assert_eq!(reading(&orders(100, 5, deliver), "on-time-delivery-rate"), "190/200 good");
    assert_eq!(reading(&orders(100, 6, deliver), "on-time-delivery-rate"), "188/200 at-risk");
    assert_eq!(reading(&orders(100, 10, deliver), "on-time-delivery-rate"), "180/200 at-risk");
    assert_eq!(reading(&orders(100, 11, deliver), "on-time-delivery-rate"), "178/200 breached");
    let promised = |day: &'static str| Shop::<Amazon>::new().facts(10, move |_| order().deliver_by(day).delivered(day));
    assert_eq!(reading(&promised("2026-06-23 23:59"), "on-time-delivery-rate"), "10/10 good");
    assert_eq!(reading(&promised("2026-06-24"), "on-time-delivery-rate"), "0 insufficient");
    assert_eq!(reading(&promised("2026-06-10"), "on-time-delivery-rate"), "10/10 good");
    assert_eq!(reading(&promised("2026-06-09 23:59"), "on-time-delivery-rate"), "0 insufficient");
}

#[test]
fn valid_tracking_is_at_least_95_percent() {
    let track = |o: OrderBuilder, bad: bool| {
        let o = o.deliver_by("2026-06-10").shipped("2026-06-05").tracked();
        if bad { o } else { o.scanned() }
    };
    assert_eq!(reading(&orders(100, 5, track), "valid-tracking-rate"), "95/100 good");
    assert_eq!(reading(&orders(100, 6, track), "valid-tracking-rate"), "94/100 breached");
    let promised = |day: &'static str| Shop::<Amazon>::new().facts(20, move |_| order().deliver_by(day).shipped(day).scanned());
    assert_eq!(reading(&promised("2026-06-20 23:59"), "valid-tracking-rate"), "20/20 good");
    assert_eq!(reading(&promised("2026-06-21"), "valid-tracking-rate"), "0 insufficient");
    assert_eq!(reading(&promised("2026-05-22"), "valid-tracking-rate"), "20/20 good");
    assert_eq!(reading(&promised("2026-05-21 23:59"), "valid-tracking-rate"), "0 insufficient");
}

#[test]
fn late_responses_are_at_most_10_percent() {
    let rate = |late: u64| {
        let answered = move |i| if i < late { "2026-06-12" } else { "2026-06-10 01:00" };
        reading(&Shop::new().facts(100, move |i| contact().opened("2026-06-10").answered(answered(i))), "late-response-rate")
    };
    assert_eq!(rate(10), "10/100 good");
    assert_eq!(rate(11), "11/100 breached");
}

#[test]
fn return_dissatisfaction_is_less_than_10_percent() {
    let request = |o: OrderBuilder, bad: bool| {
        let outcome = if bad { ReturnOutcome::WronglyRejected } else { ReturnOutcome::Refunded };
        o.returned(return_request("2026-06-10").answered("2026-06-11").outcome(outcome))
    };
    assert_eq!(reading(&orders(100, 9, request), "return-dissatisfaction-rate"), "9/100 good");
    assert_eq!(reading(&orders(100, 10, request), "return-dissatisfaction-rate"), "10/100 breached");
}

#[test]
fn the_account_rating_starts_at_200_earns_4_for_each_200_orders_and_loses_by_severity() {
    let shop = |fulfilled| Shop::<Amazon>::new().facts(fulfilled, |_| order().shipped("2026-06-01"));
    assert_eq!(reading(&shop(0), "account-rating"), "200 good");
    assert_eq!(reading(&shop(199), "account-rating"), "200 good");
    assert_eq!(reading(&shop(200), "account-rating"), "204 good");
    for (severity, rating) in [(Severity::Low, 198), (Severity::Medium, 196), (Severity::High, 194), (Severity::Critical, 192)] {
        let shop = shop(0).fact(violation().recorded("2026-06-01").severity(severity));
        assert_eq!(reading(&shop, "account-rating"), format!("{rating} at-risk"));
    }
    let resolved = shop(0).fact(violation().recorded("2026-06-01").state(ViolationState::Resolved));
    assert_eq!(reading(&resolved, "account-rating"), "200 good");
    let low = |n| shop(0).facts(n, |_| violation().recorded("2026-06-01"));
    assert_eq!(reading(&low(50), "account-rating"), "100 at-risk");
    assert_eq!(reading(&low(51), "account-rating"), "98 breached");
    assert_eq!(reading(&low(200), "account-rating"), "0 breached");
    assert_eq!(reading(&shop(0).fact(violation().recorded("2026-01-02")), "account-rating"), "198 at-risk");
    assert_eq!(reading(&shop(0).fact(violation().recorded("2026-01-01")), "account-rating"), "200 good");
}

#[test]
fn violations_are_breached_from_the_first_and_capped_at_5_and_2() {
    let shop = |n, policy| Shop::<Amazon>::new().facts(n, move |_| violation().recorded("2026-06-01").policy(policy));
    assert_eq!(reading(&shop(0, 7), "policy-violations"), "0 good");
    assert_eq!(reading(&shop(1, 7), "policy-violations"), "1 breached");
    for (n, status) in [(3, "good"), (4, "at-risk"), (5, "breached")] {
        assert_eq!(reading(&shop(n, 0), "intellectual-property-violations"), format!("{n} {status}"));
    }
    for (n, status) in [(0, "good"), (1, "at-risk"), (2, "breached")] {
        assert_eq!(reading(&shop(n, 1), "restricted-product-violations"), format!("{n} {status}"));
    }
}
