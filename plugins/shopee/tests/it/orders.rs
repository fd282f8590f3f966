//! What makes an order unfulfilled and a shipment late, and what messages and reviews count for.

use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, FeedbackState, ReturnOutcome, Subject};
use andon_sdk::testing::{Case, OrderBuilder, at, contact, order, return_request};
use andon_shopee::Shopee;

use crate::because;

fn placed() -> OrderBuilder {
    order().placed("2026-03-01")
}

fn check(fact: impl Into<Subject>, lines: &str) {
    Case::<Shopee>::new().check("2026-03-20", fact, lines);
}

const NET: &str = "orders-judged 2026-03-01";

/// The marks of an order that went wrong on a day.
fn unfulfilled(day: &str, part: &str, cause: &str) -> String {
    format!("orders-judged {day}\norders-unfulfilled {day} because {cause}\n{part} {day} because {cause}")
}

/// The same where it is shown and not counted.
fn excused(day: &str, part: &str, cause: &str) -> String {
    let but = "but not-sellers-fault";
    format!("orders-unfulfilled {day} because {cause} {but}\n{part} {day} because {cause} {but}")
}

#[test]
fn a_cancellation_is_the_sellers_fault_even_where_the_buyer_was_asked_to_cancel() {
    use CancelReason::{
        BuyerRequest, FraudHold, NotShippedInTime, Other, OutOfStock, PlatformError, PricingError, UndeliverableAddress, Unpaid,
    };
    let cancelled = |by, reason, lines: &str| check(placed().cancelled("2026-03-02", by, reason), lines);
    let counted = |cause| unfulfilled("2026-03-02", "orders-cancelled", cause);
    for by in [Actor::Merchant, Actor::Buyer, Actor::Platform] {
        cancelled(by, OutOfStock, &counted("cancelled-by-seller"));
        cancelled(by, PricingError, &counted("cancelled-by-seller"));
        cancelled(by, NotShippedInTime, &counted("auto-cancelled"));
    }
    cancelled(Actor::Merchant, Other, &counted("cancelled-by-seller"));
    let shown = excused("2026-03-02", "orders-cancelled", "cancelled-by-seller");
    for reason in [BuyerRequest, Unpaid, FraudHold, PlatformError, UndeliverableAddress] {
        cancelled(Actor::Merchant, reason, &format!("orders-judged 2026-03-02 but not-sellers-fault\n{shown}"));
        cancelled(Actor::Buyer, reason, "");
        cancelled(Actor::Platform, reason, "");
    }
    cancelled(Actor::Buyer, Other, "");
}

#[test]
fn an_order_is_net_until_something_goes_wrong() {
    check(placed(), NET);
    check(placed().by_platform(), "");
}

#[test]
fn a_claim_counts_once_the_seller_pays_on_the_day_it_closed() {
    let claim = |kind, state, closed: Option<&str>, lines: &str| {
        let Subject::Order(mut order) = placed().claim("2026-03-05", kind, state).into() else { panic!("an order is an order") };
        for claim in order.aftermath.iter_mut().flat_map(|after| &mut after.claims) {
            claim.closed = closed.map(at);
        }
        check(Subject::Order(order), lines);
    };
    let counted = |day| unfulfilled(day, "orders-refunded", "claim-refunded");
    for state in [ClaimState::RefundedByMerchant, ClaimState::Granted] {
        claim(ClaimKind::NotReceived, state, Some("2026-03-09"), &counted("2026-03-09"));
        claim(ClaimKind::NotReceived, state, None, &counted("2026-03-05"));
        claim(ClaimKind::ChargebackService, state, None, NET);
        claim(ClaimKind::ChargebackFraud, state, None, NET);
    }
    let shown = excused("2026-03-05", "orders-refunded", "claim-refunded");
    claim(ClaimKind::NotReceived, ClaimState::GrantedAtPlatformCost, None, &format!("{NET}\n{shown}"));
    for state in [ClaimState::Open, ClaimState::Denied, ClaimState::Withdrawn] {
        claim(ClaimKind::NotReceived, state, None, NET);
    }
}

