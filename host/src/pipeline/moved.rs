//! A standing that a verdict moves is a decision like any other: entered in the ledger, and told to the merchant and the marketplace.

use std::sync::Arc;

use andon_domain::manifest::Level;
use andon_domain::verdict::Verdict;
use serde_json::json;
use uuid::Uuid;

use super::desk::Desk;
use crate::markets::Generation;
use crate::store::session::{MerchantState, NewVerdict, StandingWords};
use crate::store::{StoreError, accounts};

/// A merchant's standing, moved.
pub(super) struct Moved {
    pub(super) merchant: i64,
    pub(super) generation: Arc<Generation>,
    verdict: Uuid,
    before: Option<String>,
    after: StandingWords,
    score: u16,
    reasons: Vec<String>,
}

impl Moved {
    /// What a new verdict moves. A first standing that is good is no news.
    pub(super) fn by(told: &NewVerdict, verdict: &Verdict, state: &MerchantState, generation: &Arc<Generation>) -> Option<Self> {
        told.moved?;
        let manifest = generation.manifest();
        let is_good = manifest.standings[usize::from(verdict.standing)].level <= Level::Good;
        if is_good && state.standing.is_none() {
            return None;
        }
        let code = |i: u16| manifest.reasons.get(usize::from(i)).cloned().unwrap_or_default();
        Some(Self {
            merchant: state.id,
            generation: generation.clone(),
            verdict: told.id,
            before: state.standing.clone(),
            after: told.projected.clone(),
            score: told.score,
            reasons: verdict.reasons.iter().map(|reason| code(reason.code)).collect(),
        })
    }
}

/// Enters and tells of standings that are moved, in the transaction that moves them.
pub(super) fn tell(desk: &mut Desk<'_>, all: &[Moved]) -> Result<(), StoreError> {
    let names = accounts::references(desk.session, &all.iter().map(|moved| moved.merchant).collect::<Vec<_>>())?;
    for moved in all {
        let manifest = moved.generation.manifest();
        let author = format!("rules:{}@{}", manifest.name, manifest.version);
        let data = json!({
            "verdict": moved.verdict,
            "merchant": names.get(&moved.merchant),
            "before": moved.before,
            "standing": moved.after.code,
            "level": moved.after.level,
            "score": moved.score,
            "reasons": moved.reasons,
        });
        let about = format!("verdict/{}", moved.verdict);
        desk.note("standing.moved", (&about, Some(moved.merchant)), (&author, &moved.reasons.join(", ")), data);
    }
    Ok(())
}
