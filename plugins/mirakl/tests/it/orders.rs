//! What an order counts for: acceptance, incidents, refunds, shipping, its rating.

use andon_mirakl::Mirakl;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, FeedbackState, ReturnOutcome};
use andon_sdk::testing::{Case, OrderBuilder, order, return_request, violation};

fn check(now: &str, fact: OrderBuilder, lines: &str) {
    Case::<Mirakl>::new().check(now, fact.placed("2026-03-01"), lines);
}

/// What every order counts for that was not cancelled.
const THERE: &str = "orders-not-cancelled 2026-03-01\n";

/// An order that was accepted within the hour.
fn accepted(fact: OrderBuilder, lines: &str) {
    accepted_once(fact, &format!("{THERE}{lines}"));
}

/// One that may have been cancelled since.
fn accepted_once(fact: OrderBuilder, lines: &str) {
    let expected =
        format!("orders 2026-03-01\norders-accepted 2026-03-01\naccept-minutes 2026-03-01 x60\naccept-timed 2026-03-01\n{lines}");
    check("2026-04-20", fact.accepted("2026-03-01 01:00"), &expected);
}

#[test]
fn acceptance_counts_by_the_minute_and_shipping_says_so_too() {
    accepted(order(), "");
    let shipped = "shipments-due 2026-03-02\nparcels 2026-03-02\nparcels-untracked 2026-03-02 because no-tracking";
    accepted(order().shipped("2026-03-02"), shipped);
    let lines = format!("{THERE}orders 2026-03-01\norders-accepted 2026-03-01\n{shipped}");
    check("2026-04-20", order().shipped("2026-03-02"), &lines);
    check("2026-04-20", order(), THERE);
}

#[test]
fn an_order_is_refused_by_the_shop_or_by_its_silence_and_counts_nowhere_if_cancelled_otherwise() {
    let cancelled = |by, reason, lines: &str| check("2026-04-20", order().cancelled("2026-03-02", by, reason), lines);
    let refused = |cause: &str| format!("{THERE}orders 2026-03-01\norders-refused 2026-03-01 because {cause}");
    for reason in [CancelReason::OutOfStock, CancelReason::PricingError, CancelReason::Other, CancelReason::NotShippedInTime] {
        cancelled(Actor::Merchant, reason, &refused("refused"));
        cancelled(Actor::Buyer, reason, "");
    }
    cancelled(Actor::Merchant, CancelReason::BuyerRequest, "");
    let silent = format!("{}\norders-auto-rejected 2026-03-01 because auto-rejected", refused("auto-rejected"));
    cancelled(Actor::Platform, CancelReason::NotShippedInTime, &silent);
    cancelled(Actor::Platform, CancelReason::FraudHold, "");
    // Accepted first, it is no refusal: it was accepted, and cancelled.
    for (by, reason) in [
        (Actor::Merchant, CancelReason::OutOfStock),
        (Actor::Platform, CancelReason::NotShippedInTime),
        (Actor::Buyer, CancelReason::BuyerRequest),
    ] {
        accepted_once(order().cancelled("2026-03-02", by, reason), "");
    }
}

#[test]
fn an_incident_is_any_claim_unless_withdrawn_or_won() {
    let incident = "incidents 2026-03-01 because incident";
    let refund = "refunds 2026-03-01 because refund";
    for kind in [ClaimKind::NotReceived, ClaimKind::NotAsDescribed, ClaimKind::RefundRefused] {
        let claimed = |state, lines: &str| accepted(order().claim("2026-03-05", kind, state), lines);
        claimed(ClaimState::Open, incident);
        claimed(ClaimState::GrantedAtPlatformCost, incident);
        claimed(ClaimState::Granted, &format!("{incident}\n{refund}"));
        claimed(ClaimState::RefundedByMerchant, &format!("{incident}\n{refund}"));
        claimed(ClaimState::Denied, &format!("{incident} but decided-for-shop"));
        claimed(ClaimState::Withdrawn, &format!("{incident} but incident-withdrawn"));
    }
    accepted(order().claim("2026-03-05", ClaimKind::ChargebackFraud, ClaimState::Open), "");
    let two = order().claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Withdrawn);
    accepted(two.claim("2026-03-06", ClaimKind::NotReceived, ClaimState::Open), incident);
    // What was never accepted has none.
    check("2026-04-20", order().claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Open), THERE);
}

