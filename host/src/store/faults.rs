//! Faults of the rules that are not over: what makes a verdict stale.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::fault;
use super::{Store, StoreError};

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultView {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// How often in a row.
    pub count: i64,
}

impl Store {
    /// A merchant's faults under a generation, at most `limit`, the last first.
    pub async fn faults_of(&self, generation: i64, merchant: i64, limit: u64) -> Result<Vec<FaultView>, StoreError> {
        let rows = fault::Entity::find()
            .filter(fault::Column::Generation.eq(generation))
            .filter(fault::Column::Merchant.eq(merchant))
            .order_by_desc(fault::Column::LastAt)
            .limit(limit)
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|r| FaultView { code: r.code, message: r.message, count: r.count }).collect())
    }
}
