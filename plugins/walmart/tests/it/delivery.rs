//! Deliveries, scans and answers: what counts, on which day, and when time alone decides it.

use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, OrderBuilder, contact, order};
use andon_walmart::Walmart;

fn check(now: &str, fact: OrderBuilder, lines: &str) {
    let expected = format!("orders-sold 2026-03-01\norders 2026-03-01\n{lines}");
    Case::<Walmart>::new().check(now, fact.placed("2026-03-01"), &expected);
}

#[test]
fn a_delivery_counts_on_the_expected_day_once_it_is_decided() {
    let fact = order().deliver_by("2026-03-08 12:00");
    let due = "deliveries-due 2026-03-08 12:00\n";
    check("2026-03-08 12:00", fact.clone(), "revisit 2026-03-08 12:00:00.001");
    check("2026-03-08 12:00:00.001", fact.clone(), &format!("{due}deliveries-late 2026-03-08 12:00 because deliver-by-passed"));
    check(
        "2026-03-20",
        fact.clone().delivered("2026-03-08 12:00"),
        &format!("{due}deliveries-on-time 2026-03-08 12:00\norders-delivered 2026-03-08 12:00"),
    );
    check(
        "2026-03-20",
        fact.clone().delivered("2026-03-08 12:00:00.001"),
        &format!(
            "{due}deliveries-late 2026-03-08 12:00 because delivered-late
             orders-delivered 2026-03-08 12:00:00.001"
        ),
    );
    check("2026-03-20", fact.cancelled("2026-03-09", Actor::Buyer, CancelReason::BuyerRequest), "");
    check("2026-03-20", order(), "");
}

#[test]
fn a_parcel_is_tracked_by_its_first_scan_and_untracked_after_48_hours_without() {
    let fact = order().shipped("2026-03-02");
    let shipped = "parcels-shipped 2026-03-02\n";
    let untracked = format!("{shipped}parcels-untracked 2026-03-02 because no-carrier-scan");
    for fact in [fact.clone(), fact.clone().tracked()] {
        check("2026-03-04", fact.clone(), "revisit 2026-03-04 00:00:00.001");
        check("2026-03-04 00:00:00.001", fact, &untracked);
    }
    for now in ["2026-03-02", "2026-03-20"] {
        check(now, fact.clone().scanned(), &format!("{shipped}parcels-tracked 2026-03-02"));
    }
    check("2026-03-20", fact.cancelled("2026-03-09", Actor::Buyer, CancelReason::BuyerRequest), "");
}

#[test]
fn the_first_of_two_moments_is_asked_for() {
    let fact = order().shipped("2026-03-02").deliver_by("2026-03-08");
    check("2026-03-02", fact.clone(), "revisit 2026-03-04 00:00:00.001");
    check(
        "2026-03-02",
        fact.scanned(),
        "parcels-shipped 2026-03-02\nparcels-tracked 2026-03-02\nrevisit 2026-03-08 00:00:00.001",
    );
}

#[test]
fn a_message_is_to_be_answered_within_48_hours() {
    let case = Case::<Walmart>::new();
    let fact = contact().opened("2026-03-01");
    let owed = "answers-owed 2026-03-01\n";
    case.check("2026-03-03", fact.clone(), "revisit 2026-03-03 00:00:00.001");
    case.check("2026-03-03 00:00:00.001", fact.clone(), &format!("{owed}answers-late 2026-03-01 because not-answered"));
    case.check("2026-03-09", fact.clone().answered("2026-03-03"), &format!("{owed}answers-in-time 2026-03-01"));
    case.check(
        "2026-03-09",
        fact.answered("2026-03-03 00:00:00.001"),
        &format!("{owed}answers-late 2026-03-01 because answered-late"),
    );
}
