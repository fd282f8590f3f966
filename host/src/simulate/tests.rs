//! Every simulated event passes the door, the same seed gives the same life, and the life has what it promises.

use std::collections::{HashMap, HashSet};

use andon_domain::change::Change;
use andon_domain::ids::Instant;
use proptest::prelude::*;

use super::{Plan, PlanError, Simulation};
use crate::events::{Event, EventContext, parse};
use crate::keys::Keys;

/// 2024-12-01T00:00:00Z.
const END: Instant = 1_733_011_200_000;

fn plan(merchants: u32, orders: u32, days: u32, seed: u64) -> Plan {
    Plan { merchants, orders, days, seed, end: END, marketplace: "demo".into(), currency: "EUR".into() }
}

fn events(plan: Plan) -> Vec<Event> {
    let keys = Keys::new([1; 16]);
    let ctx = EventContext { marketplace: "demo", currency: "EUR", keys: &keys, now: plan.end };
    Simulation::new(plan)
        .unwrap()
        .map(|line| parse(&ctx, &line).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&line))))
        .collect()
}

#[test]
fn a_life_has_all_that_lives_have() {
    let all = events(plan(100, 8000, 90, 7));
    let registered = all.iter().take_while(|e| matches!(e.change, Change::MerchantRegistered { .. })).count();
    assert_eq!(registered, 100);
    let types: HashSet<&str> = all.iter().map(|e| e.change.event_type()).collect();
    assert_eq!(types.len(), 22, "{types:?}");
    assert!(all.iter().all(|e| e.at <= END));

    let mut bodies = HashMap::new();
    let repeated = all.iter().filter(|e| bodies.insert(e.key, e.fingerprint).is_some_and(|f| f == e.fingerprint)).count();
    assert_eq!(bodies.len() + repeated, all.len(), "one id, one body");
    assert!((50..=400).contains(&repeated), "{repeated} repeated");
    let out_of_order = all.windows(2).filter(|pair| pair[1].at < pair[0].at).count();
    assert!(out_of_order * 50 > all.len(), "{out_of_order} out of order");

    let mut orders: HashMap<&str, u32> = HashMap::new();
    let placed =
        all.iter().filter_map(|e| if let Change::OrderPlaced(p) = &e.change { Some((e.key, p.merchant.as_str())) } else { None });
    let placed: HashMap<_, _> = placed.collect();
    for merchant in placed.values() {
        *orders.entry(merchant).or_default() += 1;
    }
    assert_eq!(placed.len(), 8000);
    let mut sizes: Vec<u32> = orders.values().copied().collect();
    sizes.sort_unstable_by_key(|n| std::cmp::Reverse(*n));
    assert!(sizes.iter().take(10).sum::<u32>() > 2500, "a long tail: {sizes:?}");
    assert!((4..9).contains(&(all.len() / 8000)), "{} events", all.len());
}

#[test]
fn plans_are_held_to_their_bounds() {
    for (bad, error) in [
        (plan(0, 1, 1, 0), PlanError::Number("merchants", 1, 10_000_000)),
        (plan(1, 1, 0, 0), PlanError::Number("days", 1, 3650)),
        (Plan { end: 946_684_800_000, ..plan(1, 1, 1, 0) }, PlanError::Time),
    ] {
        assert_eq!(Simulation::new(bad).err(), Some(error));
    }
    assert!(matches!(Simulation::new(Plan { marketplace: "A b".into(), ..plan(1, 1, 1, 0) }), Err(PlanError::Marketplace(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn every_line_is_accepted_and_the_seed_decides(merchants in 1..50_u32, orders in 0..300_u32, days in 1..120_u32, seed: u64) {
        let plan = plan(merchants, orders, days, seed);
        let all = events(plan.clone());
        let placed: HashSet<_> = all.iter().filter(|e| matches!(e.change, Change::OrderPlaced(_))).map(|e| e.key).collect();
        prop_assert_eq!(placed.len(), orders as usize);
        prop_assert!(Simulation::new(plan.clone()).unwrap().eq(Simulation::new(plan).unwrap()));
    }
}
