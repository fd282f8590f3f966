//! Which listing rules speak of: they know it by a key, people by its reference.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use andon_domain::verdict::{Action, Verdict};

use super::statement;
use crate::markets::Market;
use crate::store::session::{Result, Session};
use crate::store::{Store, accounts};

/// References of listings by their keys.
pub type Listings = HashMap<u64, String>;

/// Keys of the listings that a verdict names.
pub fn keys(verdict: &Verdict) -> BTreeSet<u64> {
    let proposed = verdict.proposals.iter();
    let reasons = verdict.reasons.iter().chain(proposed.clone().flat_map(|proposal| &proposal.reasons));
    proposed.filter_map(|proposal| of_action(proposal.action)).chain(reasons.filter_map(|reason| reason.listing)).collect()
}

/// The listing that an action is about.
pub fn of_action(action: Action) -> Option<u64> {
    match action {
        Action::PullListing(key) | Action::RestoreListing(key) => Some(key),
        _ => None,
    }
}

/// References of the listings that a generation's verdicts on a merchant name, as far as something is known of them.
pub async fn of(store: &Arc<Store>, market: &Arc<Market>, whose: (i64, i64), verdicts: &[&Verdict]) -> Result<Listings> {
    let keys: BTreeSet<u64> = verdicts.iter().flat_map(|verdict| keys(verdict)).collect();
    if keys.is_empty() {
        return Ok(Listings::new());
    }
    let market = market.clone();
    store.read(move |session| named(session, &market, whose, &keys)).await
}

fn named(
    session: &mut dyn Session,
    market: &Market,
    (generation, merchant): (i64, i64),
    keys: &BTreeSet<u64>,
) -> Result<Listings> {
    let pulled = accounts::stored_effect(session, merchant)?.map(|(effect, _)| effect.listings_pulled).unwrap_or_default();
    let mut names = Listings::new();
    for key in keys {
        if let Some(name) = reference(session, market, (generation, merchant), &pulled, *key)? {
            names.insert(*key, name);
        }
    }
    Ok(names)
}

/// A listing's reference: of one that is off sale, or that a fact counts against.
pub(super) fn reference(
    session: &mut dyn Session,
    market: &Market,
    (generation, merchant): (i64, i64),
    pulled: &BTreeSet<String>,
    key: u64,
) -> Result<Option<String>> {
    match pulled.iter().find(|name| market.listing_key(name) == key) {
        Some(name) => Ok(Some(name.clone())),
        None => statement::listing(session, generation, merchant, key),
    }
}
