//! Every limit and alert from both sides, windows and floors, from facts to status. Read on 2026-06-30.

use andon_mirakl::Mirakl;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, ReturnOutcome, Subject};
use andon_sdk::testing::{OrderBuilder, Shop, contact, order, return_request};

const TODAY: &str = "2026-06-30 12:00";

type Make = fn(OrderBuilder, bool) -> OrderBuilder;

/// `bad` of `all` orders made bad in some way.
fn read(metric: &str, all: u64, bad: u64, make: Make) -> String {
    let shop = Shop::<Mirakl>::new().facts(all, move |i| make(order().id(i).buyer(i).placed("2026-06-10"), i < bad));
    shop.on(TODAY).metric(metric)
}

fn incident(o: OrderBuilder, bad: bool) -> OrderBuilder {
    let o = o.accepted("2026-06-10");
    if bad { o.claim("2026-06-12", ClaimKind::NotReceived, ClaimState::Open) } else { o }
}

fn refund(o: OrderBuilder, bad: bool) -> OrderBuilder {
    let o = o.accepted("2026-06-10");
    if bad { o.returned(return_request("2026-06-12").outcome(ReturnOutcome::Refunded)) } else { o }
}

fn refuse(o: OrderBuilder, bad: bool) -> OrderBuilder {
    if bad { o.cancelled("2026-06-10", Actor::Merchant, CancelReason::OutOfStock) } else { o.accepted("2026-06-10") }
}

fn ship_late(o: OrderBuilder, bad: bool) -> OrderBuilder {
    o.ship_by("2026-06-11").shipped(if bad { "2026-06-12" } else { "2026-06-11" })
}

fn untracked(o: OrderBuilder, bad: bool) -> OrderBuilder {
    let o = o.shipped("2026-06-11");
    if bad { o } else { o.tracked() }
}

#[test]
fn rates_of_trouble_are_below_their_limits() {
    for (metric, make, alert, limit) in [
        ("incident-rate", incident as Make, 80, 90),
        ("refund-rate", refund, 200, 250),
        ("late-shipment-rate", ship_late, 80, 100),
    ] {
        let rate = |all, bad| read(metric, all, bad, make);
        assert_eq!(rate(1000, alert - 1), format!("{}/1000 good", alert - 1));
        assert_eq!(rate(1000, alert), format!("{alert}/1000 at-risk"));
        assert_eq!(rate(1000, limit - 1), format!("{}/1000 at-risk", limit - 1));
        assert_eq!(rate(1000, limit), format!("{limit}/1000 breached"));
        assert_eq!(rate(10, 10), "10/10 breached");
        assert_eq!(rate(9, 9), "9/9 insufficient");
    }
}

#[test]
fn rates_of_success_reach_theirs() {
    for (metric, make, alert, limit) in [("acceptance-rate", refuse as Make, 970, 960), ("tracking-rate", untracked, 910, 900)] {
        let rate = |all: u64, good: u64| read(metric, all, all - good, make);
        assert_eq!(rate(1000, alert), format!("{alert}/1000 good"));
        assert_eq!(rate(1000, alert - 1), format!("{}/1000 at-risk", alert - 1));
        assert_eq!(rate(1000, limit), format!("{limit}/1000 at-risk"));
        assert_eq!(rate(1000, limit - 1), format!("{}/1000 breached", limit - 1));
        assert_eq!(rate(10, 0), "0/10 breached");
        assert_eq!(rate(9, 0), "0/9 insufficient");
    }
}

#[test]
fn orders_the_buyer_called_off_are_no_volume() {
    let cancelled = |o: OrderBuilder, _| o.cancelled("2026-06-10", Actor::Buyer, CancelReason::BuyerRequest);
    assert_eq!(read("acceptance-rate", 50, 50, cancelled), "0 insufficient");
}

/// So many orders, each accepted after so many minutes but for the first, which took another time.
fn accepted(orders: u64, minutes: i64, first: i64) -> String {
    let placed = andon_sdk::testing::at("2026-06-10");
    let shop = Shop::<Mirakl>::new().facts(orders, move |i| {
        let minutes = if i == 0 { first } else { minutes };
        order().id(i).buyer(i).placed(placed).accepted(placed + minutes * 60_000)
    });
    shop.on(TODAY).metric("acceptance-minutes")
}

