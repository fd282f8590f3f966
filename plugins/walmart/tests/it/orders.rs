//! What makes an order cancelled, refunded, not received, sent back or rated low.

use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, Feedback, FeedbackState, Order, ReturnOutcome, Subject};
use andon_sdk::testing::{Case, OrderBuilder, contact, order, return_request, violation};
use andon_walmart::Walmart;

use crate::because;

const DEFECTIVE: u16 = 3;
const CHANGED_MIND: u16 = 0;

fn placed() -> OrderBuilder {
    order().placed("2026-03-01")
}

fn check(fact: impl Into<Subject>, lines: &str) {
    Case::<Walmart>::new().check("2026-03-20", fact, &format!("orders-sold 2026-03-01\norders 2026-03-01\n{lines}"));
}

#[test]
fn a_cancellation_counts_where_the_seller_is_accountable() {
    use CancelReason::{
        BuyerRequest, FraudHold, NotShippedInTime, Other, OutOfStock, PlatformError, PricingError, UndeliverableAddress, Unpaid,
    };
    let cancelled = |by, reason, line: &str| check(placed().cancelled("2026-03-02", by, reason), line);
    let counted = "orders-cancelled 2026-03-01 because cancelled-by-seller";
    for reason in [OutOfStock, PricingError, Other] {
        cancelled(Actor::Merchant, reason, counted);
        cancelled(Actor::Buyer, reason, "");
    }
    for reason in [BuyerRequest, Unpaid, FraudHold, PlatformError, UndeliverableAddress] {
        cancelled(Actor::Merchant, reason, &format!("{counted} but not-seller-accountable"));
        cancelled(Actor::Platform, reason, "");
    }
    for by in [Actor::Merchant, Actor::Platform] {
        cancelled(by, NotShippedInTime, "orders-cancelled 2026-03-01 because auto-cancelled");
    }
}

#[test]
fn only_before_shipping_is_it_a_cancellation() {
    let fact = |when: &str| placed().shipped("2026-03-02").cancelled(when, Actor::Merchant, CancelReason::OutOfStock);
    check(fact("2026-03-02"), "");
    check(fact("2026-03-01 23:59:59.999"), "orders-cancelled 2026-03-01 because cancelled-by-seller");
}

#[test]
fn a_claim_is_a_refund_once_it_is_paid() {
    let claim = |state, lines: &str| check(placed().claim("2026-03-05", ClaimKind::NotAsDescribed, state), lines);
    let refunded = "orders-refunded 2026-03-01 because claim-refunded";
    claim(ClaimState::RefundedByMerchant, refunded);
    claim(ClaimState::Granted, refunded);
    claim(ClaimState::GrantedAtPlatformCost, &format!("{refunded} but not-seller-accountable"));
    for state in [ClaimState::Open, ClaimState::Denied, ClaimState::Withdrawn] {
        claim(state, "");
    }
    for kind in [ClaimKind::ChargebackService, ClaimKind::ChargebackFraud] {
        check(placed().claim("2026-03-05", kind, ClaimState::Granted), "");
    }
}

#[test]
fn a_return_is_a_refund_of_the_sellers_for_reasons_of_the_sellers() {
    let refunded = |reason, lines: &str| {
        let request = return_request("2026-03-09").outcome(ReturnOutcome::Refunded);
        check(because(placed().returned(request), reason), lines);
    };
    let counted = "orders-refunded 2026-03-01 because return-refunded";
    for reason in 3..=6 {
        refunded(Some(reason), counted);
    }
    refunded(Some(CHANGED_MIND), &format!("{counted} but not-seller-accountable"));
    refunded(None, &format!("{counted} but not-seller-accountable"));
    for outcome in [ReturnOutcome::Open, ReturnOutcome::Replaced, ReturnOutcome::Rejected, ReturnOutcome::WronglyRejected] {
        check(because(placed().returned(return_request("2026-03-09").outcome(outcome)), Some(DEFECTIVE)), "");
    }
}

#[test]
fn what_is_excluded_never_hides_what_counts() {
    let both = placed().claim("2026-03-05", ClaimKind::NotAsDescribed, ClaimState::GrantedAtPlatformCost).claim(
        "2026-03-06",
        ClaimKind::RefundRefused,
        ClaimState::Granted,
    );
    check(both, "orders-refunded 2026-03-01 because claim-refunded");
}

