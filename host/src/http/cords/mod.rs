//! `/v1/marketplaces/{m}/listings/{ref}/cord`: a listing off sale in one call, until somebody else has looked into it.

pub mod figures;
pub mod pull;
pub mod release;
pub mod show;

use serde::Serialize;
use utoipa::ToSchema;

use super::enforcements::Enforcement;
use super::shapes::time;
use crate::store::enforcements::{Cord as Pulled, Enforcement as Row};

/// How a cord was let go.
#[derive(Debug, Serialize, ToSchema)]
pub struct Released {
    /// Whether it had been right to pull it.
    upheld: bool,
    root_cause: String,
    correction: String,
    prevention: String,
    evidence: Vec<String>,
}

/// A pulled cord.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cord {
    /// The enforcement that it is: `in-force` while the listing is off sale, `in-review` while a second person has to agree.
    enforcement: Enforcement,
    /// Code of the reason.
    reason: String,
    contacts: Vec<String>,
    orders: Vec<String>,
    /// Distinct buyers behind it.
    buyers: u32,
    /// When the first of them complained.
    since: String,
    /// What made a second person look: `burst`, `agent-rate`, `agent-overturned`, `same-merchant`, `conflict-of-interest`, or `related`
    /// where the buyers have complained together of another merchant before. Empty for merchants.
    doubts: Vec<String>,
    release: Option<Released>,
}

impl Cord {
    /// As staff see it, or as its merchant does, who is told why but not which buyers.
    pub(super) fn of(mut row: Row, merchant: &str, staff: bool) -> Self {
        let Pulled { reason, contacts, orders, buyers, since, doubts, release } = row.record.cord.take().unwrap_or_default();
        let hidden = |all: Vec<String>| if staff { all } else { Vec::new() };
        Self {
            enforcement: Enforcement::of(row, merchant, staff),
            reason,
            contacts: hidden(contacts),
            orders,
            buyers,
            since: time(since),
            doubts: hidden(doubts),
            release: release.map(|r| Released {
                upheld: r.upheld,
                root_cause: r.root_cause,
                correction: r.correction,
                prevention: r.prevention,
                evidence: r.evidence,
            }),
        }
    }
}