#[test]
fn acceptance_takes_less_than_a_day_in_the_mean() {
    assert_eq!(accepted(10, 1200, 1199), "11999/10 good");
    assert_eq!(accepted(10, 1200, 1200), "12000/10 at-risk");
    assert_eq!(accepted(10, 1440, 1439), "14399/10 at-risk");
    assert_eq!(accepted(10, 1440, 1440), "14400/10 breached");
    assert_eq!(accepted(9, 1440, 1440), "12960/9 insufficient");
}

#[test]
fn answers_take_at_most_a_day_in_the_mean() {
    let opened = andon_sdk::testing::at("2026-06-10");
    let read = |messages: u64, minutes: i64, last: i64| {
        let shop = Shop::<Mirakl>::new().facts(messages, move |i| {
            let minutes = if i == 0 { last } else { minutes };
            contact().opened(opened).answered(opened + minutes * 60_000)
        });
        shop.on(TODAY).metric("response-minutes")
    };
    assert_eq!(read(10, 1200, 1200), "12000/10 good");
    assert_eq!(read(10, 1200, 1201), "12001/10 at-risk");
    assert_eq!(read(10, 1440, 1440), "14400/10 at-risk");
    assert_eq!(read(10, 1440, 1441), "14401/10 breached");
    assert_eq!(read(9, 9999, 9999), "89991/9 insufficient");
}

#[test]
fn one_order_may_be_rejected_for_want_of_an_answer() {
    let silent =
        |n| read("auto-rejections", n, n, |o, _| o.cancelled("2026-06-12", Actor::Platform, CancelReason::NotShippedInTime));
    assert_eq!([silent(0), silent(1), silent(2)], ["0 good", "1 at-risk", "2 breached"]);
}

#[test]
fn ratings_have_a_mean_of_three_stars() {
    let rated = |stars: &'static [u8]| {
        let shop = Shop::<Mirakl>::new()
            .facts(10, move |i| order().id(i).buyer(i).feedback("2026-06-10", stars[i as usize % stars.len()]));
        shop.on(TODAY).metric("rating")
    };
    assert_eq!(rated(&[3, 4]), "35/10 good");
    assert_eq!(rated(&[4, 3, 4, 3, 4, 3, 4, 3, 3, 3]), "34/10 at-risk");
    assert_eq!(rated(&[3]), "30/10 at-risk");
    assert_eq!(rated(&[3, 3, 3, 3, 3, 3, 3, 3, 3, 2]), "29/10 breached");
    let nine = Shop::<Mirakl>::new().facts(9, |i| order().id(i).feedback("2026-06-10", 1));
    assert_eq!(nine.on(TODAY).metric("rating"), "9/9 insufficient");
}

/// So many facts made of a day, which `metric` must count from its `first` day to today, and not the evening before.
fn window<F: Into<Subject>>(metric: &str, days: [&'static str; 2], n: u64, make: fn(&'static str) -> F, reads: [&str; 2]) {
    let on = |day: &'static str| Shop::<Mirakl>::new().facts(n, move |_| make(day)).on(TODAY).metric(metric);
    let ([first, before], [counted, not_counted]) = (days, reads);
    assert_eq!([on(first), on("2026-06-30"), on(before)], [counted, counted, not_counted], "{metric}");
}

const MONTH: [&str; 2] = ["2026-06-01", "2026-05-31 23:59"];

#[test]
fn windows_are_30_days() {
    for (metric, counted) in [
        ("incident-rate", "0/10 good"),
        ("refund-rate", "0/10 good"),
        ("acceptance-rate", "10/10 good"),
        ("acceptance-minutes", "0/10 good"),
    ] {
        window(metric, MONTH, 10, |day| order().placed(day).accepted(day), [counted, "0 insufficient"]);
    }
    for (metric, counted) in [("late-shipment-rate", "0/10 good"), ("tracking-rate", "10/10 good")] {
        let shipped = |day| order().placed("2026-05-01").shipped(day).tracked();
        window(metric, MONTH, 10, shipped, [counted, "0 insufficient"]);
    }
    let answered = |day| contact().opened(day).answered(day);
    window("response-minutes", MONTH, 10, answered, ["0/10 good", "0 insufficient"]);
    let silent = |day| order().placed(day).cancelled("2026-06-30", Actor::Platform, CancelReason::NotShippedInTime);
    window("orders-not-cancelled", MONTH, 10, |day| order().placed(day), ["10 good", "0 insufficient"]);
    window("auto-rejections", MONTH, 2, silent, ["2 breached", "0 good"]);
}

#[test]
fn ratings_are_those_of_90_days() {
    let rated = |day| order().feedback(day, 5);
    window("rating", ["2026-04-02", "2026-04-01 23:59"], 10, rated, ["50/10 good", "0 insufficient"]);
}
