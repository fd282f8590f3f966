//! What a transaction counts for: defects, unresolved cases, and shipments by their evidence.

use andon_ebay::Ebay;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState, IncidentKind};
use andon_sdk::testing::{Case, OrderBuilder, contact, order, violation};

fn check(fact: OrderBuilder, lines: &str) {
    Case::<Ebay>::new().check("2026-03-20", fact.placed("2026-03-01"), &format!("transactions 2026-03-01\n{lines}"));
}

/// The same for a transaction that was not called off.
fn sold(fact: OrderBuilder, lines: &str) {
    check(fact, &format!("sales 2026-03-01 x1000\n{lines}"));
}

#[test]
fn a_cancellation_is_a_defect_where_the_seller_made_it_for_reasons_of_their_own() {
    let cancelled = |by, reason, lines: &str| check(order().cancelled("2026-03-02", by, reason), lines);
    let defect = "transactions-defective 2026-03-01 because cancelled-by-seller";
    for reason in [CancelReason::OutOfStock, CancelReason::PricingError, CancelReason::NotShippedInTime, CancelReason::Other] {
        cancelled(Actor::Merchant, reason, defect);
    }
    for (reason, exclusion) in [
        (CancelReason::BuyerRequest, "buyer-request"),
        (CancelReason::Unpaid, "unpaid"),
        (CancelReason::PlatformError, "site-fault"),
        (CancelReason::FraudHold, "told-to-hold"),
    ] {
        cancelled(Actor::Merchant, reason, &format!("{defect} but {exclusion}"));
        cancelled(Actor::Buyer, reason, "");
        cancelled(Actor::Platform, reason, "");
    }
    cancelled(Actor::Platform, CancelReason::OutOfStock, defect);
}

#[test]
fn a_case_is_a_defect_where_the_seller_did_not_resolve_it() {
    let case = |kind, state, lines: &str| sold(order().claim("2026-03-05", kind, state), lines);
    let unresolved =
        "cases-unresolved 2026-03-01 because case-unresolved\ntransactions-defective 2026-03-01 because case-unresolved";
    let won = "cases-unresolved 2026-03-01 because case-unresolved but decided-for-seller
               transactions-defective 2026-03-01 because case-unresolved but decided-for-seller";
    for kind in [ClaimKind::NotReceived, ClaimKind::NotAsDescribed, ClaimKind::RefundRefused] {
        case(kind, ClaimState::Granted, unresolved);
        case(kind, ClaimState::GrantedAtPlatformCost, unresolved);
        case(kind, ClaimState::Denied, won);
        case(kind, ClaimState::RefundedByMerchant, "");
        case(kind, ClaimState::Withdrawn, "");
        case(kind, ClaimState::Open, "");
    }
    case(ClaimKind::ChargebackService, ClaimState::Granted, "");
    case(ClaimKind::ChargebackFraud, ClaimState::Granted, "");
}

#[test]
fn a_transaction_has_one_defect_at_most_and_feedback_makes_none() {
    let lost = |o: OrderBuilder| o.claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Granted);
    let won = |o: OrderBuilder| o.claim("2026-03-05", ClaimKind::NotReceived, ClaimState::Denied);
    let cancelled = order().cancelled("2026-03-02", Actor::Merchant, CancelReason::OutOfStock);
    let case = "cases-unresolved 2026-03-01 because case-unresolved";
    let both = format!("{case}\ntransactions-defective 2026-03-01 because case-unresolved");
    check(lost(lost(cancelled.clone())), &both);
    check(
        won(cancelled),
        &format!("{case} but decided-for-seller\ntransactions-defective 2026-03-01 because cancelled-by-seller"),
    );
    sold(order().feedback("2026-03-05", 1), "");
}

#[test]
fn a_shipment_is_on_time_by_scan_or_by_delivery_and_late_only_by_tracking() {
    let promised = || order().ship_by("2026-03-03").deliver_by("2026-03-08");
    let (on_time, late) =
        ("shipments-judged 2026-03-01", "shipments-judged 2026-03-01\nshipments-late 2026-03-01 because tracking-shows-late");
    // Scanned in time, however long the carrier took.
    sold(promised().shipped("2026-03-03").scanned(), on_time);
    sold(promised().shipped("2026-03-03").delivered("2026-03-19"), on_time);
    // Handed over late, delivered by the latest estimate.
    sold(promised().shipped("2026-03-04").delivered("2026-03-08"), on_time);
    sold(promised().shipped("2026-03-04").delivered("2026-03-08 00:00:00.001"), late);
    sold(promised().delivered("2026-03-09"), late);
    // No evidence either way.
    sold(promised(), "");
    sold(promised().shipped("2026-03-03").tracked(), "");
    sold(promised().shipped("2026-03-04").scanned(), "");
    // Without an estimate the scan alone decides.
    sold(order().ship_by("2026-03-03").shipped("2026-03-04").scanned(), late);
    sold(order().shipped("2026-03-04").scanned(), "");
    sold(promised().by_platform().delivered("2026-03-09"), "");
}

#[test]
fn a_delay_that_carrier_or_platform_caused_is_excluded() {
    let late = order().deliver_by("2026-03-08").delivered("2026-03-09");
    let lines = "shipments-judged 2026-03-01\nshipments-late 2026-03-01 because tracking-shows-late";
    for by in [Actor::Carrier, Actor::Platform] {
        let fact = late.clone().incident("2026-03-06", IncidentKind::Stalled, by);
        sold(fact, &format!("{lines} but not-the-sellers-delay"));
    }
    sold(late.incident("2026-03-06", IncidentKind::AddressProblem, Actor::Merchant), lines);
}

#[test]
fn contacts_and_violations_count_for_nothing() {
    Case::<Ebay>::new().check("2026-03-20", contact(), "");
    Case::<Ebay>::new().check("2026-03-20", violation(), "");
}
