//! What enforcements come to for merchants: what is open of each, what holds, and what their rows say of it.

use std::collections::{HashMap, HashSet};

use andon_domain::enforce::decide::{Case, Ended, Held, Open};
use andon_domain::enforce::measure::{Account, Effect, Kind, Measure, Origin, decided_by};
use andon_domain::enforce::past::{Course, Enforced};
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::Instant;
use serde::Deserialize;
use uuid::Uuid;

use super::StoreError;
use super::enforcements::{Signed, list_of, measure};
use super::session::{Result, Session, Value};
use super::statement::{MOST_VALUES, places};

/// What is open of merchants, what ended since `since`, and what is held back of them at `now`. Whoever has none of it is left out.
pub(crate) fn cases(session: &mut dyn Session, merchants: &[i64], since: Instant, now: Instant) -> Result<HashMap<i64, Case>> {
    let mut cases: HashMap<i64, Case> = HashMap::new();
    let ids = list_of(merchants);
    if merchants.is_empty() {
        return Ok(cases);
    }
    let sql = format!(
        "select merchant, id, action, object, amount, origin, stage, effective_at, ends_at, closed_at, held from enforcements
            where merchant in ({ids}) and (closed_at is null or closed_at > ?1) order by merchant, id"
    );
    for row in session.ask(&sql, &[since.into()])? {
        let broken = || StoreError::undecodable("enforcements", row.id(1).unwrap_or_default());
        let (merchant, id) = (row.int(0).ok_or_else(broken)?, row.id(1).ok_or_else(broken)?);
        let measure = measure(&row, 2).ok_or_else(broken)?;
        let origin = row.text(5).and_then(Origin::of_word).ok_or_else(broken)?;
        let stage = row.text(6).and_then(Stage::of_word).ok_or_else(broken)?;
        let case = cases.entry(merchant).or_default();
        match row.int(9) {
            Some(at) => case.ended.push(Ended { measure, stage, at }),
            None => {
                let (effective_at, is_timed) = (row.int(7).unwrap_or_default(), row.int(8).is_some());
                let held = row.text(10).and_then(Held::of_word);
                case.open.push(Open { id, measure, origin, stage, held, effective_at, is_timed });
            }
        }
    }
    let sql = format!("select merchant, action, until from overrides where merchant in ({ids}) and until > ?1");
    for row in session.ask(&sql, &[now.into()])? {
        let kind = row.text(1).and_then(Kind::of_word);
        let case = cases.entry(row.int(0).unwrap_or_default()).or_default();
        case.overrides.push((kind, row.int(2).unwrap_or_default()));
    }
    Ok(cases)
}

/// Measures in force of merchants.
pub(crate) fn effects(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, Effect>> {
    let mut measures: HashMap<i64, Vec<Measure>> = merchants.iter().map(|m| (*m, Vec::new())).collect();
    if merchants.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select merchant, action, object, amount from enforcements where merchant in ({}) and closed_at is null and stage = 'in-force'",
        list_of(merchants)
    );
    for row in session.ask(&sql, &[])? {
        let broken = || StoreError::undecodable("enforcements", "in force");
        let merchant = row.int(0).ok_or_else(broken)?;
        measures.entry(merchant).or_default().push(measure(&row, 1).ok_or_else(broken)?);
    }
    Ok(measures.into_iter().map(|(merchant, measures)| (merchant, Effect::of(&measures))).collect())
}

/// What an enforcement's record keeps of its course.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    approvals: Vec<Signed>,
    closing: Option<Signed>,
    never_held: bool,
    lifted: Vec<Uuid>,
}

/// What was in force for merchants, whenever. Whoever never had any of what rules are told of is left out.
pub(crate) fn enforced(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, Enforced>> {
    let mut courses: HashMap<i64, Vec<Course>> = HashMap::new();
    if merchants.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select merchant, id, action, object, stage, author, effective_at, coalesce(closed_at, ends_at), record from enforcements
            where merchant in ({}) and stage in ('in-force', 'expired', 'lifted', 'reversed')
            and action in ('restrict', 'suspend', 'terminate', 'reinstate', 'award-badge', 'revoke-badge')",
        list_of(merchants)
    );
    for row in session.ask(&sql, &[])? {
        let id = row.id(1).unwrap_or_default();
        let broken = || StoreError::undecodable("enforcements", id);
        let kept: Kept = row.text(8).and_then(|text| serde_json::from_str(text).ok()).ok_or_else(broken)?;
        let author = row.text(5).ok_or_else(broken)?;
        courses.entry(row.int(0).ok_or_else(broken)?).or_default().push(Course {
            id,
            kind: row.text(2).and_then(Kind::of_word).ok_or_else(broken)?,
            object: row.text(3).ok_or_else(broken)?.to_owned(),
            stage: row.text(4).and_then(Stage::of_word).ok_or_else(broken)?,
            decided_by: decided_by(author, kept.approvals.last().map(|agreed| agreed.by.as_str())).to_owned(),
            effective_at: Some(row.int(6).ok_or_else(broken)?).filter(|_| !kept.never_held),
            over_at: row.int(7),
            closing: kept.closing.map(|closing| (closing.by, closing.at)),
            lifted: kept.lifted,
        });
    }
    Ok(courses.into_iter().map(|(merchant, courses)| (merchant, Enforced::of(&courses))).collect())
}

