//! When what a decision rested on turns out to be wrong: feedback struck, a claim denied, an order corrected. The rules are asked again
//! about the day of the decision with what is known now, and what they would not have proposed is reversed.

use std::collections::{BTreeSet, HashMap};

use andon_domain::enforce::measure::Kind;
use andon_domain::verdict::{Proposal, Snapshot};
use uuid::Uuid;

use super::read;
use super::view::ask;
use crate::markets::{Generation, Market};
use crate::rules::Used;
use crate::store::StoreError;
use crate::store::enforcements::{self as rows, Cited, Enforcement};
use crate::store::session::Session;

/// Enforcements of these merchants that would not have been, had it been known then what is known now.
pub(super) fn undone(session: &mut dyn Session, market: &Market, merchants: &[i64]) -> Result<Vec<Uuid>, StoreError> {
    let mut undone = Vec::new();
    for row in rows::resting_on_facts(session, merchants)? {
        let Some(generation) = row.generation.and_then(|g| market.generation_numbered(g)) else { continue };
        if lost(session, generation.id, &row)? && !still_proposed(session, market, generation, &row)? {
            undone.push(row.id);
        }
    }
    Ok(undone)
}

/// Whether a mark that the decision cites no longer counts.
fn lost(session: &mut dyn Session, generation: i64, row: &Enforcement) -> Result<bool, StoreError> {
    let mut subjects: Vec<i64> = row.record.cited.iter().map(|c| c.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let list = subjects.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let sql = format!(
        "select subject, counter, ordinal, at from evidence
            where generation = ?1 and merchant = ?2 and excluded is null and subject in ({list})"
    );
    let kept: BTreeSet<(i64, i64, i64, i64)> = session
        .ask(&sql, &[generation.into(), row.merchant.into()])?
        .iter()
        .filter_map(|r| Some((r.int(0)?, r.int(1)?, r.int(2)?, r.int(3)?)))
        .collect();
    let is_kept = |c: &Cited| kept.contains(&(c.subject, c.counter.into(), c.ordinal.into(), c.at));
    Ok(!row.record.cited.iter().all(is_kept))
}

/// Asks the rules about the day of the decision, with the sums as they are now.
fn still_proposed(
    session: &mut dyn Session,
    market: &Market,
    generation: &Generation,
    row: &Enforcement,
) -> Result<bool, StoreError> {
    let told = session.verdicts(&[row.verdict])?.pop().flatten();
    let then: Option<Snapshot> = told.and_then(|(_, input, _)| postcard::from_bytes(&input).ok());
    let Some(Snapshot { merchant: party, .. }) = then else { return Ok(true) };
    let (reader, accounts) = read::load(session, market, generation, &[row.merchant], row.opened_at)?;
    let Some(account) = accounts.first() else { return Ok(true) };
    let snapshot = reader.snapshot(account, party, &[]);
    // Rules that may not be asked, or fail, take nothing back: they are asked again with the merchant's next evaluation.
    let Ok(pass) = generation.judge.gate().enter(market.role_of(generation.id)) else { return Ok(true) };
    let answers = ask(generation, &[snapshot], &mut Used::default());
    let failed: Vec<_> = answers.iter().filter_map(|a| Some((row.merchant as u64, a.as_ref().err()?.blame))).collect();
    pass.record(answers.len() - failed.len(), &failed);
    let Some(Ok(verdict)) = answers.first() else { return Ok(true) };
    let badges: HashMap<u16, &String> = (0..).zip(&generation.manifest().badges).collect();
    Ok(verdict.proposals.iter().any(|proposal| is_it(market, &badges, proposal, row)))
}

fn is_it(market: &Market, badges: &HashMap<u16, &String>, proposal: &Proposal, row: &Enforcement) -> bool {
    use andon_domain::verdict::Action::{AwardBadge, PullListing, RestoreListing, RevokeBadge};
    let same = match proposal.action {
        PullListing(key) | RestoreListing(key) => market.listing_key(&row.measure.object) == key,
        AwardBadge(i) | RevokeBadge(i) => badges.get(&i).is_some_and(|code| **code == row.measure.object),
        _ => true,
    };
    same && Kind::of_word(proposal.action.word()) == Some(row.measure.kind)
}
