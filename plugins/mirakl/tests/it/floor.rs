//! The floor of 10 orders, cancelled ones not counted, from facts to verdicts on both sides. Read on 2026-06-30.

use andon_mirakl::Mirakl;
use andon_sdk::facts::{Actor, CancelReason, ClaimKind, ClaimState};
use andon_sdk::testing::{Case, OrderBuilder, Shop, order};

const TODAY: &str = "2026-06-30";

const TOO_FEW: &str = "standing good\nscore 1000\nreasons too-few-orders";

fn suspended(metric: &str) -> String {
    format!(
        "standing suspended
         score 800
         reasons {metric}-breached
         suspend: {metric}-breached
         ask-plan-of-action: {metric}-breached"
    )
}

fn placed() -> OrderBuilder {
    order().placed("2026-06-10")
}

fn accepted() -> OrderBuilder {
    placed().accepted("2026-06-10")
}

fn claimed() -> OrderBuilder {
    accepted().claim("2026-06-12", ClaimKind::NotReceived, ClaimState::Open)
}

fn called_off(order: OrderBuilder) -> OrderBuilder {
    order.cancelled("2026-06-11", Actor::Buyer, CancelReason::BuyerRequest)
}

fn refused() -> OrderBuilder {
    placed().cancelled("2026-06-11", Actor::Merchant, CancelReason::OutOfStock)
}

/// So many of each.
fn shop<const N: usize>(orders: [(u64, OrderBuilder); N]) -> Shop<Mirakl> {
    let add = |shop: Shop<Mirakl>, (n, made): (u64, OrderBuilder)| shop.facts(n, |_| made.clone());
    orders.into_iter().fold(Shop::new(), add)
}

#[test]
fn one_order_among_nine_cancelled_after_acceptance_suspends_nobody() {
    let health = shop([(9, called_off(accepted())), (1, claimed())]).on(TODAY);
    assert_eq!(health.metric("incident-rate"), "1/10 breached");
    assert_eq!(health.metric("orders-not-cancelled"), "1 insufficient");
    health.check(TOO_FEW);
}

#[test]
fn cancelled_orders_stay_in_rates_and_out_of_the_floor() {
    let with = |live| shop([(9, called_off(accepted())), (live, claimed())]).on(TODAY);
    assert_eq!(with(9).metric("incident-rate"), "9/18 breached");
    with(9).check(TOO_FEW);
    assert_eq!(with(10).metric("incident-rate"), "10/19 breached");
    with(10).check(&suspended("incident-rate"));
}

#[test]
fn whoever_cancelled_an_accepted_order_it_is_no_volume() {
    for (by, reason) in [
        (Actor::Buyer, CancelReason::Other),
        (Actor::Merchant, CancelReason::OutOfStock),
        (Actor::Platform, CancelReason::NotShippedInTime),
    ] {
        let with = |live| shop([(9, accepted().cancelled("2026-06-11", by, reason)), (live, claimed())]).on(TODAY);
        with(9).check(TOO_FEW);
        with(10).check(&suspended("incident-rate"));
    }
}

#[test]
fn refused_orders_are_volume() {
    let with = |refusals| shop([(3, called_off(accepted())), (refusals, refused()), (1, accepted())]).on(TODAY);
    assert_eq!(with(8).metric("acceptance-rate"), "4/12 breached");
    with(8).check(TOO_FEW);
    assert_eq!(with(9).metric("acceptance-rate"), "4/13 breached");
    with(9).check(&suspended("acceptance-rate"));
    // Whoever refuses nearly everything is to be found out.
    shop([(9, refused()), (1, accepted())]).on(TODAY).check(&suspended("acceptance-rate"));
    shop([(8, refused()), (1, accepted())]).on(TODAY).check("standing good\nscore 1000");
}

#[test]
fn what_was_called_off_before_acceptance_is_no_volume_and_what_waits_is() {
    let with =
        |waiting, gone| shop([(3, called_off(accepted())), (9, claimed()), (waiting, placed()), (gone, called_off(placed()))]);
    with(0, 20).on(TODAY).check(TOO_FEW);
    with(1, 20).on(TODAY).check(&suspended("incident-rate"));
}

#[test]
fn shipments_wait_for_the_floor_as_well() {
    let late = || accepted().ship_by("2026-06-11").shipped("2026-06-12").tracked();
    let with = |live| shop([(9, called_off(late())), (live, late())]).on(TODAY);
    with(9).check(TOO_FEW);
    with(10).check(&suspended("late-shipment-rate"));
    // Not shipped and never said to be accepted, an order is there all the same.
    shop([(10, placed().ship_by("2026-06-12"))]).on(TODAY).check(&suspended("late-shipment-rate"));
}

#[test]
fn below_the_floor_only_what_is_not_about_orders_is_held_against_a_shop() {
    let case = Case::<Mirakl>::new();
    let few = || case.snapshot(TODAY).insufficient("orders-not-cancelled");
    case.check_verdict(few(), "standing good\nscore 1000");
    for metric in ["incident-rate", "acceptance-minutes", "acceptance-rate", "refund-rate", "late-shipment-rate", "tracking-rate"]
    {
        case.check_verdict(few().breached(metric, 9), TOO_FEW);
        case.check_verdict(few().at_risk(metric), TOO_FEW);
        // Nor is it final for a shop that was reopened, nor warned of while it is immune.
        case.check_verdict(few().breached(metric, 9).reinstated("2026-05-31"), TOO_FEW);
        let immune = "standing immune\nscore 1000\nreasons immune, too-few-orders\nrevisit 2026-07-01";
        case.check_verdict(few().breached(metric, 9).reinstated("2026-06-01"), immune);
    }
    for metric in ["response-minutes", "auto-rejections", "rating"] {
        case.check_verdict(few().breached(metric, 1), &suspended(metric));
    }
    case.check_verdict(
        few().breached("incident-rate", 1).breached("rating", 1),
        "standing suspended
         score 800
         reasons rating-breached, too-few-orders
         suspend: rating-breached
         ask-plan-of-action: rating-breached",
    );
}