#[test]
fn a_return_counts_once_it_is_refunded_for_a_reason_of_the_sellers() {
    let request = |outcome| placed().returned(return_request("2026-03-09").outcome(outcome));
    let counted = unfulfilled("2026-03-09", "orders-refunded", "return-refunded");
    for reason in 1..=7 {
        check(because(request(ReturnOutcome::Refunded), Some(reason)), &counted);
    }
    let shown = excused("2026-03-09", "orders-refunded", "return-refunded");
    for reason in [Some(0), None] {
        check(because(request(ReturnOutcome::Refunded), reason), &format!("{NET}\n{shown}"));
    }
    for outcome in [ReturnOutcome::Open, ReturnOutcome::Replaced, ReturnOutcome::Rejected, ReturnOutcome::WronglyRejected] {
        check(because(request(outcome), Some(1)), NET);
    }
}

#[test]
fn an_order_is_unfulfilled_once_and_what_is_excluded_hides_nothing() {
    let refunded = placed().claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Granted);
    let both = refunded.clone().cancelled("2026-03-02", Actor::Merchant, CancelReason::OutOfStock);
    check(both, &unfulfilled("2026-03-02", "orders-cancelled", "cancelled-by-seller"));
    let excluded = refunded.cancelled("2026-03-02", Actor::Merchant, CancelReason::BuyerRequest);
    check(excluded, &unfulfilled("2026-03-05", "orders-refunded", "claim-refunded"));
}

#[test]
fn a_shipment_is_late_after_its_promise_and_counts_when_it_was_made() {
    let fact = |shipped: &str| placed().ship_by("2026-03-03").shipped(shipped);
    let shipped = |moment: &str, seconds| format!("{NET}\nshipments {moment}\npreparation-seconds {moment} x{seconds}\n");
    check(fact("2026-03-03"), &shipped("2026-03-03", 172_800));
    let late = "2026-03-03 00:00:00.001";
    check(fact(late), &format!("{}shipments-late {late} because shipped-late", shipped(late, 172_800)));
    check(placed().shipped("2026-03-19"), &shipped("2026-03-19", 1_555_200));
    // Shipped before it was placed, by the clocks: it took no time.
    check(placed().shipped("2026-02-28"), &shipped("2026-02-28", 0));
    check(placed().ship_by("2026-03-03"), NET);
    check(placed().by_platform().ship_by("2026-03-03").shipped("2026-03-09"), "");
}

#[test]
fn a_message_is_to_be_answered_within_a_day() {
    let case = Case::<Shopee>::new();
    let fact = contact().opened("2026-03-01");
    let owed = "answers-owed 2026-03-01\n";
    case.check("2026-03-02", fact.clone(), "revisit 2026-03-02 00:00:00.001");
    case.check("2026-03-02 00:00:00.001", fact.clone(), &format!("{owed}answers-late 2026-03-01 because not-answered"));
    case.check("2026-03-09", fact.clone().answered("2026-03-02"), &format!("{owed}answers-in-time 2026-03-01"));
    case.check(
        "2026-03-09",
        fact.clone().answered("2026-03-02 00:00:00.001"),
        &format!("{owed}answers-late 2026-03-01 because answered-late"),
    );
    case.check("2026-03-09", fact.owed_nothing(), "");
}

#[test]
fn reviews_count_on_the_day_they_were_left_unless_they_may_not() {
    let fact = |rating| order().by_platform().feedback("2026-03-05", rating);
    check(fact(5), "reviews 2026-03-05\nreview-stars 2026-03-05 x5");
    check(fact(4), "reviews 2026-03-05\nreview-stars 2026-03-05 x4\nreviews-imperfect 2026-03-05");
    for (state, exclusion) in [
        (FeedbackState::Struck, "review-struck"),
        (FeedbackState::Withdrawn, "review-withdrawn"),
        (FeedbackState::Removed, "review-removed"),
    ] {
        check(
            fact(1).feedback_is(state),
            &format!(
                "reviews 2026-03-05 but {exclusion}
                 review-stars 2026-03-05 but {exclusion}
                 reviews-imperfect 2026-03-05 but {exclusion}"
            ),
        );
    }
}
