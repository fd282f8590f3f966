//! Verdicts as they were given, and standings as they changed.

use std::collections::HashMap;

use andon_domain::ids::Instant;
use andon_domain::verdict::{Snapshot, Verdict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::enforcements::list_of;
use super::entity::verdict;
use super::session::Session;
use super::{Store, StoreError};

/// A stored verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictRow {
    /// Its id.
    pub id: Uuid,
    /// Place in the order of all verdicts.
    pub seq: i64,
    /// Marketplace.
    pub marketplace: i64,
    /// Merchant.
    pub merchant: i64,
    /// Generation of rules that gave it.
    pub generation: i64,
    /// Whether it moved the standing, or only foresaw it.
    pub binding: bool,
    /// What the rules were shown.
    pub input: Snapshot,
    /// What they concluded.
    pub output: Verdict,
}

/// A standing that came into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingRow {
    /// Since when.
    pub since: Instant,
    /// Its code.
    pub standing: String,
}

impl Store {
    /// A verdict.
    pub async fn verdict(&self, id: Uuid) -> Result<Option<VerdictRow>, StoreError> {
        verdict::Entity::find().filter(verdict::Column::Id.eq(id)).one(self.db()).await?.map(read).transpose()
    }

    /// A merchant's verdicts, newest first, those before place `before` where given.
    pub async fn verdicts_of(&self, merchant: i64, before: Option<i64>, limit: u64) -> Result<Vec<VerdictRow>, StoreError> {
        let mut query = verdict::Entity::find().filter(verdict::Column::Merchant.eq(merchant));
        if let Some(seq) = before {
            query = query.filter(verdict::Column::Seq.lt(seq));
        }
        query.order_by_desc(verdict::Column::Seq).limit(limit).all(self.db()).await?.into_iter().map(read).collect()
    }

    /// The last verdict on a merchant that moved the standing, or confirmed it.
    pub async fn last_binding(&self, merchant: i64) -> Result<Option<VerdictRow>, StoreError> {
        let query =
            verdict::Entity::find().filter(verdict::Column::Merchant.eq(merchant)).filter(verdict::Column::Binding.eq(true));
        query.order_by_desc(verdict::Column::Seq).one(self.db()).await?.map(read).transpose()
    }
}

/// All standings that merchants ever had: each merchant's oldest first.
pub(crate) fn standings_of(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, Vec<StandingRow>>, StoreError> {
    let mut found: HashMap<i64, Vec<StandingRow>> = HashMap::new();
    if merchants.is_empty() {
        return Ok(found);
    }
    let merchants = list_of(merchants);
    let sql = format!("select merchant, since, standing from standings where merchant in ({merchants}) order by since, verdict");
    for row in session.ask(&sql, &[])? {
        let broken = || StoreError::undecodable("standings", "a merchant's");
        let (merchant, since) = row.int(0).zip(row.int(1)).ok_or_else(broken)?;
        let standing = row.text(2).ok_or_else(broken)?.to_owned();
        found.entry(merchant).or_default().push(StandingRow { since, standing });
    }
    Ok(found)
}

fn read(row: verdict::Model) -> Result<VerdictRow, StoreError> {
    let broken = |_| StoreError::undecodable("verdicts", row.id);
    let input: Snapshot = postcard::from_bytes(&row.input).map_err(broken)?;
    Ok(VerdictRow {
        id: row.id,
        seq: row.seq,
        marketplace: row.marketplace,
        merchant: row.merchant,
        generation: row.generation,
        binding: row.binding,
        input: Snapshot { now: row.at, ..input },
        output: postcard::from_bytes(&row.output).map_err(broken)?,
    })
}