#[test]
fn not_received_is_said_by_a_claim_or_by_a_return_request() {
    let claim = |state, lines: &str| check(placed().claim("2026-03-05", ClaimKind::NotReceived, state), lines);
    let reported = "orders-not-received 2026-03-01 because not-received";
    let refunded = "orders-refunded 2026-03-01 because claim-refunded";
    claim(ClaimState::Open, reported);
    claim(ClaimState::Granted, &format!("{reported}\n{refunded}"));
    claim(ClaimState::GrantedAtPlatformCost, &format!("{reported}\n{refunded} but not-seller-accountable"));
    claim(ClaimState::Denied, &format!("{reported} but claim-dismissed"));
    claim(ClaimState::Withdrawn, &format!("{reported} but claim-dismissed"));
    for (reason, lines) in [(1, reported), (2, reported), (DEFECTIVE, "")] {
        check(because(placed().returned(return_request("2026-03-09")), Some(reason)), lines);
    }
}

#[test]
fn a_delivered_order_is_sent_back_unless_that_was_rejected_or_nothing_came() {
    let sent_back = |outcome, reason, returned: bool| {
        let fact = placed().delivered("2026-03-07").returned(return_request("2026-03-09").outcome(outcome));
        let line = if returned { "orders-returned 2026-03-07 because returned" } else { "" };
        check(because(fact, reason), &format!("orders-delivered 2026-03-07\n{line}"));
    };
    for outcome in [ReturnOutcome::Open, ReturnOutcome::Replaced, ReturnOutcome::WronglyRejected] {
        sent_back(outcome, Some(CHANGED_MIND), true);
        sent_back(outcome, None, true);
    }
    sent_back(ReturnOutcome::Rejected, Some(DEFECTIVE), false);
    check(
        because(placed().delivered("2026-03-07").returned(return_request("2026-03-09")), Some(2)),
        "orders-delivered 2026-03-07\norders-not-received 2026-03-01 because not-received",
    );
}

fn rated(rating: u8, as_described: Option<u8>) -> Subject {
    let Subject::Order(order) = placed().feedback("2026-03-05", rating).into() else { panic!("an order is an order") };
    let feedback = order.feedback.map(|feedback| Feedback { as_described, ..feedback });
    Subject::Order(Order { feedback, ..order })
}

#[test]
fn of_two_reviews_the_lower_counts_and_from_3_on_it_is_not_low() {
    let low = "orders-rated-low 2026-03-01 because low-rating";
    check(rated(2, None), low);
    check(rated(3, None), "");
    check(rated(5, Some(2)), low);
    check(rated(2, Some(5)), low);
    check(rated(3, Some(3)), "");
}

#[test]
fn feedback_that_may_not_be_held_against_a_seller_is_shown_and_not_counted() {
    for (state, exclusion) in [
        (FeedbackState::Struck, "feedback-struck"),
        (FeedbackState::Withdrawn, "feedback-withdrawn"),
        (FeedbackState::Removed, "feedback-removed"),
    ] {
        let fact = placed().feedback("2026-03-05", 1).feedback_is(state);
        check(fact, &format!("orders-rated-low 2026-03-01 because low-rating but {exclusion}"));
    }
}

#[test]
fn what_the_platform_ships_counts_only_where_it_is_rated() {
    let fact = placed()
        .by_platform()
        .deliver_by("2026-03-02")
        .shipped("2026-03-02")
        .delivered("2026-03-09")
        .claim("2026-03-10", ClaimKind::NotReceived, ClaimState::Granted)
        .returned(return_request("2026-03-10").outcome(ReturnOutcome::Refunded))
        .feedback("2026-03-10", 1);
    let rated = "orders-sold 2026-03-01\norders-rated-low 2026-03-01 because low-rating";
    Case::<Walmart>::new().check("2026-03-20", fact.clone(), rated);
    Case::<Walmart>::with(&[("feedback-on-platform-fulfilled", "false")]).check("2026-03-20", fact, "");
}

#[test]
fn violations_and_messages_that_need_no_answer_count_for_nothing() {
    Case::<Walmart>::new().check("2026-03-20", violation(), "");
    Case::<Walmart>::new().check("2026-03-20", contact().owed_nothing(), "");
}
