//! What a sale counts for: claims, late dispatch, cancellations, and what is shown and not counted.

use andon_mercadolibre::MercadoLibre;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, IncidentKind};
use andon_sdk::testing::{Case, OrderBuilder, contact, order, violation};

fn check(now: &str, fact: OrderBuilder, lines: &str) {
    Case::<MercadoLibre>::new().check(now, fact.placed("2026-03-01"), &format!("sales 2026-03-01\n{lines}"));
}

fn later(fact: OrderBuilder, lines: &str) {
    check("2026-03-20", fact, lines);
}

#[test]
fn a_claim_counts_unless_it_was_won_withdrawn_or_covered() {
    for kind in [ClaimKind::NotReceived, ClaimKind::NotAsDescribed, ClaimKind::RefundRefused] {
        let claimed = |state, lines: &str| later(order().claim("2026-03-05", kind, state), lines);
        let counted = "claims 2026-03-01 because claim";
        claimed(ClaimState::Open, counted);
        claimed(ClaimState::RefundedByMerchant, counted);
        claimed(ClaimState::Granted, counted);
        claimed(ClaimState::GrantedAtPlatformCost, &format!("{counted} but covered-by-platform"));
        claimed(ClaimState::Denied, &format!("{counted} but decided-for-seller"));
        claimed(ClaimState::Withdrawn, &format!("{counted} but claim-withdrawn"));
    }
    later(order().claim("2026-03-05", ClaimKind::ChargebackService, ClaimState::Granted), "");
    later(order().claim("2026-03-05", ClaimKind::ChargebackFraud, ClaimState::Granted), "");
}

#[test]
fn a_sale_has_one_claim_at_most_and_what_counts_hides_what_does_not() {
    let claimed = |fact: OrderBuilder, state| fact.claim("2026-03-05", ClaimKind::NotReceived, state);
    let both = claimed(claimed(order(), ClaimState::Denied), ClaimState::Granted);
    later(claimed(both, ClaimState::Open), "claims 2026-03-01 because claim");
}

#[test]
fn dispatch_is_late_from_the_millisecond_after_its_promise_on() {
    let due = || order().ship_by("2026-03-03 12:00");
    later(due().shipped("2026-03-03 12:00"), "");
    later(due().shipped("2026-03-03 12:00:00.001"), "dispatches-late 2026-03-01 because dispatched-late");
    check("2026-03-03 12:00", due(), "revisit 2026-03-03 12:00:00.001");
    check("2026-03-03 12:00:00.001", due(), "dispatches-late 2026-03-01 because dispatch-overdue");
    later(order().shipped("2026-03-19"), "");
    later(order(), "");
}

#[test]
fn what_the_platform_ships_or_was_cancelled_is_not_late() {
    later(order().ship_by("2026-03-03").by_platform(), "");
    later(order().ship_by("2026-03-03").by_platform().shipped("2026-03-09"), "");
    later(order().ship_by("2026-03-03").cancelled("2026-03-09", Actor::Buyer, CancelReason::BuyerRequest), "");
}

#[test]
fn a_delay_that_carrier_or_platform_caused_is_excluded() {
    let late = order().ship_by("2026-03-03").shipped("2026-03-04");
    let counted = "dispatches-late 2026-03-01 because dispatched-late";
    for by in [Actor::Carrier, Actor::Platform] {
        let fact = late.clone().incident("2026-03-03", IncidentKind::NoScan, by);
        later(fact, &format!("{counted} but not-the-sellers-delay"));
    }
    for by in [Actor::Merchant, Actor::Buyer] {
        later(late.clone().incident("2026-03-03", IncidentKind::AddressProblem, by), counted);
    }
}

#[test]
fn a_cancellation_counts_where_the_seller_made_or_caused_it() {
    let cancelled = |by, reason, lines: &str| later(order().cancelled("2026-03-02", by, reason), lines);
    let counted = "cancellations 2026-03-01 because cancelled-by-seller";
    for reason in [CancelReason::OutOfStock, CancelReason::PricingError, CancelReason::UndeliverableAddress, CancelReason::Other]
    {
        cancelled(Actor::Merchant, reason, counted);
    }
    for reason in [CancelReason::BuyerRequest, CancelReason::Unpaid, CancelReason::FraudHold, CancelReason::PlatformError] {
        cancelled(Actor::Merchant, reason, &format!("{counted} but not-the-sellers-choice"));
        cancelled(Actor::Platform, reason, "");
        cancelled(Actor::Buyer, reason, "");
    }
    for by in [Actor::Merchant, Actor::Platform] {
        cancelled(by, CancelReason::NotShippedInTime, "cancellations 2026-03-01 because cancelled-undispatched");
    }
    cancelled(Actor::Platform, CancelReason::OutOfStock, counted);
    cancelled(Actor::Platform, CancelReason::Other, "");
    cancelled(Actor::Buyer, CancelReason::NotShippedInTime, "");
}

#[test]
fn contacts_violations_and_feedback_count_for_nothing() {
    Case::<MercadoLibre>::new().check("2026-03-20", contact(), "");
    Case::<MercadoLibre>::new().check("2026-03-20", violation(), "");
    later(order().feedback("2026-03-05", 1), "");
}
