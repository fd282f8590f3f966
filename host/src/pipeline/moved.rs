//! A standing that moves is a decision like any other: entered in the ledger, and told to the merchant and the marketplace. What
//! moves it is a verdict, or that what a generation of rules decided is taken back.

use std::sync::Arc;

use andon_domain::ids::Instant;
use andon_domain::manifest::Level;
use andon_domain::verdict::Verdict;
use serde_json::json;
use uuid::Uuid;

use super::desk::Desk;
use crate::clock::Clock;
use crate::markets::{Generation, Market};
use crate::store::rollouts::{self, Differing};
use crate::store::session::{MerchantState, NewVerdict, Session, StandingWords, Told};
use crate::store::{StoreError, accounts};

/// What the ledger and messages call it.
const MOVED: &str = "standing.moved";

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
        Some(Self {
            merchant: state.id,
            generation: generation.clone(),
            verdict: told.id,
            before: state.standing.clone(),
            after: told.projected.clone(),
            score: told.score,
            reasons: codes(verdict, generation),
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
        desk.note(MOVED, (&about, Some(moved.merchant)), (&author, &moved.reasons.join(", ")), data);
    }
    Ok(())
}

/// Lets merchants whom a generation judged stand as they did before, from `now` on by the marketplace's clock. Each standing that
/// is another with that is entered and told as `actor`'s doing, in the same transaction, the caller's. That may be every
/// merchant's, so they are gone through in pages.
pub(super) fn take_back(
    session: &mut dyn Session,
    (market, clock): (&Market, &dyn Clock),
    (generation, actor): (i64, &str),
    now: Instant,
) -> Result<(), StoreError> {
    // Merchants read it. Why the generation went may be none of their business: that stands in the entry of the generation.
    let reason = format!("what generation {generation} decided is taken back");
    let mut after = 0;
    loop {
        let page = rollouts::differing(session, market.id, generation, after)?;
        let Some(last) = page.last() else { break };
        after = last.merchant;
        let reasons = reasons_before(session, market, &page)?;
        let mut desk = Desk::of(session, market, clock)?;
        for (one, reasons) in page.iter().zip(&reasons) {
            let data = json!({
                "verdict": one.verdict,
                "merchant": one.reference,
                "before": one.now,
                "standing": one.before,
                "level": one.level,
                "score": one.score,
                "reasons": reasons,
                "taken_back": generation,
            });
            // Where nothing was said before, it is about what is said no more.
            let about = format!("verdict/{}", one.verdict.unwrap_or(one.told));
            desk.note(MOVED, (&about, Some(one.merchant)), (actor, &reason), data);
        }
        desk.finish()?;
    }
    rollouts::restore_standings(session, market.id, generation, now)
}

/// Codes of the reasons of the verdicts that count again, a list for each merchant; an empty one where there was no verdict, or
/// its rules take no part in the marketplace any more.
fn reasons_before(session: &mut dyn Session, market: &Market, page: &[Differing]) -> Result<Vec<Vec<String>>, StoreError> {
    let told = session.verdicts(&page.iter().map(|one| one.verdict).collect::<Vec<_>>())?;
    let reasons = |(one, told): (&Differing, Option<Told>)| {
        let Some((generation, _, output)) = told else { return Ok(Vec::new()) };
        let Some(generation) = market.generation_numbered(generation) else { return Ok(Vec::new()) };
        let broken = |_| StoreError::undecodable("verdicts", one.verdict.unwrap_or_default());
        let verdict: Verdict = postcard::from_bytes(&output).map_err(broken)?;
        Ok(codes(&verdict, generation))
    };
    page.iter().zip(told).map(reasons).collect()
}

/// Codes of a verdict's reasons.
fn codes(verdict: &Verdict, generation: &Generation) -> Vec<String> {
    let known = &generation.manifest().reasons;
    verdict.reasons.iter().map(|reason| known.get(usize::from(reason.code)).cloned().unwrap_or_default()).collect()
}
