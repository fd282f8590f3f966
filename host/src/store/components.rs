//! Components of rules, by digest. One is never changed and never removed: verdicts name it.

use andon_domain::ids::Instant;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::entity::component;
use super::{Store, StoreError};

/// A component without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRow {
    /// `sha256:…`
    pub digest: String,
    /// Name of the rules.
    pub name: String,
    /// Semantic version.
    pub version: String,
}

impl Store {
    /// Keeps a component; one that is known already stays as it is.
    pub async fn keep_component(&self, row: &ComponentRow, bytes: &[u8], now: Instant) -> Result<(), StoreError> {
        let active = component::ActiveModel {
            digest: Set(row.digest.clone()),
            name: Set(row.name.clone()),
            version: Set(row.version.clone()),
            bytes: Set(bytes.to_vec()),
            added_at: Set(now),
        };
        let write = self.write().await?;
        component::Entity::insert(active).on_conflict_do_nothing().exec_without_returning(&write.tx).await?;
        write.commit().await
    }

    /// A component's bytes.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(component::Entity::find_by_id(digest.to_owned()).one(self.db()).await?.map(|row| row.bytes))
    }

    /// Components of a name, the last added first.
    pub async fn components_named(&self, name: &str) -> Result<Vec<ComponentRow>, StoreError> {
        let columns = [component::Column::Digest, component::Column::Name, component::Column::Version];
        let rows = component::Entity::find()
            .select_only()
            .columns(columns)
            .filter(component::Column::Name.eq(name))
            .order_by_desc(component::Column::AddedAt)
            .into_tuple::<(String, String, String)>()
            .all(self.db())
            .await?;
        Ok(rows.into_iter().map(|(digest, name, version)| ComponentRow { digest, name, version }).collect())
    }
}
