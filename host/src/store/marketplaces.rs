//! Marketplaces as rows.

use std::collections::BTreeMap;

use andon_domain::enforce::policy::Policy;
use andon_domain::ids::Instant;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use super::entity::marketplace;
use super::{Store, StoreError, Write, json};
use crate::markets::Override;

/// A marketplace's set-up as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MarketRow {
    /// Row number, 0 for one not yet stored.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Currency, ISO 4217.
    pub currency: String,
    /// IANA time zone.
    pub time_zone: String,
    /// BCP 47 tag.
    pub locale: String,
    /// `system` or `latest-event`.
    pub clock: String,
    /// Time of its latest event.
    pub latest_event: Instant,
    /// Rules by name, with `@version` where pinned.
    pub rules: Option<String>,
    /// Settings for the rules.
    pub settings: BTreeMap<String, String>,
    /// Overrides by metric.
    pub overrides: BTreeMap<String, Override>,
    /// Modes by action.
    pub action_modes: BTreeMap<String, String>,
    /// What holds whatever rules propose.
    pub policy: Policy,
    /// Days of notice before announced rules, where the operator set them.
    pub notice_days: Option<u16>,
    /// The generation in force.
    pub generation: Option<i64>,
    /// Set up when.
    pub created_at: Instant,
    /// Last changed when.
    pub updated_at: Instant,
}

impl MarketRow {
    /// Settings, overrides, action modes and policy as their columns hold them: JSON.
    pub(super) fn words(&self) -> [String; 4] {
        [json(&self.settings), json(&self.overrides), json(&self.action_modes), json(&self.policy)]
    }
}

impl Store {
    /// Every marketplace.
    pub async fn marketplaces(&self) -> Result<Vec<MarketRow>, StoreError> {
        let rows = marketplace::Entity::find().order_by_asc(marketplace::Column::Id).all(self.db()).await?;
        rows.into_iter().map(read).collect()
    }
}

impl Write {
    /// Stores a new marketplace and answers its row number; `None` where the code is taken.
    pub async fn insert_marketplace(&self, row: &MarketRow) -> Result<Option<i64>, StoreError> {
        let taken = marketplace::Entity::find().filter(marketplace::Column::Code.eq(&row.code)).one(&self.tx).await?;
        if taken.is_some() {
            return Ok(None);
        }
        Ok(Some(model(row).insert(&self.tx).await?.id))
    }

    /// Puts a generation in force.
    pub async fn set_generation(&self, marketplace: i64, generation: i64) -> Result<(), StoreError> {
        let active = marketplace::ActiveModel { id: Set(marketplace), generation: Set(Some(generation)), ..Default::default() };
        active.update(&self.tx).await?;
        Ok(())
    }
}

fn model(row: &MarketRow) -> marketplace::ActiveModel {
    marketplace::ActiveModel {
        id: sea_orm::NotSet,
        code: Set(row.code.clone()),
        name: Set(row.name.clone()),
        currency: Set(row.currency.clone()),
        time_zone: Set(row.time_zone.clone()),
        locale: Set(row.locale.clone()),
        clock: Set(row.clock.clone()),
        latest_event: Set(row.latest_event),
        rules: Set(row.rules.clone()),
        settings: Set(json(&row.settings)),
        overrides: Set(json(&row.overrides)),
        action_modes: Set(json(&row.action_modes)),
        policy: Set(json(&row.policy)),
        notice_days: Set(row.notice_days.map(i64::from)),
        generation: Set(row.generation),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
    }
}

fn read(row: marketplace::Model) -> Result<MarketRow, StoreError> {
    let broken = |_| StoreError::undecodable("marketplaces", &row.code);
    Ok(MarketRow {
        settings: serde_json::from_str(&row.settings).map_err(broken)?,
        overrides: serde_json::from_str(&row.overrides).map_err(broken)?,
        action_modes: serde_json::from_str(&row.action_modes).map_err(broken)?,
        policy: serde_json::from_str(&row.policy).map_err(broken)?,
        notice_days: row.notice_days.and_then(|days| u16::try_from(days).ok()),
        id: row.id,
        code: row.code,
        name: row.name,
        currency: row.currency,
        time_zone: row.time_zone,
        locale: row.locale,
        clock: row.clock,
        latest_event: row.latest_event,
        rules: row.rules,
        generation: row.generation,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}
