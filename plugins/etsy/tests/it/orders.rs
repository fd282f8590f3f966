//! What an order counts for: dissatisfaction, refunded cases, reviews, sales.

use andon_etsy::Etsy;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, FeedbackState};
use andon_sdk::testing::{Case, OrderBuilder, order, violation};

/// All that an order counts for besides being an order and a sale of its day.
fn check(fact: OrderBuilder, lines: &str) {
    let expected = format!("orders 2026-03-01\nsales 2026-03-01 x1000\n{lines}");
    Case::<Etsy>::new().check("2026-03-20", fact.placed("2026-03-01").by_platform(), &expected);
}

#[test]
fn an_order_is_a_sale_until_it_is_cancelled_and_complete_once_shipped() {
    check(order(), "");
    check(order().shipped("2026-03-03"), "orders-completed 2026-03-01");
    let cancelled = order().placed("2026-03-01").cancelled("2026-03-02", Actor::Merchant, CancelReason::OutOfStock);
    Case::<Etsy>::new().check("2026-03-20", cancelled, "orders 2026-03-01");
}

#[test]
fn reviews_are_dissatisfied_up_to_2_low_up_to_3_and_imperfect_up_to_4() {
    let review = |rating, lines: &str| {
        let counted = format!("reviews 2026-03-05\nreview-stars 2026-03-05 x{rating}\n{lines}").replace(" x1\n", "\n");
        check(order().feedback("2026-03-05", rating), &counted);
    };
    let low = "reviews-imperfect 2026-03-05\nreviews-low 2026-03-05 because low-review\n";
    let dissatisfied = format!("{low}orders-dissatisfied 2026-03-01 because low-review");
    review(1, &dissatisfied);
    review(2, &dissatisfied);
    review(3, low);
    review(4, "reviews-imperfect 2026-03-05");
    review(5, "");
}

#[test]
fn a_review_that_may_not_be_held_against_a_shop_is_shown_and_not_counted() {
    for (state, exclusion) in [
        (FeedbackState::Struck, "review-struck"),
        (FeedbackState::Withdrawn, "review-withdrawn"),
        (FeedbackState::Removed, "review-removed"),
    ] {
        check(
            order().feedback("2026-03-05", 2).feedback_is(state),
            &format!(
                "reviews 2026-03-05 but {exclusion}
                 review-stars 2026-03-05 x2 but {exclusion}
                 reviews-imperfect 2026-03-05 but {exclusion}
                 reviews-low 2026-03-05 because low-review but {exclusion}
                 orders-dissatisfied 2026-03-01 because low-review but {exclusion}"
            ),
        );
    }
}

#[test]
fn a_case_dissatisfies_unless_it_was_dismissed_and_costs_where_the_shop_paid() {
    let case = |state, lines: &str| check(order().claim("2026-03-05", ClaimKind::NotAsDescribed, state), lines);
    let dissatisfied = "orders-dissatisfied 2026-03-01 because case";
    let refunded = "cases-refunded 2026-03-01 because case-refunded";
    case(ClaimState::Open, dissatisfied);
    case(ClaimState::RefundedByMerchant, &format!("{dissatisfied}\n{refunded}"));
    case(ClaimState::Granted, &format!("{dissatisfied}\n{refunded}"));
    case(ClaimState::GrantedAtPlatformCost, &format!("{dissatisfied}\n{refunded} but at-platform-cost"));
    case(ClaimState::Denied, &format!("{dissatisfied} but case-dismissed"));
    case(ClaimState::Withdrawn, &format!("{dissatisfied} but case-dismissed"));
    for kind in [ClaimKind::ChargebackService, ClaimKind::ChargebackFraud] {
        check(order().claim("2026-03-05", kind, ClaimState::Granted), "");
    }
}

#[test]
fn an_order_is_dissatisfied_once_and_what_is_excluded_hides_nothing() {
    let denied = order().claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Denied);
    let low =
        "reviews 2026-03-06\nreview-stars 2026-03-06\nreviews-imperfect 2026-03-06\nreviews-low 2026-03-06 because low-review";
    check(denied.clone().feedback("2026-03-06", 1), &format!("{low}\norders-dissatisfied 2026-03-01 because low-review"));
    let granted = denied.claim("2026-03-07", ClaimKind::RefundRefused, ClaimState::Granted);
    check(
        granted.feedback("2026-03-06", 1),
        &format!("{low}\norders-dissatisfied 2026-03-01 because case\ncases-refunded 2026-03-01 because case-refunded"),
    );
}

#[test]
fn violations_count_for_nothing() {
    Case::<Etsy>::new().check("2026-03-20", violation(), "");
}
