//! Every published number from both sides, from facts to status. Windows are read on 2026-06-30.

use andon_lazada::Lazada;
use andon_sdk::facts::{Actor, CancelReason, ReturnOutcome, Subject};
use andon_sdk::testing::{OrderBuilder, Shop, order, return_request};

const TODAY: &str = "2026-06-30 12:00";

fn reading(shop: &Shop<Lazada>, metric: &str) -> String {
    shop.on(TODAY).metric(metric)
}

/// `bad` of `all` orders of one item made bad in some way.
fn of<F: Into<Subject>>(metric: &str, all: u64, bad: u64, make: fn(OrderBuilder, bool) -> F) -> String {
    reading(&Shop::new().facts(all, move |i| make(order().id(i).buyer(i), i < bad)), metric)
}

fn cancel(order: OrderBuilder, bad: bool) -> OrderBuilder {
    if bad { order.cancelled("2026-06-02", Actor::Merchant, CancelReason::OutOfStock) } else { order }
}

#[test]
fn cancellations_are_at_most_30_percent_and_a_miss_needs_10_items() {
    let rate = |all, bad| of("cancellation-rate", all, bad, |o, bad| cancel(o.placed("2026-06-01"), bad));
    assert_eq!(rate(100, 20), "20/100 good");
    assert_eq!(rate(100, 21), "21/100 at-risk");
    assert_eq!(rate(100, 30), "30/100 at-risk");
    assert_eq!(rate(100, 31), "31/100 breached");
    assert_eq!(rate(10, 10), "10/10 breached");
    assert_eq!(rate(9, 9), "9/9 insufficient");
    assert_eq!(rate(29, 9), "9/29 insufficient");
    assert_eq!(rate(33, 10), "10/33 breached");
    assert_eq!(rate(34, 10), "10/34 at-risk");
}

#[test]
fn items_are_counted_and_not_orders() {
    let shop =
        Shop::new().fact(cancel(order().placed("2026-06-01").units(10), true)).fact(order().id(2).placed("2026-06-01").units(23));
    assert_eq!(reading(&shop, "cancellation-rate"), "10/33 breached");
}

#[test]
fn cancellations_cover_orders_of_35_to_8_days_ago() {
    for metric in ["cancellation-rate", "cancellation-rate-few-items"] {
        let placed = |day: &'static str| reading(&Shop::new().facts(1, move |_| order().placed(day)), metric);
        assert_eq!(placed("2026-06-22 23:59"), "0/1 good");
        assert_eq!(placed("2026-06-23"), "0 insufficient");
        assert_eq!(placed("2026-05-26"), "0/1 good");
        assert_eq!(placed("2026-05-25 23:59"), "0 insufficient");
    }
}

#[test]
fn on_few_items_cancellations_are_less_than_50_percent() {
    let rate = |all, bad| of("cancellation-rate-few-items", all, bad, |o, bad| cancel(o.placed("2026-06-01"), bad));
    assert_eq!(rate(3, 1), "1/3 good");
    assert_eq!(rate(2, 1), "1/2 breached");
    assert_eq!(rate(1, 1), "1/1 breached");
    assert_eq!(rate(1000, 499), "499/1000 good");
    assert_eq!(rate(1000, 500), "500/1000 breached");
}

#[test]
fn ratings_are_good_from_70_percent_and_bad_below_30() {
    let rate = |all, bad| of("positive-rating-rate", all, bad, |o, bad| o.feedback("2026-06-29", if bad { 3 } else { 4 }));
    assert_eq!(rate(100, 30), "70/100 good");
    assert_eq!(rate(100, 31), "69/100 at-risk");
    assert_eq!(rate(100, 70), "30/100 at-risk");
    assert_eq!(rate(100, 71), "29/100 breached");
    assert_eq!(rate(10, 10), "0/10 breached");
    assert_eq!(rate(9, 9), "0/9 insufficient");
    let left =
        |day: &'static str| reading(&Shop::new().facts(10, move |i| order().id(i).feedback(day, 5)), "positive-rating-rate");
    assert_eq!(left("2026-05-06"), "10/10 good");
    assert_eq!(left("2026-05-05 23:59"), "0 insufficient");
}

