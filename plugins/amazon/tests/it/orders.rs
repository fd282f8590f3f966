//! What makes an order defective, and what a cancellation counts for.

use andon_amazon::Amazon;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, FeedbackState};
use andon_sdk::testing::{Case, OrderBuilder, order};

fn placed() -> OrderBuilder {
    order().placed("2026-03-01").by_platform()
}

fn defect(fact: OrderBuilder, line: &str) {
    Case::<Amazon>::new().check("2026-03-20", fact, &format!("orders 2026-03-01\n{line}"));
}

#[test]
fn feedback_of_1_or_2_is_a_defect() {
    defect(placed().feedback("2026-03-05", 1), "orders-defective 2026-03-01 because negative-feedback");
    defect(placed().feedback("2026-03-05", 2), "orders-defective 2026-03-01 because negative-feedback");
    defect(placed().feedback("2026-03-05", 3), "");
}

#[test]
fn feedback_that_may_not_be_held_against_a_merchant_is_shown_and_not_counted() {
    for (state, exclusion) in [
        (FeedbackState::Struck, "feedback-struck"),
        (FeedbackState::Withdrawn, "feedback-withdrawn"),
        (FeedbackState::Removed, "feedback-removed"),
    ] {
        let fact = placed().feedback("2026-03-05", 1).feedback_is(state);
        defect(fact, &format!("orders-defective 2026-03-01 because negative-feedback but {exclusion}"));
    }
    defect(placed().feedback("2026-03-05", 5).feedback_is(FeedbackState::Struck), "");
}

#[test]
fn the_states_in_which_a_claim_counts_are_a_setting() {
    let claim = |state| placed().claim("2026-03-05", ClaimKind::NotReceived, state);
    let counted = "orders-defective 2026-03-01 because claim";
    for (state, line) in [
        (ClaimState::Open, counted),
        (ClaimState::RefundedByMerchant, counted),
        (ClaimState::Granted, counted),
        (ClaimState::GrantedAtPlatformCost, counted),
        (ClaimState::Denied, ""),
        (ClaimState::Withdrawn, ""),
    ] {
        defect(claim(state), line);
    }
    let amazon_pay = Case::<Amazon>::with(&[("counted-claim-states", "denied withdrawn")]);
    amazon_pay.check("2026-03-20", claim(ClaimState::Withdrawn), &format!("orders 2026-03-01\n{counted}"));
    amazon_pay.check("2026-03-20", claim(ClaimState::Granted), "orders 2026-03-01");
}

#[test]
fn a_chargeback_counts_over_service_and_not_over_fraud() {
    let chargeback = |kind| placed().claim("2026-03-05", kind, ClaimState::Granted);
    defect(chargeback(ClaimKind::ChargebackService), "orders-defective 2026-03-01 because chargeback");
    defect(chargeback(ClaimKind::ChargebackFraud), "orders-defective 2026-03-01 because chargeback but fraud-chargeback");
}

#[test]
fn an_order_counts_once_however_many_defects() {
    let all = placed()
        .feedback("2026-03-05", 1)
        .claim("2026-03-06", ClaimKind::NotReceived, ClaimState::Granted)
        .claim("2026-03-07", ClaimKind::RefundRefused, ClaimState::Open)
        .claim("2026-03-08", ClaimKind::ChargebackFraud, ClaimState::Granted);
    defect(all.clone(), "orders-defective 2026-03-01 because claim");
    let chargeback = all.claim("2026-03-09", ClaimKind::ChargebackService, ClaimState::Open);
    defect(chargeback, "orders-defective 2026-03-01 because chargeback");
    // What is excluded does not hide what counts.
    let fraud = placed().feedback("2026-03-05", 1).claim("2026-03-06", ClaimKind::ChargebackFraud, ClaimState::Open);
    defect(fraud, "orders-defective 2026-03-01 because negative-feedback");
}

fn cancelled(by: Actor, reason: CancelReason, line: &str) {
    let fact = order().placed("2026-03-01").cancelled("2026-03-02", by, reason);
    let expected = format!("orders 2026-03-01\norders-self-fulfilled 2026-03-01\n{line}");
    Case::<Amazon>::new().check("2026-03-20", fact, &expected);
}

#[test]
fn a_cancellation_counts_where_the_merchant_made_it() {
    use CancelReason::{BuyerRequest, NotShippedInTime, OutOfStock, PricingError};
    let counted = "orders-cancelled 2026-03-01 because cancelled-by-merchant";
    cancelled(Actor::Merchant, OutOfStock, counted);
    cancelled(Actor::Merchant, PricingError, counted);
    cancelled(Actor::Merchant, BuyerRequest, &format!("{counted} but buyer-request"));
    cancelled(Actor::Buyer, BuyerRequest, "");
    cancelled(Actor::Platform, CancelReason::FraudHold, "");
    for by in [Actor::Merchant, Actor::Platform] {
        cancelled(by, NotShippedInTime, "orders-cancelled 2026-03-01 because cancelled-unshipped");
    }
}

#[test]
fn after_shipping_a_cancellation_is_a_refund() {
    let fact = |when: &str| {
        order().placed("2026-03-01").shipped("2026-03-02").cancelled(when, Actor::Merchant, CancelReason::OutOfStock)
    };
    let sold = "orders 2026-03-01\norders-self-fulfilled 2026-03-01\n";
    let case = Case::<Amazon>::new();
    case.check("2026-03-20", fact("2026-03-02"), &format!("{sold}orders-fulfilled 2026-03-02\nshipments-due 2026-03-02"));
    let before = format!("{sold}orders-cancelled 2026-03-01 because cancelled-by-merchant");
    case.check("2026-03-20", fact("2026-03-01 23:59:59.999"), &before);
}

#[test]
fn what_the_platform_ships_counts_only_as_an_order() {
    let fact = placed().ship_by("2026-03-02").deliver_by("2026-03-04").shipped("2026-03-03").cancelled(
        "2026-03-04",
        Actor::Merchant,
        CancelReason::OutOfStock,
    );
    defect(fact, "orders-fulfilled 2026-03-03");
}
