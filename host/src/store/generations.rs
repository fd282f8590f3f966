//! Generations as rows: one component with one set of settings for one marketplace, what it is for, and how far its build is.

use std::collections::BTreeMap;

use andon_domain::ids::Instant;
use andon_domain::rollout::{Entry, Plan, State};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::entity::generation::{ActiveModel, Column, Entity, Model};
use super::{Store, StoreError, Write};

/// A generation as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationRow {
    /// Its place in the line-up; number 0 for one not yet stored.
    pub entry: Entry,
    /// Marketplace.
    pub marketplace: i64,
    /// Digest of the component.
    pub component: String,
    /// Name of its rules.
    pub name: String,
    /// Their version.
    pub version: String,
    /// Rules as the operator asked for them: by name, with `@version` where pinned.
    pub rules: String,
    /// Settings it was configured with.
    pub settings: BTreeMap<String, String>,
    /// Digest of the settings in force.
    pub settings_digest: String,
    /// Who asked for it.
    pub author: String,
    /// When.
    pub created_at: Instant,
    /// Since when it is in its state, by the wall clock.
    pub since: Instant,
    /// Facts to classify when its build began.
    pub subjects: i64,
    /// Those handled so far.
    pub built: i64,
}

impl Store {
    /// A generation.
    pub async fn generation(&self, id: i64) -> Result<Option<GenerationRow>, StoreError> {
        Entity::find_by_id(id).one(self.db()).await?.map(read).transpose()
    }

    /// A marketplace's generations, newest first, those before `before` where given.
    pub async fn generations(&self, marketplace: i64, before: Option<i64>, limit: u64) -> Result<Vec<GenerationRow>, StoreError> {
        let mut query = Entity::find().filter(Column::Marketplace.eq(marketplace));
        if let Some(id) = before {
            query = query.filter(Column::Id.lt(id));
        }
        query.order_by_desc(Column::Id).limit(limit).all(self.db()).await?.into_iter().map(read).collect()
    }

    /// A marketplace's generations that are not gone for good.
    pub async fn lineup(&self, marketplace: i64) -> Result<Vec<GenerationRow>, StoreError> {
        let query = Entity::find().filter(Column::Marketplace.eq(marketplace));
        let rows = query.filter(Column::State.ne(State::Retired.word())).order_by_asc(Column::Id).all(self.db()).await?;
        rows.into_iter().map(read).collect()
    }
}

impl Write {
    /// Stores a generation and answers its row number.
    pub async fn insert_generation(&self, row: &GenerationRow) -> Result<i64, StoreError> {
        let Plan { share, effective_at, note, band } = row.entry.plan.clone();
        let active = ActiveModel {
            id: sea_orm::NotSet,
            marketplace: Set(row.marketplace),
            component: Set(row.component.clone()),
            name: Set(row.name.clone()),
            version: Set(row.version.clone()),
            rules: Set(row.rules.clone()),
            settings: Set(super::json(&row.settings)),
            settings_digest: Set(row.settings_digest.clone()),
            author: Set(row.author.clone()),
            created_at: Set(row.created_at),
            state: Set(row.entry.state.word().to_owned()),
            share: Set(i64::from(share)),
            effective_at: Set(effective_at),
            note: Set(note),
            band: Set(band.as_ref().map(super::json)),
            stopped: Set(row.entry.stopped.clone()),
            since: Set(row.since),
            subjects: Set(row.subjects),
            built: Set(row.built),
            built_to: Set(0),
            until: Set(0),
        };
        Ok(active.insert(&self.tx).await?.id)
    }
}

fn read(row: Model) -> Result<GenerationRow, StoreError> {
    let broken = || StoreError::undecodable("generations", row.id);
    let band = row.band.as_deref().map(serde_json::from_str).transpose().map_err(|_| broken())?;
    let share = u8::try_from(row.share).map_err(|_| broken())?;
    let state = State::of_word(&row.state).ok_or_else(broken)?;
    let settings = serde_json::from_str(&row.settings).map_err(|_| broken())?;
    let plan = Plan { share, effective_at: row.effective_at, note: row.note, band };
    Ok(GenerationRow {
        entry: Entry { id: row.id, state, plan, stopped: row.stopped },
        marketplace: row.marketplace,
        component: row.component,
        name: row.name,
        version: row.version,
        rules: row.rules,
        settings,
        settings_digest: row.settings_digest,
        author: row.author,
        created_at: row.created_at,
        since: row.since,
        subjects: row.subjects,
        built: row.built,
    })
}
