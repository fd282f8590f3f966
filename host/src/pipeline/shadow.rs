//! What is judged beside the rules in force and moves nothing: held against them merchant by merchant, at the same moment and on
//! the same facts, and kept in rows of its own.

use andon_domain::difference::Difference;
use andon_domain::rollout::{Entry, Plan, State};
use serde_json::{Value, json};

use super::evaluate::encode;
use super::view::View;
use crate::markets::{Beside, Market};
use crate::store::StoreError;
use crate::store::notices::{ANNOUNCED, NoticeRow};
use crate::store::session::MerchantState;
use crate::store::shadows::{Seen, ShadowRow};

/// Holds what `shadow` sees against `base`, the view of the rules in force: a row for each merchant.
pub(super) fn compare(base: &View<'_>, shadow: &View<'_>, states: &[MerchantState]) -> Result<Vec<ShadowRow>, StoreError> {
    let row = |(i, state): (usize, &MerchantState)| {
        let judgements = base.judgement(i).zip(shadow.judgement(i));
        let told = shadow.verdicts[i].as_ref().ok().map(|verdict| encode(state.id, &shadow.snapshots[i], verdict));
        Ok(ShadowRow {
            generation: shadow.generation().id,
            merchant: state.id,
            at: shadow.reader.now,
            base: base.generation().id,
            seen: shadow.seen(i),
            base_seen: base.seen(i),
            difference: judgements.map(|(old, new)| Difference::between(old, new)),
            fuel: shadow.fuel_each(),
            base_fuel: base.fuel_each(),
            told: told.transpose()?.unwrap_or_default(),
        })
    };
    states.iter().enumerate().map(row).collect()
}

/// What merchants must be told of rules that have been announced, from how these judge them. A merchant over whom either set of
/// rules fails is told when they do not.
pub(super) fn notices(market: &Market, announced: &Beside, rows: &[ShadowRow]) -> Vec<NoticeRow> {
    let Entry { state: State::Announced, plan: Plan { effective_at: Some(effective_at), note, .. }, .. } = &announced.entry
    else {
        return Vec::new();
    };
    let manifest = announced.generation.manifest();
    let rules = json!({ "name": manifest.name, "version": manifest.version });
    let seen = |seen: &Seen| json!({ "standing": seen.standing.code, "level": seen.standing.level, "score": seen.score });
    let notice = |row: &ShadowRow| {
        let (today, coming) = (seen(row.base_seen.as_ref().ok()?), seen(row.seen.as_ref().ok()?));
        let difference = row.difference.as_ref().map(told);
        let body = json!({ "rules": rules, "note": note, "today": today, "coming": coming, "difference": difference });
        Some(NoticeRow {
            id: 0,
            marketplace: market.id,
            merchant: row.merchant,
            generation: row.generation,
            kind: ANNOUNCED.to_owned(),
            effective_at: *effective_at,
            at: row.at,
            body: body.to_string(),
        })
    };
    rows.iter().filter_map(notice).collect()
}

/// What differs, in the words of the API; its stored form names the direction in its own way.
fn told(difference: &Difference) -> Value {
    let Difference { direction, new_breaches, ended_breaches, new_proposals, vanished_proposals } = difference;
    json!({
        "direction": direction.word(),
        "new_breaches": new_breaches,
        "ended_breaches": ended_breaches,
        "new_proposals": new_proposals,
        "vanished_proposals": vanished_proposals,
    })
}
