//! What is asked of all subjects at once, apart from the hot path.

use sea_orm::{EntityTrait, QueryOrder, QuerySelect};

use super::entity::subject::{Column, Entity};
use super::{Store, StoreError};

impl Store {
    /// The row number of the subject that became known last, 0 where there is none.
    pub async fn newest_subject(&self) -> Result<i64, StoreError> {
        let query = Entity::find().select_only().column(Column::Id).order_by_desc(Column::Id);
        Ok(query.into_tuple().one(self.db()).await?.unwrap_or(0))
    }
}
