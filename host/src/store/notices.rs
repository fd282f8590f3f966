//! What merchants must be told about rules that will judge them: written in the transaction that gives the reason, once for each
//! merchant and generation.

use std::collections::{HashMap, HashSet};

use andon_domain::ids::Instant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;
use uuid::Uuid;

use super::entity::notice::{Column, Entity};
use super::outbox::Outgoing;
use super::session::{Cells, Result, Session, Value};
use super::{Store, outbox};
use andon_domain::calendar::rfc3339;

/// Other rules will judge the merchant from a date on.
pub const ANNOUNCED: &str = "rules-announced";
/// They will not.
pub const WITHDRAWN: &str = "rules-withdrawn";

/// A notice to one merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Place in the order of all notices, 0 for one not yet stored.
    pub id: i64,
    /// Marketplace.
    pub marketplace: i64,
    /// Merchant.
    pub merchant: i64,
    /// The generation it is about.
    pub generation: i64,
    /// What it says.
    pub kind: String,
    /// From when on.
    pub effective_at: Instant,
    /// When it was written, by the marketplace's clock.
    pub at: Instant,
    /// The particulars, JSON.
    pub body: String,
}

const COLUMNS: usize = 7;

/// Merchants who are told in one go.
const PAGE: i64 = 1_000;

/// Stores notices, each with the id of the message that tells of it; one that was given before stays as it is.
pub(crate) fn put_notices(session: &mut dyn Session, rows: &[(Uuid, NoticeRow)]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let values: Vec<Value<'_>> = rows.iter().flat_map(|(_, row)| values(row)).collect();
    let sql = format!(
        "insert into notices (marketplace, merchant, generation, kind, effective_at, at, body) values {} on conflict do nothing
            returning generation, merchant",
        super::statement::places(rows.len(), COLUMNS)
    );
    let new: HashSet<_> = session.ask(&sql, &values)?.iter().map(|row| (row.int(0), row.int(1))).collect();
    let new = rows.iter().filter(|(_, r)| new.contains(&(Some(r.generation), Some(r.merchant))));
    tell(session, "rules.announced", &new.collect::<Vec<_>>())
}

fn values(row: &NoticeRow) -> [Value<'_>; COLUMNS] {
    let NoticeRow { id: _, marketplace, merchant, generation, kind, effective_at, at, body } = row;
    let number = |n: &i64| Value::Int(Some(*n));
    let (kind, body) = (Value::Text(Some(kind)), Value::Text(Some(body)));
    [number(marketplace), number(merchant), number(generation), kind, number(effective_at), number(at), body]
}

/// Tells everybody who was told that a generation will come that it will not. `new_id` makes the ids of the messages.
pub(crate) fn withdraw(session: &mut dyn Session, generation: i64, now: Instant, new_id: &mut dyn FnMut() -> Uuid) -> Result<()> {
    let sql = "insert into notices (marketplace, merchant, generation, kind, effective_at, at, body)
        select marketplace, merchant, generation, ?2, effective_at, ?3, body from notices where generation = ?1 and kind = ?4
        on conflict do nothing";
    let (withdrawn, announced) = (Value::Text(Some(WITHDRAWN)), Value::Text(Some(ANNOUNCED)));
    let told = session.execute(sql, &[generation.into(), withdrawn, now.into(), announced])?;
    let (mut after, mut left) = (i64::MIN, told);
    while left > 0 {
        let sql = "select marketplace, merchant, effective_at, body from notices
            where generation = ?1 and kind = ?2 and merchant > ?3 order by merchant limit ?4";
        let page = session.ask(sql, &[generation.into(), withdrawn, after.into(), PAGE.into()])?;
        let row = |cells: &Cells| {
            let (marketplace, merchant, effective_at) = (cells.int(0)?, cells.int(1)?, cells.int(2)?);
            let (kind, body) = (WITHDRAWN.to_owned(), cells.text(3)?.to_owned());
            Some(NoticeRow { id: 0, marketplace, merchant, generation, kind, effective_at, at: now, body })
        };
        let rows: Vec<_> = page.iter().filter_map(row).map(|row| (new_id(), row)).collect();
        let Some((_, last)) = rows.last() else { break };
        (after, left) = (last.merchant, left.saturating_sub(rows.len()));
        tell(session, "rules.withdrawn", &rows.iter().collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Puts a message into the outbox for each notice; all are of one marketplace.
fn tell(session: &mut dyn Session, kind: &str, rows: &[&(Uuid, NoticeRow)]) -> Result<()> {
    let Some((_, first)) = rows.first() else { return Ok(()) };
    let listed: Vec<String> = rows.iter().map(|(_, row)| row.merchant.to_string()).collect();
    let found = session.ask(&format!("select id, ref from merchants where id in ({})", listed.join(", ")), &[])?;
    let names: HashMap<_, _> = found.iter().filter_map(|row| Some((row.int(0)?, row.text(1)?))).collect();
    let name = |row: &NoticeRow| names.get(&row.merchant).copied().unwrap_or_default();
    let data: Vec<String> = rows.iter().map(|(_, row)| particulars(name(row), row)).collect();
    let messages: Vec<Outgoing<'_>> = rows
        .iter()
        .zip(&data)
        .map(|((id, row), data)| {
            let (merchant, subject, at) = (Some(row.merchant), name(row), row.at);
            Outgoing { id: *id, kind, subject, merchant, at, data, confirm: false }
        })
        .collect();
    outbox::put(session, first.marketplace, &messages)
}

fn particulars(merchant: &str, row: &NoticeRow) -> String {
    let told: serde_json::Value = serde_json::from_str(&row.body).unwrap_or_default();
    let effective_at = rfc3339(row.effective_at);
    json!({ "merchant": merchant, "generation": row.generation, "effective_at": effective_at, "particulars": told }).to_string()
}

impl Store {
    /// A merchant's notices, newest first, those before place `before` where given.
    pub async fn notices(&self, merchant: i64, before: Option<i64>, limit: u64) -> Result<Vec<NoticeRow>> {
        let mut query = Entity::find().filter(Column::Merchant.eq(merchant));
        if let Some(id) = before {
            query = query.filter(Column::Id.lt(id));
        }
        let rows = query.order_by_desc(Column::Id).limit(limit).all(self.db()).await?;
        let read = |r: super::entity::notice::Model| NoticeRow {
            id: r.id,
            marketplace: r.marketplace,
            merchant: r.merchant,
            generation: r.generation,
            kind: r.kind,
            effective_at: r.effective_at,
            at: r.at,
            body: r.body,
        };
        Ok(rows.into_iter().map(read).collect())
    }
}
