//! The minimum standards and the order dissatisfaction rate from both sides, from facts to status. Windows are read on 2026-06-20.

use andon_etsy::Etsy;
use andon_sdk::facts::{ClaimKind, ClaimState};
use andon_sdk::testing::{OrderBuilder, Shop, contact, order};

const TODAY: &str = "2026-06-20 12:00";

fn reading(shop: &Shop<Etsy>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` orders of a day made bad in some way.
fn of(metric: &str, day: &'static str, all: u64, bad: u64, make: fn(OrderBuilder, bool) -> OrderBuilder) -> String {
    reading(&Shop::new().facts(all, move |i| make(order().id(i).buyer(i).placed(day), i < bad)), metric)
}

#[test]
fn messages_are_answered_within_48_hours_in_at_least_80_percent() {
    let rate = |opened: &'static str, all, late: u64| {
        let contact = move |i| contact().opened(opened).answered(if i < late { "2026-06-19" } else { opened });
        reading(&Shop::new().facts(all, contact), "message-response-rate")
    };
    assert_eq!(rate("2026-06-10", 100, 20), "80/100 good");
    assert_eq!(rate("2026-06-10", 100, 21), "79/100 breached");
    assert_eq!(rate("2026-06-10", 5, 5), "0/5 breached");
    assert_eq!(rate("2026-06-10", 4, 4), "0/4 insufficient");
    assert_eq!(rate("2026-03-23", 5, 0), "5/5 good");
    assert_eq!(rate("2026-03-22 23:59", 5, 0), "0 insufficient");
}

#[test]
fn shipments_are_on_time_in_at_least_80_percent() {
    let rate = |ship_by: &'static str, all, late: u64| {
        let ship = move |i| order().id(i).ship_by(ship_by).shipped(if i < late { "2026-06-20" } else { "2026-01-01" });
        reading(&Shop::new().facts(all, ship), "on-time-shipping-rate")
    };
    assert_eq!(rate("2026-06-10", 100, 20), "80/100 good");
    assert_eq!(rate("2026-06-10", 100, 21), "79/100 breached");
    assert_eq!(rate("2026-06-10", 5, 2), "3/5 breached");
    assert_eq!(rate("2026-06-10", 4, 4), "0/4 insufficient");
    assert_eq!(rate("2026-03-23", 5, 0), "5/5 good");
    assert_eq!(rate("2026-03-22 23:59", 5, 0), "0 insufficient");
}

#[test]
fn low_reviews_are_at_most_4_of_40_and_then_at_most_10_percent() {
    let rate = |all, low: u64| {
        let review = move |i| order().id(i).feedback("2026-06-10", if i < low { 3 } else { 4 });
        reading(&Shop::new().facts(all, review), "low-review-rate")
    };
    assert_eq!(rate(4, 4), "4/4 insufficient");
    assert_eq!(rate(5, 4), "4/5 insufficient");
    assert_eq!(rate(5, 5), "5/5 breached");
    assert_eq!(rate(40, 4), "4/40 good");
    assert_eq!(rate(40, 5), "5/40 breached");
    assert_eq!(rate(41, 4), "4/41 good");
    assert_eq!(rate(41, 5), "5/41 breached");
    assert_eq!(rate(49, 5), "5/49 breached");
    assert_eq!(rate(50, 5), "5/50 good");
    assert_eq!(rate(100, 11), "11/100 breached");
}

fn lose(order: OrderBuilder, bad: bool) -> OrderBuilder {
    let order = order.shipped("2026-06-11");
    if bad { order.claim("2026-06-12", ClaimKind::NotAsDescribed, ClaimState::Granted) } else { order }
}

#[test]
fn cases_are_at_most_3_below_300_orders_and_less_than_1_percent_from_there_on() {
    let rate = |all, bad| of("case-rate", "2026-06-10", all, bad, lose);
    assert_eq!(rate(299, 299), "299/299 insufficient");
    assert_eq!(rate(300, 2), "2/300 good");
    assert_eq!(rate(300, 3), "3/300 breached");
    assert_eq!(rate(301, 3), "3/301 good");
    let number = |bad| of("cases-refunded", "2026-06-10", 10, bad, lose);
    assert_eq!(number(3), "3 good");
    assert_eq!(number(4), "4 breached");
}

#[test]
fn volume_chooses_what_cases_are_judged_by() {
    let shop =
        |all, bad: u64| Shop::<Etsy>::new().facts(all, move |i| lose(order().id(i).buyer(i).placed("2026-06-10"), i < bad));
    let missed = |code| {
        format!(
            "standing warned\nscore 500\nreasons order-dissatisfaction-rate-breached, {code}\nnotice: {code}
             warning: order-dissatisfaction-rate-breached"
        )
    };
    let warned =
        "standing warned\nscore 600\nreasons order-dissatisfaction-rate-breached\nwarning: order-dissatisfaction-rate-breached";
    shop(299, 3).on(TODAY).check(warned);
    shop(299, 4).on(TODAY).check(&missed("cases-refunded-breached"));
    shop(300, 3).on(TODAY).check(&missed("case-rate-breached"));
    shop(401, 4).on(TODAY).check("standing good\nscore 900");
}

#[test]
fn dissatisfied_orders_are_less_than_1_percent_of_60_days_and_a_miss_needs_2() {
    let low = |o: OrderBuilder, bad: bool| if bad { o.feedback("2026-06-19", 2) } else { o };
    for (metric, within, first, before, after) in [
        ("order-dissatisfaction-rate", "2026-06-20", "2026-04-22", "2026-04-21 23:59", "2026-06-21"),
        ("order-dissatisfaction-rate-before", "2026-03-22 23:59", "2026-01-22", "2026-01-21 23:59", "2026-03-23"),
    ] {
        let rate = |all, bad| of(metric, within, all, bad, low);
        assert_eq!(rate(1000, 9), "9/1000 good");
        assert_eq!(rate(1000, 10), "10/1000 breached");
        assert_eq!(rate(1001, 10), "10/1001 good");
        assert_eq!(rate(2, 2), "2/2 breached");
        assert_eq!(rate(1, 1), "1/1 insufficient");
        assert_eq!(of(metric, first, 1, 0, low), "0/1 good");
        assert_eq!(of(metric, before, 1, 0, low), "0 insufficient");
        assert_eq!(of(metric, after, 1, 0, low), "0 insufficient");
    }
}

#[test]
fn a_warning_needs_3_dissatisfied_orders_ever() {
    let shop = |recent: u64, past: u64| {
        let low = |day: &'static str| move |i| order().id(i).buyer(i).placed(day).feedback("2026-06-19", 1);
        Shop::<Etsy>::new().facts(recent, low("2026-06-10")).facts(past, low("2020-01-01"))
    };
    assert_eq!(reading(&shop(2, 0), "orders-dissatisfied-ever"), "2 insufficient");
    assert_eq!(reading(&shop(2, 1), "orders-dissatisfied-ever"), "3 good");
    shop(2, 0).on(TODAY).check("standing good\nscore 900");
    let warned =
        "standing warned\nscore 600\nreasons order-dissatisfaction-rate-breached\nwarning: order-dissatisfaction-rate-breached";
    shop(2, 1).on(TODAY).check(warned);
    shop(1, 2).on(TODAY).check("standing good\nscore 900");
}

#[test]
fn missed_again_after_90_days_suspends() {
    let shop = Shop::<Etsy>::new();
    let shop = [("2026-03-22", 0), ("2026-06-20", 10)]
        .into_iter()
        .fold(shop, |shop, (day, first)| shop.facts(2, move |i| order().id(first + i).buyer(i).placed(day).feedback(day, 1)));
    let (now, before) = ("order-dissatisfaction-rate-breached", "order-dissatisfaction-rate-before-breached");
    let warned = format!("standing warned\nscore 600\nreasons {now}\nwarning: {now}");
    shop.on("2026-06-20 12:00")
        .check(&format!("standing suspended\nscore 300\nreasons {now}\nwarning: {now}\nsuspend: {before}, {now}"));
    // The evaluation of 90 days ago looked back 60 days: it saw the older orders from 22 March to 20 May.
    shop.on("2026-08-18 12:00")
        .check(&format!("standing suspended\nscore 300\nreasons {now}\nwarning: {now}\nsuspend: {before}, {now}"));
    shop.on("2026-08-19 12:00").check("standing good\nscore 900");
    let only_now = Shop::<Etsy>::new().facts(3, |i| order().id(i).placed("2026-06-20").feedback("2026-06-20", 1));
    only_now.on("2026-06-20 12:00").check(&warned);
}

#[test]
fn standards_are_judged_from_5_sales_in_90_days_on() {
    let shop = |orders| {
        Shop::<Etsy>::new().facts(orders, |i| order().id(i).placed("2026-03-23")).facts(10, |_| contact().opened("2026-06-10"))
    };
    assert_eq!(reading(&shop(4), "orders-90"), "4 insufficient");
    assert_eq!(reading(&shop(5), "orders-90"), "5 good");
    assert_eq!(reading(&shop(4), "message-response-rate"), "0/10 breached");
    shop(4).on(TODAY).check("standing good\nscore 900");
    shop(5).on(TODAY).check(
        "standing below-standards\nscore 800\nreasons message-response-rate-breached\nnotice: message-response-rate-breached",
    );
    // A day later the sales are no longer of the last three months.
    shop(5).on("2026-06-21").check("standing good\nscore 900");
}
