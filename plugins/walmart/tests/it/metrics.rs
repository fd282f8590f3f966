//! Every published number from both sides, from facts to status. Windows are read on 2026-06-30.

use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState};
use andon_sdk::testing::{OrderBuilder, Shop, contact, order, return_request};
use andon_walmart::Walmart;

const TODAY: &str = "2026-06-30 12:00";

fn reading(shop: &Shop<Walmart>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` orders made bad in some way, each by a buyer of its own.
fn of(metric: &str, all: u64, bad: u64, make: fn(OrderBuilder, bool) -> OrderBuilder) -> String {
    reading(&Shop::new().facts(all, move |i| make(order().id(i).buyer(i).placed("2026-06-10"), i < bad)), metric)
}

/// Twenty orders made of a day, which must be in the window of `metric` from its `first` day to today and no earlier.
fn window(metric: &str, first: &'static str, before: &'static str, good: &str, make: fn(OrderBuilder, &str) -> OrderBuilder) {
    let on = |day: &'static str| reading(&Shop::new().facts(20, move |i| make(order().id(i).buyer(i), day)), metric);
    assert_eq!(on(first), good);
    assert_eq!(on("2026-06-30"), good);
    assert_eq!(on(before), "0 insufficient");
}

fn cancel(order: OrderBuilder, bad: bool) -> OrderBuilder {
    if bad { order.cancelled("2026-06-11", Actor::Merchant, CancelReason::OutOfStock) } else { order }
}

#[test]
fn cancellations_are_at_most_2_percent_of_30_days() {
    let rate = |all, bad| of("cancellation-rate", all, bad, cancel);
    assert_eq!(rate(1000, 15), "15/1000 good");
    assert_eq!(rate(1000, 16), "16/1000 at-risk");
    assert_eq!(rate(1000, 20), "20/1000 at-risk");
    assert_eq!(rate(1000, 21), "21/1000 breached");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(20, 1), "1/20 insufficient");
    assert_eq!(rate(19, 19), "19/19 insufficient");
    window("cancellation-rate", "2026-06-01", "2026-05-31 23:59", "0/20 good", |o, day| o.placed(day));
}

#[test]
fn deliveries_are_on_time_in_at_least_90_percent_of_30_days() {
    let rate = |all, bad| {
        of("on-time-delivery-rate", all, bad, |o, bad| {
            let o = o.deliver_by("2026-06-15");
            if bad { o } else { o.delivered("2026-06-15") }
        })
    };
    assert_eq!(rate(100, 8), "92/100 good");
    assert_eq!(rate(100, 9), "91/100 at-risk");
    assert_eq!(rate(100, 10), "90/100 at-risk");
    assert_eq!(rate(100, 11), "89/100 breached");
    assert_eq!(rate(20, 20), "0/20 breached");
    assert_eq!(rate(19, 19), "0/19 insufficient");
    window("on-time-delivery-rate", "2026-06-01", "2026-05-31 23:59", "20/20 good", |o, day| {
        o.deliver_by(day).delivered("2026-05-31")
    });
}

#[test]
fn parcels_are_tracked_in_at_least_99_percent_of_30_days() {
    let rate = |all, bad| {
        of("valid-tracking-rate", all, bad, |o, bad| {
            let o = o.shipped("2026-06-12").tracked();
            if bad { o } else { o.scanned() }
        })
    };
    assert_eq!(rate(1000, 5), "995/1000 good");
    assert_eq!(rate(1000, 6), "994/1000 at-risk");
    assert_eq!(rate(1000, 10), "990/1000 at-risk");
    assert_eq!(rate(1000, 11), "989/1000 breached");
    assert_eq!(rate(20, 1), "19/20 insufficient");
    assert_eq!(rate(20, 2), "18/20 breached");
    assert_eq!(rate(19, 19), "0/19 insufficient");
    window("valid-tracking-rate", "2026-06-01", "2026-05-31 23:59", "20/20 good", |o, day| o.shipped(day).scanned());
}

#[test]
fn refunds_are_less_than_6_percent_of_30_days() {
    let rate =
        |all, bad| {
            of("refund-rate", all, bad, |o, bad| {
                if bad { o.claim("2026-06-12", ClaimKind::NotAsDescribed, ClaimState::Granted) } else { o }
            })
        };
    assert_eq!(rate(100, 4), "4/100 good");
    assert_eq!(rate(100, 5), "5/100 at-risk");
    assert_eq!(rate(1000, 59), "59/1000 at-risk");
    assert_eq!(rate(1000, 60), "60/1000 breached");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(20, 1), "1/20 insufficient");
    assert_eq!(rate(19, 19), "19/19 insufficient");
    window("refund-rate", "2026-06-01", "2026-05-31 23:59", "0/20 good", |o, day| o.placed(day));
}

#[test]
fn answers_come_in_time_in_at_least_95_percent_of_30_days() {
    let answered = |opened: &'static str, all, late: u64| {
        let shop = Shop::new().facts(all, move |i| {
            let contact = contact().opened(opened);
            if i < late { contact.answered("2026-06-30 01:00") } else { contact.answered(opened) }
        });
        reading(&shop, "response-rate")
    };
    let rate = |all, late| answered("2026-06-10", all, late);
    assert_eq!(rate(100, 3), "97/100 good");
    assert_eq!(rate(100, 4), "96/100 at-risk");
    assert_eq!(rate(100, 5), "95/100 at-risk");
    assert_eq!(rate(100, 6), "94/100 breached");
    assert_eq!(rate(20, 1), "19/20 insufficient");
    assert_eq!(rate(20, 2), "18/20 breached");
    assert_eq!(rate(19, 19), "0/19 insufficient");
    assert_eq!(answered("2026-06-01", 20, 0), "20/20 good");
    assert_eq!(answered("2026-05-31 23:59", 20, 0), "0 insufficient");
}

#[test]
fn returns_are_at_most_6_percent_of_60_days() {
    let rate = |all, bad| {
        of("return-rate", all, bad, |o, bad| {
            let o = o.delivered("2026-06-15");
            if bad { o.returned(return_request("2026-06-20")) } else { o }
        })
    };
    assert_eq!(rate(1000, 50), "50/1000 good");
    assert_eq!(rate(1000, 51), "51/1000 at-risk");
    assert_eq!(rate(1000, 60), "60/1000 at-risk");
    assert_eq!(rate(1000, 61), "61/1000 breached");
    assert_eq!(rate(20, 1), "1/20 good");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(19, 19), "19/19 insufficient");
    window("return-rate", "2026-05-02", "2026-05-01 23:59", "0/20 good", |o, day| o.delivered(day));
}

#[test]
fn items_not_received_are_at_most_2_percent_of_60_days() {
    let rate = |all, bad| {
        of("item-not-received-rate", all, bad, |o, bad| {
            if bad { o.claim("2026-06-20", ClaimKind::NotReceived, ClaimState::Open) } else { o }
        })
    };
    assert_eq!(rate(1000, 15), "15/1000 good");
    assert_eq!(rate(1000, 16), "16/1000 at-risk");
    assert_eq!(rate(1000, 20), "20/1000 at-risk");
    assert_eq!(rate(1000, 21), "21/1000 breached");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(20, 1), "1/20 insufficient");
    assert_eq!(rate(19, 19), "19/19 insufficient");
    window("item-not-received-rate", "2026-05-02", "2026-05-01 23:59", "0/20 good", |o, day| o.placed(day));
}

#[test]
fn negative_feedback_is_at_most_2_percent_of_60_days() {
    let rate = |all, bad| of("negative-feedback-rate", all, bad, |o, bad| o.feedback("2026-06-20", if bad { 2 } else { 3 }));
    assert_eq!(rate(1000, 15), "15/1000 good");
    assert_eq!(rate(1000, 16), "16/1000 at-risk");
    assert_eq!(rate(1000, 20), "20/1000 at-risk");
    assert_eq!(rate(1000, 21), "21/1000 breached");
    assert_eq!(rate(20, 2), "2/20 breached");
    assert_eq!(rate(20, 1), "1/20 insufficient");
    assert_eq!(rate(19, 19), "19/19 insufficient");
    window("negative-feedback-rate", "2026-05-02", "2026-05-01 23:59", "0/20 good", |o, day| o.placed(day).by_platform());
}

#[test]
fn one_buyer_alone_sinks_nobody() {
    for metric in ["item-not-received-rate", "negative-feedback-rate"] {
        let by = |buyers: u64| {
            let make = move |i| {
                let order = order().id(i).buyer(i % buyers).placed("2026-06-10").feedback("2026-06-12", 1);
                order.claim("2026-06-12", ClaimKind::NotReceived, ClaimState::Open)
            };
            reading(&Shop::new().facts(40, make), metric)
        };
        assert_eq!(by(1), "40/40 insufficient");
        assert_eq!(by(2), "40/40 breached");
    }
}
