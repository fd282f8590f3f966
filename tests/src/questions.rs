//! Made-up facts and snapshots to ask rules about directly, without a host around them.

use andon_domain::fact::{Fact, Fulfilment, Order, ServiceLevel, Tracking};
use andon_domain::ids::Named;
use andon_domain::manifest::Manifest;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{ListingSnapshot, Party, Snapshot};

/// When they are asked.
pub const NOW: i64 = 1_700_000_000_000;

/// An order of `units`.
pub fn order(key: u64, units: u32) -> Fact {
    let named = |key| Named { key, name: format!("n{key}").into() };
    Fact::Order(Box::new(Order {
        id: named(key),
        merchant: "m".into(),
        buyer: named(key + 1),
        listing: named(key + 2),
        units,
        amount: 1000,
        fulfilment: Fulfilment::Merchant,
        service: ServiceLevel::Standard,
        placed: NOW - 1,
        ship_by: None,
        deliver_by: None,
        shipped: None,
        delivered: None,
        tracking: Tracking::None,
        cancelled: None,
        feedback: None,
        claims: vec![],
        returns: vec![],
        incidents: vec![],
        contacts: vec![],
        accepted: None,
    }))
}

/// Orders of 1, 2, 3 ... units.
pub fn orders(count: u64) -> Vec<Fact> {
    (0..count).map(|i| order(i, i as u32 + 1)).collect()
}

/// A reading with this status.
pub fn reading(status: Status) -> Reading {
    Reading {
        value: 0.5,
        numerator: 1,
        denominator: 2,
        buyers: 0,
        lower: 0.1,
        upper: 0.9,
        peers: None,
        status,
        breached_in_a_row: 0,
        from: 0,
        to: 1,
        excluded_numerator: 0,
        value_with_excluded: 0.5,
    }
}

/// A merchant with these readings, and a listing with the same where `listing` is given.
pub fn snapshot(readings: Vec<Reading>, listing: Option<Vec<Reading>>) -> Snapshot {
    Snapshot {
        now: NOW,
        merchant: Party { joined: NOW - 9, standing: None, standing_since: NOW - 9, badges: vec![], reinstated: None },
        readings,
        listings: listing.map(|readings| ListingSnapshot { listing: 7, readings }).into_iter().collect(),
    }
}

/// A merchant of whom all is well.
pub fn fine(manifest: &Manifest) -> Snapshot {
    snapshot(manifest.metrics.iter().map(|_| reading(Status::Good)).collect(), None)
}
