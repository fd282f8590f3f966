//! What merchants must be told about rules that will judge them: written in the transaction that gives the reason, once for each
//! merchant and generation.

use andon_domain::ids::Instant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::Store;
use super::entity::notice::{Column, Entity};
use super::session::{Result, Session, Value};

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

/// Stores notices; one that was given before stays as it is.
pub(crate) fn put_notices(session: &mut dyn Session, rows: &[NoticeRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let row = |r| {
        let NoticeRow { id: _, marketplace, merchant, generation, kind, effective_at, at, body }: &NoticeRow = r;
        let number = |n: &i64| Value::Int(Some(*n));
        let (kind, body) = (Value::Text(Some(kind)), Value::Text(Some(body)));
        [number(marketplace), number(merchant), number(generation), kind, number(effective_at), number(at), body]
    };
    let values: Vec<Value<'_>> = rows.iter().flat_map(row).collect();
    let sql = format!(
        "insert into notices (marketplace, merchant, generation, kind, effective_at, at, body) values {} on conflict do nothing",
        super::statement::places(rows.len(), COLUMNS)
    );
    session.execute(&sql, &values).map(|_| ())
}

/// Tells everybody who was told that a generation will come that it will not.
pub(crate) fn withdraw(session: &mut dyn Session, generation: i64, now: Instant) -> Result<()> {
    let sql = "insert into notices (marketplace, merchant, generation, kind, effective_at, at, body)
        select marketplace, merchant, generation, ?2, effective_at, ?3, body from notices where generation = ?1 and kind = ?4
        on conflict do nothing";
    let (withdrawn, announced) = (Value::Text(Some(WITHDRAWN)), Value::Text(Some(ANNOUNCED)));
    session.execute(sql, &[generation.into(), withdrawn, now.into(), announced]).map(|_| ())
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
