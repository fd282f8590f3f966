//! Late shipment, on-time delivery and valid tracking: what counts, on which day, and when time alone changes it.

use andon_amazon::Amazon;
use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, OrderBuilder, order};

fn placed() -> OrderBuilder {
    order().placed("2026-03-01")
}

fn check(now: &str, fact: OrderBuilder, lines: &str) {
    Case::<Amazon>::new().check(now, fact, &format!("orders 2026-03-01\norders-self-fulfilled 2026-03-01\n{lines}"));
}

#[test]
fn a_shipment_counts_on_the_day_it_was_made() {
    let fact = |shipped: &str| placed().ship_by("2026-03-03").shipped(shipped);
    check("2026-03-20", fact("2026-03-03"), "shipments-due 2026-03-03\norders-fulfilled 2026-03-03");
    check(
        "2026-03-20",
        fact("2026-03-03 00:00:00.001"),
        "shipments-due 2026-03-03 00:00:00.001
         shipments-late 2026-03-03 00:00:00.001 because shipped-late
         orders-fulfilled 2026-03-03 00:00:00.001",
    );
    check("2026-03-20", placed().shipped("2026-03-09"), "shipments-due 2026-03-09\norders-fulfilled 2026-03-09");
}

#[test]
fn an_unshipped_order_is_late_as_soon_as_its_promise_has_passed() {
    let fact = placed().ship_by("2026-03-03 12:00");
    check("2026-03-02", fact.clone(), "revisit 2026-03-03 12:00:00.001");
    check("2026-03-03 12:00", fact.clone(), "revisit 2026-03-03 12:00:00.001");
    check(
        "2026-03-03 12:00:00.001",
        fact,
        "shipments-due 2026-03-03 12:00\nshipments-late 2026-03-03 12:00 because ship-by-passed",
    );
    check("2026-03-20", placed(), "");
}

#[test]
fn an_order_cancelled_before_it_shipped_is_no_shipment() {
    let fact = placed().ship_by("2026-03-03").cancelled("2026-03-05", Actor::Buyer, CancelReason::BuyerRequest);
    check("2026-03-20", fact.clone(), "");
    check(
        "2026-03-20",
        fact.shipped("2026-03-05"),
        "shipments-due 2026-03-05\nshipments-late 2026-03-05 because shipped-late\norders-fulfilled 2026-03-05",
    );
}

#[test]
fn delivery_counts_units_on_the_promised_day() {
    let fact = placed().units(3).deliver_by("2026-03-08");
    let promised = "units-promised 2026-03-08 x3\n";
    check("2026-03-08", fact.clone(), &format!("{promised}revisit 2026-03-08 00:00:00.001"));
    check("2026-03-08 00:00:00.001", fact.clone(), &format!("{promised}units-late 2026-03-08 x3 because deliver-by-passed"));
    check("2026-03-20", fact.clone().delivered("2026-03-08"), &format!("{promised}units-on-time 2026-03-08 x3"));
    check(
        "2026-03-20",
        fact.clone().delivered("2026-03-08 00:00:00.001"),
        &format!("{promised}units-late 2026-03-08 x3 because delivered-late"),
    );
    check("2026-03-20", fact.cancelled("2026-03-19", Actor::Buyer, CancelReason::BuyerRequest), "");
}

#[test]
fn tracking_is_valid_from_the_first_scan_on() {
    let fact = placed().deliver_by("2026-03-08").shipped("2026-03-02");
    let due =
        "shipments-due 2026-03-02\norders-fulfilled 2026-03-02\nunits-promised 2026-03-08\nrevisit 2026-03-08 00:00:00.001\n";
    let check = |fact, line: &str| check("2026-03-05", fact, &format!("{due}parcels-shipped 2026-03-08\n{line}"));
    check(fact.clone(), "parcels-untracked 2026-03-08 because no-carrier-scan");
    check(fact.clone().tracked(), "parcels-untracked 2026-03-08 because no-carrier-scan");
    check(fact.scanned(), "parcels-tracked 2026-03-08");
}

#[test]
fn all_at_once() {
    let fact = placed().ship_by("2026-03-03").deliver_by("2026-03-08");
    check("2026-03-02", fact.clone(), "units-promised 2026-03-08\nrevisit 2026-03-03 00:00:00.001");
    check(
        "2026-03-20",
        fact.shipped("2026-03-02").delivered("2026-03-07"),
        "orders-fulfilled 2026-03-02
         shipments-due 2026-03-02
         units-promised 2026-03-08
         units-on-time 2026-03-08
         parcels-shipped 2026-03-08
         parcels-tracked 2026-03-08",
    );
}
