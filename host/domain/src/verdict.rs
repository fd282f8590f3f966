//! What rules are shown of a merchant, and what they conclude: `judge` of the contract.

use serde::{Deserialize, Serialize};

use crate::ids::Instant;
use crate::reading::Reading;

/// What rules know of the merchant besides readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// When the merchant joined.
    pub joined: Instant,
    /// Standing in force, as an index into the manifest.
    pub standing: Option<u16>,
    /// Since when.
    pub standing_since: Instant,
    /// Badges borne, as indexes.
    pub badges: Vec<u16>,
    /// When a person last lifted a suspension.
    pub reinstated: Option<Instant>,
}

/// Readings of one listing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListingSnapshot {
    /// Its key.
    pub listing: u64,
    /// One for each metric.
    pub readings: Vec<Reading>,
}

/// All that `evaluate` is given about one merchant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The marketplace's clock.
    pub now: Instant,
    /// The merchant.
    pub merchant: Party,
    /// One for each metric, in the manifest's order.
    pub readings: Vec<Reading>,
    /// Listings with a by-listing metric at risk or breached.
    pub listings: Vec<ListingSnapshot>,
}

/// What rules may propose; the host decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant says what it is")]
pub enum Action {
    Notice,
    Warning,
    PullListing(u64),
    RestoreListing(u64),
    /// At most this many orders a day.
    CapOrders(u32),
    HoldPayouts,
    Suspend,
    Terminate,
    Reinstate,
    AwardBadge(u16),
    RevokeBadge(u16),
    AskPlanOfAction,
    /// What the merchant ships goes off sale; what the platform ships for them stays.
    Restrict,
}

impl Action {
    /// The word that names it in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::PullListing(_) => "pull-listing",
            Self::RestoreListing(_) => "restore-listing",
            Self::CapOrders(_) => "cap-orders",
            Self::HoldPayouts => "hold-payouts",
            Self::Suspend => "suspend",
            Self::Terminate => "terminate",
            Self::Reinstate => "reinstate",
            Self::AwardBadge(_) => "award-badge",
            Self::RevokeBadge(_) => "revoke-badge",
            Self::AskPlanOfAction => "ask-plan-of-action",
            Self::Restrict => "restrict",
        }
    }
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Index into the manifest's reasons.
    pub code: u16,
    /// The metric it is about, as an index.
    pub metric: Option<u16>,
    /// The listing it is about.
    pub listing: Option<u64>,
}

/// An action with what it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What to do.
    pub action: Action,
    /// How many days it lasts once it is taken, 1 to 366; `None`: until it is lifted.
    pub days: Option<u16>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What rules conclude about one merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Index of the standing.
    pub standing: u16,
    /// 0 to 1000.
    pub score: u16,
    /// What to do about it.
    pub proposals: Vec<Proposal>,
    /// Why the standing is what it is.
    pub reasons: Vec<Reason>,
    /// Ask again then.
    pub revisit: Option<Instant>,
}
