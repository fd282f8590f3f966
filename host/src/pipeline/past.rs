//! What rules would have been told of merchants at any moment: what held for them then, and nothing that came later.

use andon_domain::enforce::past::Enforced;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::verdict::Party;

use super::read::told;
use crate::store::accounts;
use crate::store::session::{MerchantState, Result, Session};
use crate::store::verdicts::{StandingRow, standings_of};

/// A merchant, whenever.
pub(crate) struct Past {
    joined: Instant,
    /// Oldest first.
    standings: Vec<StandingRow>,
    enforced: Enforced,
}

impl Past {
    /// The pasts of merchants, in the order asked for.
    pub(crate) fn of(session: &mut dyn Session, merchants: &[i64]) -> Result<Vec<Self>> {
        let (mut standings, mut enforced) = (standings_of(session, merchants)?, accounts::enforced(session, merchants)?);
        let past = |state: MerchantState| Self {
            joined: state.joined,
            standings: standings.remove(&state.id).unwrap_or_default(),
            enforced: enforced.remove(&state.id).unwrap_or_default(),
        };
        Ok(session.states(merchants)?.into_iter().map(past).collect())
    }

    /// What rules are told of the merchant at a moment, where nothing that came later is known.
    pub(crate) fn party(&self, manifest: &Manifest, at: Instant) -> Party {
        let then = self.standings[..self.standings.partition_point(|s| s.since <= at)].last();
        let standing = (then.map(|s| s.standing.as_str()), then.map_or(self.joined, |s| s.since));
        told(manifest, self.joined, standing, self.enforced.badges(at), self.enforced.reinstated(at))
    }
}
