//! What an order counts for, its rating, and a violation.

use andon_aliexpress::AliExpress;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, FeedbackState, ReturnOutcome, Severity, ViolationState};
use andon_sdk::testing::{Case, OrderBuilder, contact, order, return_request, violation};

fn check(fact: OrderBuilder, lines: &str) {
    Case::<AliExpress>::new().check("2026-04-20", fact.placed("2026-03-01"), &format!("orders 2026-03-01\n{lines}"));
}

/// A rating of the order with its lines, each marked as excluded by something.
fn rated(fact: OrderBuilder, lines: &str, but: &str) {
    let lines: Vec<_> = lines.lines().map(|line| format!("{}{but}", line.trim())).collect();
    check(fact, &lines.join("\n"));
}

#[test]
fn a_rating_is_positive_from_4_and_negative_to_2() {
    let fact = |stars| order().feedback("2026-03-09", stars);
    let positive = "ratings 2026-03-09
        feedback-points 2026-03-09
        feedback-decided 2026-03-09
        feedback-positive 2026-03-09";
    let low = "quality-defects 2026-03-09 because overall-low";
    let negative = "ratings 2026-03-09
        feedback-points 2026-03-09 x-1
        feedback-decided 2026-03-09
        feedback-negative 2026-03-09 because rated-1-or-2
        quality-defects 2026-03-09 because overall-low";
    rated(fact(5), positive, "");
    rated(fact(4), positive, "");
    rated(fact(3), &format!("ratings 2026-03-09\n{low}"), "");
    rated(fact(2), negative, "");
    rated(fact(1), negative, "");
}

const FIVE: &str = "ratings 2026-03-09
    feedback-points 2026-03-09
    feedback-decided 2026-03-09
    feedback-positive 2026-03-09";

#[test]
fn quality_is_missed_to_3_as_described_and_shipping_to_1() {
    let fact = |described, service, shipping| order().feedback("2026-03-09", 5).aspects(described, service, shipping);
    let described = |mark: u8| format!("{FIVE}\ndescribed-marks 2026-03-09 x{mark}\ndescribed-ratings 2026-03-09");
    rated(fact(Some(4), None, None), &described(4), "");
    let low = format!("{}\nquality-defects 2026-03-09 because described-low", described(3));
    rated(fact(Some(3), None, None), &low, "");
    let service = format!("{FIVE}\nservice-marks 2026-03-09\nservice-ratings 2026-03-09");
    rated(fact(None, Some(1), None), &service, "");
    let shipping = "shipping-rated 2026-03-09\nshipping-ratings 2026-03-09";
    rated(fact(None, None, Some(2)), &format!("{FIVE}\n{shipping}\nshipping-marks 2026-03-09 x2"), "");
    let one = format!("{FIVE}\n{shipping}\nshipping-marks 2026-03-09\nshipping-defects 2026-03-09 because shipping-low");
    rated(fact(None, None, Some(1)), &one, "");
}

#[test]
fn ratings_of_cheap_orders_are_shown_and_not_counted() {
    let fact = |amount| order().amount(amount).feedback("2026-03-09", 5);
    rated(fact(500), FIVE, "");
    rated(fact(499), FIVE, " but low-value");
    let case = Case::<AliExpress>::with(&[("least-order-value", "0")]);
    case.check("2026-04-20", fact(0).placed("2026-03-01"), &format!("orders 2026-03-01\n{FIVE}"));
}

#[test]
fn ratings_of_disputed_orders_are_shown_and_not_counted() {
    let fact = || order().feedback("2026-03-09", 5);
    let claimed = |kind, state| fact().claim("2026-03-05", kind, state);
    for state in [ClaimState::Open, ClaimState::Granted, ClaimState::Denied] {
        rated(claimed(ClaimKind::NotReceived, state), FIVE, " but order-disputed");
    }
    rated(claimed(ClaimKind::NotReceived, ClaimState::Withdrawn), FIVE, "");
    rated(claimed(ClaimKind::NotAsDescribed, ClaimState::Open), FIVE, "");
    rated(fact().returned(return_request("2026-03-05").outcome(ReturnOutcome::Rejected)), FIVE, " but order-disputed");
}

