//! Shipments and messages: what counts, on which day, and when time alone decides it.

use andon_etsy::Etsy;
use andon_sdk::facts::{Actor, CancelReason};
use andon_sdk::testing::{Case, OrderBuilder, contact, order};

fn check(now: &str, fact: OrderBuilder, lines: &str) {
    let shipped = "orders 2026-03-01\nsales 2026-03-01 x1000\norders-completed 2026-03-01\n";
    Case::<Etsy>::new().check(now, fact.placed("2026-03-01"), &format!("{shipped}{lines}"));
}

#[test]
fn a_shipment_counts_on_the_promised_day_and_for_a_star_only_if_tracked() {
    let fact = |shipped: &str| order().ship_by("2026-03-03").shipped(shipped);
    let due = "shipments-due 2026-03-03\n";
    let tracked = format!("{due}shipments-on-time 2026-03-03\nshipments-tracked 2026-03-03");
    let untracked = format!("{due}shipments-on-time 2026-03-03\nshipments-short-of-star 2026-03-03 because no-carrier-scan");
    check("2026-03-20", fact("2026-03-03").scanned(), &tracked);
    check("2026-03-02", fact("2026-03-02").delivered("2026-03-02"), &tracked);
    check("2026-03-20", fact("2026-03-03"), &untracked);
    check("2026-03-20", fact("2026-03-03").tracked(), &untracked);
    check(
        "2026-03-20",
        fact("2026-03-03 00:00:00.001").scanned(),
        &format!("{due}shipments-late 2026-03-03 because shipped-late\nshipments-short-of-star 2026-03-03 because shipped-late"),
    );
}

#[test]
fn without_a_promise_a_shipment_counts_when_it_was_made_and_is_never_late() {
    check(
        "2026-03-20",
        order().shipped("2026-03-19").scanned(),
        "shipments-due 2026-03-19\nshipments-on-time 2026-03-19\nshipments-tracked 2026-03-19",
    );
}

#[test]
fn an_unshipped_order_is_late_as_soon_as_its_promise_has_passed() {
    let case = Case::<Etsy>::new();
    let fact = order().placed("2026-03-01").ship_by("2026-03-03 12:00");
    let sold = "orders 2026-03-01\nsales 2026-03-01 x1000\n";
    case.check("2026-03-03 12:00", fact.clone(), &format!("{sold}revisit 2026-03-03 12:00:00.001"));
    case.check(
        "2026-03-03 12:00:00.001",
        fact.clone(),
        &format!(
            "{sold}shipments-due 2026-03-03 12:00
             shipments-late 2026-03-03 12:00 because ship-by-passed
             shipments-short-of-star 2026-03-03 12:00 because ship-by-passed"
        ),
    );
    // Called off before it shipped, it is no shipment; afterwards it still is.
    let cancelled = fact.cancelled("2026-03-05", Actor::Buyer, CancelReason::BuyerRequest);
    case.check("2026-03-20", cancelled.clone(), "orders 2026-03-01");
    case.check(
        "2026-03-20",
        cancelled.shipped("2026-03-03").scanned(),
        "orders 2026-03-01
         orders-completed 2026-03-01
         shipments-due 2026-03-03 12:00
         shipments-on-time 2026-03-03 12:00
         shipments-tracked 2026-03-03 12:00",
    );
}

#[test]
fn a_message_is_to_be_answered_within_48_hours_and_by_a_star_within_24() {
    let case = Case::<Etsy>::new();
    let fact = contact().opened("2026-03-01");
    let answers = |how_24: &str, how_48: &str| {
        [("24", how_24), ("48", how_48)]
            .map(|(hours, how)| match how {
                "" => String::new(),
                "in-time" => format!("answers-owed-{hours} 2026-03-01\nanswers-in-time-{hours} 2026-03-01\n"),
                why => format!("answers-owed-{hours} 2026-03-01\nanswers-late-{hours} 2026-03-01 because {why}\n"),
            })
            .concat()
    };
    case.check("2026-03-02", fact.clone(), "revisit 2026-03-02 00:00:00.001");
    let late_24 = answers("not-answered", "");
    case.check("2026-03-02 00:00:00.001", fact.clone(), &format!("{late_24}revisit 2026-03-03 00:00:00.001"));
    case.check("2026-03-03", fact.clone(), &format!("{late_24}revisit 2026-03-03 00:00:00.001"));
    case.check("2026-03-03 00:00:00.001", fact.clone(), &answers("not-answered", "not-answered"));
    case.check("2026-03-09", fact.clone().answered("2026-03-02"), &answers("in-time", "in-time"));
    case.check("2026-03-09", fact.clone().answered("2026-03-02 00:00:00.001"), &answers("answered-late", "in-time"));
    case.check("2026-03-09", fact.clone().answered("2026-03-03"), &answers("answered-late", "in-time"));
    case.check("2026-03-09", fact.clone().answered("2026-03-03 00:00:00.001"), &answers("answered-late", "answered-late"));
    case.check("2026-03-09", fact.owed_nothing(), "");
}