#[test]
fn a_return_is_a_refund_once_it_is_refunded() {
    let refund = "refunds 2026-03-01 because refund";
    let returned = |outcome| order().returned(return_request("2026-03-05").outcome(outcome));
    accepted(returned(ReturnOutcome::Refunded), refund);
    accepted(returned(ReturnOutcome::Refunded).claim("2026-03-06", ClaimKind::ChargebackService, ClaimState::Granted), refund);
    for outcome in [ReturnOutcome::Open, ReturnOutcome::Replaced, ReturnOutcome::Rejected, ReturnOutcome::WronglyRejected] {
        accepted(returned(outcome), "");
    }
}

#[test]
fn a_shipment_is_late_from_the_millisecond_after_its_promise_on() {
    let due = || order().ship_by("2026-03-03");
    let parcel = |at: &str| format!("parcels {at}\nparcels-untracked {at} because no-tracking");
    accepted(due().shipped("2026-03-03"), &format!("shipments-due 2026-03-03\n{}", parcel("2026-03-03")));
    let at = "2026-03-03 00:00:00.001";
    accepted(due().shipped(at), &format!("shipments-due {at}\nshipments-late {at} because shipped-late\n{}", parcel(at)));
    check("2026-03-03", due(), &format!("{THERE}revisit 2026-03-03 00:00:00.001"));
    check(at, due(), &format!("{THERE}shipments-due 2026-03-03\nshipments-late 2026-03-03 because ship-by-passed"));
    check("2026-04-20", due().cancelled("2026-03-09", Actor::Buyer, CancelReason::BuyerRequest), "");
    check("2026-04-20", due().by_platform(), THERE);
}

#[test]
fn a_number_is_enough_for_tracking() {
    let shipped = |fact: OrderBuilder, line: &str| {
        let lines = format!("shipments-due 2026-03-02\nparcels 2026-03-02\n{line}");
        accepted(fact.shipped("2026-03-02"), &lines);
    };
    shipped(order(), "parcels-untracked 2026-03-02 because no-tracking");
    shipped(order().tracked(), "parcels-tracked 2026-03-02");
    shipped(order().scanned(), "parcels-tracked 2026-03-02");
    shipped(order().delivered("2026-03-04"), "parcels-tracked 2026-03-02");
}

#[test]
fn ratings_count_when_they_are_given() {
    let fact = |stars| order().feedback("2026-03-09", stars);
    let check = |now, fact, lines: &str| check(now, fact, &format!("{THERE}{lines}"));
    check("2026-04-20", fact(5), "ratings 2026-03-09\nstars 2026-03-09 x5");
    check("2026-04-20", fact(3), "ratings 2026-03-09\nstars 2026-03-09 x3");
    check("2026-04-20", fact(2), "ratings 2026-03-09\nstars 2026-03-09 x2\nratings-low 2026-03-09 because rated-low");
    for (state, exclusion) in [
        (FeedbackState::Struck, "feedback-struck"),
        (FeedbackState::Withdrawn, "feedback-withdrawn"),
        (FeedbackState::Removed, "feedback-removed"),
    ] {
        let lines = format!(
            "ratings 2026-03-09 but {exclusion}
             stars 2026-03-09 but {exclusion}
             ratings-low 2026-03-09 because rated-low but {exclusion}"
        );
        check("2026-04-20", fact(1).feedback_is(state), &lines);
    }
}

#[test]
fn violations_count_for_nothing() {
    Case::<Mirakl>::new().check("2026-04-20", violation(), "");
}
