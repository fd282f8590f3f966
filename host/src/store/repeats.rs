//! Where orders stand under quotas, as rows: in the order of their places, so that the first of a buyer's are found at once.

use andon_domain::ids::Instant;
use andon_domain::quota::Place;

/// Where an order stands under a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Repeat {
    /// Generation.
    pub generation: i64,
    /// Merchant.
    pub merchant: i64,
    /// Index of the quota.
    pub quota: u16,
    /// The buyer's key.
    pub buyer: u64,
    /// Its place among the buyer's.
    pub place: Place,
    /// The order.
    pub subject: i64,
}

/// Which places: the first so many of a buyer's in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Front {
    /// Generation.
    pub generation: i64,
    /// Merchant.
    pub merchant: i64,
    /// Index of the quota.
    pub quota: u16,
    /// The buyer's key.
    pub buyer: u64,
    /// From this moment.
    pub from: Instant,
    /// Before this moment.
    pub until: Instant,
    /// At most so many.
    pub limit: usize,
}

/// A key as databases sort it, who know only numbers with a sign.
pub(super) fn signed(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// The key again.
pub(super) fn unsigned(number: i64) -> u64 {
    number as u64 ^ (1 << 63)
}
