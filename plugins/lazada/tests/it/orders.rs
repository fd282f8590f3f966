//! What an order counts for: cancelled and returned items, ratings, shipments.

use andon_lazada::Lazada;
use andon_sdk::facts::{Actor, CancelReason, FeedbackState, ReturnOutcome, Subject};
use andon_sdk::testing::{Case, OrderBuilder, at, contact, order, return_request, violation};

/// All that an order of three items counts for besides being one.
fn check(now: &str, fact: impl Into<Subject>, lines: &str) {
    let Subject::Order(mut order) = fact.into() else { panic!("an order is an order") };
    (order.units, order.placed) = (3, at("2026-03-01"));
    let expected = format!("orders 2026-03-01\nitems-ordered 2026-03-01 x3\n{lines}");
    Case::<Lazada>::new().check(now, Subject::Order(order), &expected);
}

#[test]
fn a_cancellation_is_of_items_and_by_the_sellers_fault() {
    use CancelReason::{
        BuyerRequest, FraudHold, NotShippedInTime, Other, OutOfStock, PlatformError, PricingError, UndeliverableAddress, Unpaid,
    };
    let cancelled = |by, reason, line: &str| check("2026-03-20", order().cancelled("2026-03-02", by, reason), line);
    let counted = "items-cancelled 2026-03-01 x3 because cancelled-by-seller";
    for reason in [OutOfStock, PricingError, Other] {
        cancelled(Actor::Merchant, reason, counted);
        cancelled(Actor::Buyer, reason, "");
    }
    for reason in [BuyerRequest, Unpaid, FraudHold, PlatformError, UndeliverableAddress] {
        cancelled(Actor::Merchant, reason, &format!("{counted} but not-sellers-fault"));
        cancelled(Actor::Platform, reason, "");
    }
    for by in [Actor::Merchant, Actor::Platform] {
        cancelled(by, NotShippedInTime, "items-cancelled 2026-03-01 x3 because auto-cancelled");
    }
}

/// An order of which each of these returns was asked for with a reason, by its place among those declared.
fn returned(outcomes: &[(ReturnOutcome, Option<u16>)], line: &str) {
    let request = |outcome| return_request("2026-03-09").outcome(outcome);
    let asked = outcomes.iter().fold(order(), |order, (outcome, _)| order.returned(request(*outcome)));
    let Subject::Order(mut order) = asked.into() else { panic!("an order is an order") };
    for (request, (_, reason)) in order.aftermath.iter_mut().flat_map(|after| &mut after.returns).zip(outcomes) {
        request.reason = *reason;
    }
    check("2026-03-20", Subject::Order(order), line);
}

#[test]
fn a_return_counts_for_a_reason_of_the_sellers() {
    use ReturnOutcome::{Open, Refunded, Rejected, Replaced, WronglyRejected};
    let counted = "items-returned 2026-03-01 x3 because returned";
    for reason in 1..=6 {
        returned(&[(Refunded, Some(reason))], counted);
        returned(&[(Replaced, Some(reason))], counted);
    }
    for reason in [Some(0), None] {
        returned(&[(Refunded, reason)], &format!("{counted} but not-sellers-fault"));
        returned(&[(Refunded, reason), (Refunded, Some(1))], counted);
    }
    for outcome in [Open, Rejected, WronglyRejected] {
        returned(&[(outcome, Some(1))], "");
    }
}

#[test]
fn ratings_from_4_on_are_positive() {
    let rated = |rating, line: &str| check("2026-03-20", order().feedback("2026-03-05", rating), line);
    rated(3, "ratings 2026-03-05\nratings-not-positive 2026-03-05");
    rated(4, "ratings 2026-03-05\nratings-positive 2026-03-05");
}

#[test]
fn a_rating_that_may_not_be_held_against_a_seller_is_shown_and_not_counted() {
    for (state, exclusion) in [
        (FeedbackState::Struck, "rating-struck"),
        (FeedbackState::Withdrawn, "rating-withdrawn"),
        (FeedbackState::Removed, "rating-removed"),
    ] {
        let lines = format!("ratings 2026-03-05 but {exclusion}\nratings-not-positive 2026-03-05 but {exclusion}");
        check("2026-03-20", order().feedback("2026-03-05", 1).feedback_is(state), &lines);
    }
}

#[test]
fn a_shipment_counts_on_the_promised_day_once_it_is_decided() {
    let fact = || order().ship_by("2026-03-03 12:00");
    let due = "shipments-due 2026-03-03 12:00\n";
    check("2026-03-03 12:00", fact(), "revisit 2026-03-03 12:00:00.001");
    check("2026-03-03 12:00:00.001", fact(), &format!("{due}shipments-late 2026-03-03 12:00 because ship-by-passed"));
    check("2026-03-20", fact().shipped("2026-03-03 12:00"), &format!("{due}shipments-on-time 2026-03-03 12:00"));
    check(
        "2026-03-20",
        fact().shipped("2026-03-03 12:00:00.001"),
        &format!("{due}shipments-late 2026-03-03 12:00 because shipped-late"),
    );
    check("2026-03-20", fact().cancelled("2026-03-05", Actor::Buyer, CancelReason::BuyerRequest), "");
    check("2026-03-20", order().shipped("2026-03-19"), "");
}

#[test]
fn what_the_platform_ships_is_an_order_that_can_be_rated() {
    let fact: OrderBuilder = order()
        .by_platform()
        .placed("2026-03-01")
        .ship_by("2026-03-02")
        .cancelled("2026-03-05", Actor::Merchant, CancelReason::OutOfStock)
        .feedback("2026-03-05", 5);
    let lines = "orders 2026-03-01\nratings 2026-03-05\nratings-positive 2026-03-05";
    Case::<Lazada>::new().check("2026-03-20", fact, lines);
}

#[test]
fn contacts_and_violations_count_for_nothing() {
    Case::<Lazada>::new().check("2026-03-20", contact(), "");
    Case::<Lazada>::new().check("2026-03-20", violation(), "");
}