#[test]
fn a_buyer_has_30_days_to_rate() {
    let fact = |delivered: &str| order().delivered(delivered).feedback("2026-03-09", 5);
    rated(fact("2026-02-07"), FIVE, "");
    rated(fact("2026-02-06 23:59:59.999"), FIVE, " but rated-too-late");
}

#[test]
fn ratings_that_may_not_count_are_shown() {
    for (state, but) in [
        (FeedbackState::Struck, " but feedback-struck"),
        (FeedbackState::Withdrawn, " but feedback-withdrawn"),
        (FeedbackState::Removed, " but feedback-removed"),
    ] {
        rated(order().feedback("2026-03-09", 5).feedback_is(state), FIVE, but);
    }
}

#[test]
fn an_order_that_the_seller_never_shipped_is_a_defect_of_service() {
    let cancelled = |by, reason, lines: &str| check(order().cancelled("2026-03-05", by, reason), lines);
    let unshipped = "orders-unshipped 2026-03-01 because not-shipped";
    for by in [Actor::Merchant, Actor::Platform] {
        cancelled(by, CancelReason::NotShippedInTime, unshipped);
        cancelled(by, CancelReason::OutOfStock, unshipped);
    }
    for reason in [CancelReason::PricingError, CancelReason::Other] {
        cancelled(Actor::Merchant, reason, unshipped);
        cancelled(Actor::Platform, reason, "");
    }
    cancelled(Actor::Buyer, CancelReason::NotShippedInTime, "");
    for reason in [CancelReason::BuyerRequest, CancelReason::Unpaid, CancelReason::FraudHold, CancelReason::UndeliverableAddress]
    {
        cancelled(Actor::Merchant, reason, "");
    }
    let shipped = order().shipped("2026-03-02").cancelled("2026-03-05", Actor::Merchant, CancelReason::OutOfStock);
    check(shipped, "orders-shipped 2026-03-02");
}

#[test]
fn a_request_for_a_refund_is_a_dispute_of_a_shipped_order() {
    let shipped = || order().shipped("2026-03-02");
    let claimed = |kind, state| shipped().claim("2026-03-05", kind, state);
    let disputed = |cause: &str| format!("orders-shipped 2026-03-02\norders-disputed 2026-03-02 because {cause}");
    check(claimed(ClaimKind::NotReceived, ClaimState::Denied), &disputed("not-received"));
    check(claimed(ClaimKind::NotAsDescribed, ClaimState::Open), &disputed("other-refund"));
    check(claimed(ClaimKind::RefundRefused, ClaimState::Granted), &disputed("other-refund"));
    let withdrawn = claimed(ClaimKind::NotReceived, ClaimState::Withdrawn);
    check(withdrawn.clone(), &disputed("not-received but claim-withdrawn"));
    check(withdrawn.clone().returned(return_request("2026-03-06")), &disputed("other-refund"));
    check(withdrawn.claim("2026-03-06", ClaimKind::NotAsDescribed, ClaimState::Open), &disputed("other-refund"));
    check(claimed(ClaimKind::ChargebackFraud, ClaimState::Granted), "orders-shipped 2026-03-02");
    check(order().claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Open), "");
}

#[test]
fn only_critical_violations_are_severe_and_contacts_count_for_nothing() {
    let case = Case::<AliExpress>::new();
    let fact = |severity| violation().recorded("2026-03-01").severity(severity);
    for severity in [Severity::Low, Severity::Medium, Severity::High] {
        case.check("2026-04-20", fact(severity), "");
    }
    let severe = "severe-violations 2026-03-01 because violation-recorded";
    case.check("2026-04-20", fact(Severity::Critical), severe);
    case.check("2026-04-20", fact(Severity::Critical).state(ViolationState::Resolved), severe);
    let overturned = fact(Severity::Critical).state(ViolationState::Overturned);
    case.check("2026-04-20", overturned, &format!("{severe} but violation-overturned"));
    case.check("2026-04-20", contact(), "");
}