#[test]
fn lazmall_ships_on_time_in_at_least_90_percent() {
    let rate = |all, bad| {
        of("lazmall-on-time-rate", all, bad, |o, bad| {
            o.ship_by("2026-05-10").shipped(if bad { "2026-05-11" } else { "2026-05-10" })
        })
    };
    assert_eq!(rate(100, 10), "90/100 good");
    assert_eq!(rate(100, 11), "89/100 breached");
    assert_eq!(rate(30, 30), "0/30 breached");
    assert_eq!(rate(29, 29), "0/29 insufficient");
}

#[test]
fn lazmall_is_rated_well_in_at_least_70_percent() {
    let rate =
        |all, bad| of("lazmall-positive-rating-rate", all, bad, |o, bad| o.feedback("2026-05-10", if bad { 3 } else { 4 }));
    assert_eq!(rate(100, 30), "70/100 good");
    assert_eq!(rate(100, 31), "69/100 breached");
    assert_eq!(rate(10, 10), "0/10 breached");
    assert_eq!(rate(9, 9), "0/9 insufficient");
}

#[test]
fn lazmall_cancels_less_than_2_percent() {
    let rate = |all, bad| of("lazmall-cancellation-rate", all, bad, |o, bad| cancel(o.placed("2026-05-10"), bad));
    assert_eq!(rate(1000, 19), "19/1000 good");
    assert_eq!(rate(1000, 20), "20/1000 breached");
    assert_eq!(rate(30, 1), "1/30 insufficient");
    assert_eq!(rate(30, 2), "2/30 breached");
    assert_eq!(rate(29, 29), "29/29 insufficient");
}

#[test]
fn lazmall_has_less_than_1_percent_sent_back() {
    let send_back = |o: OrderBuilder, bad| {
        let request = return_request("2026-05-20").outcome(ReturnOutcome::Refunded);
        let Subject::Order(mut order) = o.placed("2026-05-10").returned(request).into() else { panic!("an order is an order") };
        for request in order.aftermath.iter_mut().flat_map(|after| &mut after.returns) {
            request.reason = Some(u16::from(bad));
        }
        Subject::Order(order)
    };
    let rate = |all, bad| of("lazmall-return-rate", all, bad, send_back);
    assert_eq!(rate(1000, 9), "9/1000 good");
    assert_eq!(rate(1000, 10), "10/1000 breached");
    assert_eq!(rate(30, 1), "1/30 insufficient");
    assert_eq!(rate(30, 2), "2/30 breached");
    assert_eq!(rate(29, 29), "29/29 insufficient");
}

#[test]
fn lazmall_is_assessed_on_the_7th_on_the_month_before() {
    let fact = |day: &'static str| {
        let order = move |i| order().id(i).placed(day).ship_by(day).shipped("2026-01-01").feedback(day, 5);
        let shop = Shop::new().facts(30, order);
        let rates = ["lazmall-on-time-rate", "lazmall-positive-rating-rate", "lazmall-cancellation-rate", "lazmall-return-rate"];
        (rates.map(|metric| reading(&shop, metric)), reading(&shop, "lazmall-orders"))
    };
    let inside = (["30/30 good", "30/30 good", "0/30 good", "0/30 good"].map(str::to_owned), "30 good".to_owned());
    let outside = (["0 insufficient"; 4].map(str::to_owned), "0 breached".to_owned());
    assert_eq!(fact("2026-05-01"), inside);
    assert_eq!(fact("2026-05-31 23:59"), inside);
    assert_eq!(fact("2026-04-30 23:59"), outside);
    assert_eq!(fact("2026-06-01"), outside);
    let one = Shop::<Lazada>::new().fact(order().placed("2026-05-10"));
    for (day, reading) in
        [("2026-06-06", "0 breached"), ("2026-06-07", "1 good"), ("2026-07-06", "1 good"), ("2026-07-07", "0 breached")]
    {
        assert_eq!(one.on(day).metric("lazmall-orders"), reading, "{day}");
    }
}
