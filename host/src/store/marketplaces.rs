//! Marketplaces as rows.

use std::collections::BTreeMap;

use andon_domain::enforce::policy::Policy;
use andon_domain::ids::Instant;
use sea_orm::{EntityTrait, QueryOrder};

use super::entity::marketplace;
use super::session::{Session, Value};
use super::{Store, StoreError, json};
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

/// Stores a new marketplace and answers its row number; `None` where the code is taken.
pub(crate) fn insert(session: &mut dyn Session, row: &MarketRow) -> Result<Option<i64>, StoreError> {
    let sql =
        "insert into marketplaces (code, name, currency, time_zone, locale, clock, latest_event, rules, settings, overrides,
        action_modes, policy, notice_days, generation, created_at, updated_at)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) on conflict (code) do nothing returning id";
    let [settings, overrides, modes, policy] = row.words();
    let [code, name, currency, zone] = [&row.code, &row.name, &row.currency, &row.time_zone].map(|text| Value::from(&**text));
    let [locale, clock, settings, overrides, modes, policy] =
        [&row.locale, &row.clock, &settings, &overrides, &modes, &policy].map(|text| Value::from(&**text));
    let (rules, days) = (Value::Text(row.rules.as_deref()), Value::Int(row.notice_days.map(i64::from)));
    let [latest, created, updated] = [row.latest_event, row.created_at, row.updated_at].map(Value::from);
    let generation = Value::Int(row.generation);
    let values = [
        code, name, currency, zone, locale, clock, latest, rules, settings, overrides, modes, policy, days, generation, created,
        updated,
    ];
    Ok(session.ask(sql, &values)?.first().and_then(|row| row.int(0)))
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
