//! Generations as rows: one component with one set of settings for one marketplace, what it is for, and how far its build is.

use std::collections::BTreeMap;

use andon_domain::ids::Instant;
use andon_domain::rollout::{Entry, Plan, State};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::generation::{Column, Entity, Model};
use super::session::{Session, Value};
use super::{Store, StoreError};

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

/// Stores a generation and answers its row number.
pub(crate) fn insert(session: &mut dyn Session, row: &GenerationRow) -> Result<i64, StoreError> {
    let sql =
        "insert into generations (marketplace, component, name, version, rules, settings, settings_digest, author, created_at,
        state, share, effective_at, note, band, stopped, since, subjects, built, built_to, until)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 0, 0) returning id";
    let Entry { id: _, state, plan: Plan { share, effective_at, note, band }, stopped } = &row.entry;
    let (settings, band) = (super::json(&row.settings), band.as_ref().map(super::json));
    let texts = [&row.component, &row.name, &row.version, &row.rules, &settings, &row.settings_digest, &row.author];
    let [component, name, version, rules, settings, digest, author] = texts.map(|text| Value::from(&**text));
    let [note, band, stopped] = [note, &band, stopped].map(|text| Value::Text(text.as_deref()));
    let numbers = [row.marketplace, row.created_at, i64::from(*share), row.since, row.subjects, row.built];
    let [market, created, share, since, subjects, built] = numbers.map(Value::from);
    let (state, effective) = (Value::from(state.word()), Value::Int(*effective_at));
    let values = [
        market, component, name, version, rules, settings, digest, author, created, state, share, effective, note, band, stopped,
        since, subjects, built,
    ];
    let rows = session.ask(sql, &values)?;
    rows.first().and_then(|row| row.int(0)).ok_or_else(|| StoreError::absent("generations", "that was inserted"))
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