/// What measures add up to for a merchant, and when a person last lifted a suspension, where that is now.
pub(crate) type Outcome = (i64, Effect, Option<Instant>);

/// Stores what measures add up to for merchants.
pub(crate) fn put_effects(session: &mut dyn Session, all: &[Outcome]) -> Result<()> {
    const WIDTH: usize = 6;
    for part in all.chunks(MOST_VALUES / WIDTH) {
        // Both databases call the columns of rows that stand for themselves so.
        let sql = format!(
            "update merchants set account = v.column2, order_cap = v.column3, payouts_held = v.column4, badges = v.column5,
                reinstated = coalesce(v.column6, merchants.reinstated) from (values {}) v where merchants.id = v.column1",
            places(part.len(), WIDTH)
        );
        let badges: Vec<String> =
            part.iter().map(|(_, effect, _)| effect.badges.iter().map(String::as_str).collect::<Vec<_>>().join(" ")).collect();
        let values: Vec<Value<'_>> = part
            .iter()
            .zip(&badges)
            .flat_map(|((merchant, effect, reinstated), badges)| {
                [
                    Value::from(*merchant),
                    effect.account.word().into(),
                    Value::Int(effect.order_cap.map(i64::from)),
                    i64::from(effect.payouts_held).into(),
                    badges.as_str().into(),
                    Value::Int(*reinstated),
                ]
            })
            .collect();
        session.execute(&sql, &values)?;
    }
    Ok(())
}

/// What a merchant's row says of its account: as it was stored, to be held against what measures add up to.
pub(crate) fn stored_effect(session: &mut dyn Session, merchant: i64) -> Result<Option<(Effect, Option<Instant>)>> {
    let sql = "select account, order_cap, payouts_held, badges, reinstated from merchants where id = ?1";
    let Some(row) = session.ask(sql, &[merchant.into()])?.pop() else { return Ok(None) };
    let account = row.text(0).and_then(Account::of_word).ok_or_else(|| StoreError::undecodable("merchants", merchant))?;
    let sql = "select object from enforcements where merchant = ?1 and closed_at is null and stage = 'in-force' and action = 'pull-listing'";
    let pulled = session.ask(sql, &[merchant.into()])?;
    let effect = Effect {
        account,
        order_cap: row.int(1).and_then(|n| u32::try_from(n).ok()),
        payouts_held: row.int(2) == Some(1),
        badges: row.text(3).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        listings_pulled: pulled.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect(),
    };
    Ok(Some((effect, row.int(4))))
}

/// References of merchants.
pub(crate) fn references(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, String>> {
    if merchants.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = session.ask(&format!("select id, ref from merchants where id in ({})", list_of(merchants)), &[])?;
    Ok(rows.iter().filter_map(|row| Some((row.int(0)?, row.text(1)?.to_owned()))).collect())
}

/// Merchants among these over whom rules of this generation have failed and not yet recovered: what is said of them is stale.
pub(crate) fn stale(session: &mut dyn Session, generation: i64, merchants: &[i64]) -> Result<HashSet<i64>> {
    failed_over(session, generation, merchants, "")
}

/// Merchants among these of whose facts rules of this generation do not know all, as they fail to classify some: what they conclude
/// from the others binds nobody.
pub(crate) fn half_known(session: &mut dyn Session, generation: i64, merchants: &[i64]) -> Result<HashSet<i64>> {
    failed_over(session, generation, merchants, "and subject <> 0")
}

fn failed_over(session: &mut dyn Session, generation: i64, merchants: &[i64], only: &str) -> Result<HashSet<i64>> {
    if merchants.is_empty() {
        return Ok(HashSet::new());
    }
    let among = list_of(merchants);
    let sql = format!("select distinct merchant from faults where generation = ?1 and merchant in ({among}) {only}");
    Ok(session.ask(&sql, &[generation.into()])?.iter().filter_map(|row| row.int(0)).collect())
}
