//! Components of rules, by digest. One is never changed and never removed: verdicts name it. What is known of it may change.

use std::collections::BTreeSet;
use std::sync::Arc;

use andon_domain::ids::Instant;
use andon_domain::rollout::State;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use sea_orm::{Set, UpdateMany};

use super::entity::component::{ActiveModel, Column, Entity};
use super::entity::generation;
use super::ledger::{NewEntry, append};
use super::session::{Cells, Session, Value};
use super::{Store, StoreError, Write};

/// Most versions of one name that are kept, so that nobody fills the database by pushing.
const MAX_VERSIONS: u64 = 1_000;

/// Most components that are kept in all.
const MAX_COMPONENTS: u64 = 10_000;

/// Why a component is not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Its time is over.
    Retired,
    /// It is not trusted.
    Quarantined,
}

impl Hold {
    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Quarantined => "quarantined",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Retired, Self::Quarantined].into_iter().find(|hold| hold.word() == word)
    }
}

/// A component that is not to be used, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// How.
    pub hold: Hold,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Instant,
}

/// What is known of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRow {
    /// `sha256:…`
    pub digest: String,
    /// Name of the rules.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// How many bytes it has.
    pub size: i64,
    /// Who pushed it; empty where that is not known.
    pub pushed_by: String,
    /// When.
    pub pushed_at: Instant,
    /// Whether it is not to be used.
    pub withheld: Option<Withheld>,
    /// Why it cannot be run here.
    pub error: Option<String>,
    /// How often in a row its breaker opened.
    pub rests: u32,
}

/// A component to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewComponent<'a> {
    /// `sha256:…`
    pub digest: &'a str,
    /// Name of the rules.
    pub name: &'a str,
    /// Semantic version.
    pub version: &'a str,
    /// The component itself.
    pub bytes: &'a [u8],
    /// What it declared, encoded.
    pub manifest: &'a [u8],
    /// Who pushes it.
    pub by: &'a str,
    /// When.
    pub at: Instant,
}

/// What came of keeping a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept now.
    New,
    /// It was kept before, and stays as it is.
    Known,
    /// Another component has its name and version.
    Taken,
    /// No more are kept, of this name or in all.
    Full,
}

/// The columns of a [`ComponentRow`], without what is large.
#[derive(FromQueryResult)]
struct Columns {
    digest: String,
    name: String,
    version: String,
    size: i64,
    pushed_by: String,
    added_at: i64,
    withheld: Option<String>,
    reason: Option<String>,
    withheld_by: Option<String>,
    withheld_at: Option<i64>,
    error: Option<String>,
    rests: i64,
}

fn rows() -> Select<Entity> {
    let columns = [Column::Digest, Column::Name, Column::Version, Column::PushedBy, Column::AddedAt, Column::Withheld];
    let more = [Column::Reason, Column::WithheldBy, Column::WithheldAt, Column::Error, Column::Rests];
    let size = Expr::cust("cast(octet_length(bytes) as bigint)");
    Entity::find().select_only().columns(columns).columns(more).column_as(size, "size")
}

impl Store {
    /// Keeps a component.
    pub async fn keep_component(&self, new: NewComponent<'_>) -> Result<Kept, StoreError> {
        let write = self.write().await?;
        let kept = write.keep_component(new).await?;
        write.commit().await?;
        Ok(kept)
    }

    /// A component's bytes.
    pub async fn component(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(Entity::find_by_id(digest.to_owned()).one(self.db()).await?.map(|row| row.bytes))
    }

    /// What a component declared, encoded, where that was kept.
    pub async fn component_manifest(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let query = Entity::find_by_id(digest.to_owned()).select_only().column(Column::Manifest);
        Ok(query.into_tuple::<Option<Vec<u8>>>().one(self.db()).await?.flatten())
    }

    /// What is known of a component.
    pub async fn component_row(&self, digest: &str) -> Result<Option<ComponentRow>, StoreError> {
        let row = rows().filter(Column::Digest.eq(digest)).into_model::<Columns>().one(self.db()).await?;
        Ok(row.map(read))
    }

    /// Components of a name, the last pushed first.
    pub async fn components_named(&self, name: &str) -> Result<Vec<ComponentRow>, StoreError> {
        let query = newest_first(rows().filter(Column::Name.eq(name)));
        Ok(query.into_model::<Columns>().all(self.db()).await?.into_iter().map(read).collect())
    }

    /// Digests of a name's components that an operator has ever begun a generation of, in any marketplace.
    pub async fn components_used(&self, name: &str) -> Result<BTreeSet<String>, StoreError> {
        let query = generation::Entity::find().select_only().column(generation::Column::Component).distinct();
        let query = query.filter(generation::Column::Name.eq(name));
        Ok(query.into_tuple::<String>().all(self.db()).await?.into_iter().collect())
    }

    /// Components, the last pushed first, those after `(pushed_at, digest)` where given.
    pub async fn components(&self, after: Option<&(Instant, String)>, limit: u64) -> Result<Vec<ComponentRow>, StoreError> {
        let mut query = newest_first(rows()).limit(limit);
        if let Some((at, digest)) = after {
            let tie = Condition::all().add(Column::AddedAt.eq(*at)).add(Column::Digest.lt(digest));
            query = query.filter(Condition::any().add(Column::AddedAt.lt(*at)).add(tie));
        }
        Ok(query.into_model::<Columns>().all(self.db()).await?.into_iter().map(read).collect())
    }

    /// Takes a component out of use, unless it is held so already; says whether it was not. Ledgers of marketplaces that have rules of
    /// its name are told.
    pub async fn withhold(self: &Arc<Self>, digest: &str, withheld: &Withheld) -> Result<bool, StoreError> {
        let (digest, withheld) = (digest.to_owned(), withheld.clone());
        self.transact(move |session| {
            let Withheld { hold, reason, by, at } = &withheld;
            let Some((name, before)) = held(session, &digest)?.filter(|(_, before)| *before != Some(*hold)) else {
                return Ok(false);
            };
            let sql = "update components set withheld = ?2, reason = ?3, withheld_by = ?4, withheld_at = ?5 where digest = ?1";
            let values = [digest.as_str(), hold.word(), reason, by].map(Value::from);
            session.execute(sql, &[&values[..], &[(*at).into()]].concat())?;
            tell(session, &name, (before, Some(*hold)), (by, reason), *at).map(|()| true)
        })
        .await
    }

    /// Puts a component back in use, and forgets how often its breaker opened; says whether it was withheld. Ledgers are told.
    pub async fn release(self: &Arc<Self>, digest: &str, by: &str, reason: &str, at: Instant) -> Result<bool, StoreError> {
        let [digest, by, reason] = [digest, by, reason].map(str::to_owned);
        self.transact(move |session| {
            let Some((name, before)) = held(session, &digest)?.filter(|(_, before)| before.is_some()) else { return Ok(false) };
            let sql = "update components set withheld = null, reason = null, withheld_by = null, withheld_at = null, rests = 0
                where digest = ?1";
            session.execute(sql, &[digest.as_str().into()])?;
            tell(session, &name, (before, None), (&by, &reason), at).map(|()| true)
        })
        .await
    }

    /// Notes how often in a row a component's breaker opened.
    pub async fn set_rests(&self, digest: &str, rests: u32) -> Result<(), StoreError> {
        let model = ActiveModel { rests: Set(i64::from(rests)), ..Default::default() };
        self.update(digest, Entity::update_many().set(model)).await.map(|_| ())
    }

    /// Notes why a component cannot be run here, or that it can.
    pub async fn set_error(&self, digest: &str, error: Option<&str>) -> Result<(), StoreError> {
        let model = ActiveModel { error: Set(error.map(str::to_owned)), ..Default::default() };
        self.update(digest, Entity::update_many().set(model)).await.map(|_| ())
    }

    /// Keeps what a component declared, for one that was kept without.
    pub async fn set_manifest(&self, digest: &str, manifest: &[u8]) -> Result<(), StoreError> {
        let model = ActiveModel { manifest: Set(Some(manifest.to_vec())), ..Default::default() };
        self.update(digest, Entity::update_many().set(model)).await.map(|_| ())
    }

    async fn update(&self, digest: &str, update: UpdateMany<Entity>) -> Result<bool, StoreError> {
        let write = self.write().await?;
        let done = update.filter(Column::Digest.eq(digest)).exec(&write.tx).await?;
        write.commit().await?;
        Ok(done.rows_affected > 0)
    }
}

impl Write {
    async fn keep_component(&self, new: NewComponent<'_>) -> Result<Kept, StoreError> {
        let known = || Entity::find().filter(Column::Digest.eq(new.digest)).count(&self.tx);
        if known().await? > 0 {
            return Ok(Kept::Known);
        }
        let named = Entity::find().filter(Column::Name.eq(new.name));
        if named.clone().filter(Column::Version.eq(new.version)).count(&self.tx).await? > 0 {
            return Ok(Kept::Taken);
        }
        if named.count(&self.tx).await? >= MAX_VERSIONS || Entity::find().count(&self.tx).await? >= MAX_COMPONENTS {
            return Ok(Kept::Full);
        }
        let active = ActiveModel {
            digest: Set(new.digest.to_owned()),
            name: Set(new.name.to_owned()),
            version: Set(new.version.to_owned()),
            bytes: Set(new.bytes.to_vec()),
            added_at: Set(new.at),
            pushed_by: Set(new.by.to_owned()),
            manifest: Set(Some(new.manifest.to_vec())),
            rests: Set(0),
            ..Default::default()
        };
        let unless_there = OnConflict::new().do_nothing().to_owned();
        let inserted = Entity::insert(active).on_conflict(unless_there).exec_without_returning(&self.tx).await?;
        // Another host may have been quicker, with the same component or with another of this name and version.
        Ok(match inserted {
            1.. => Kept::New,
            0 if known().await? > 0 => Kept::Known,
            0 => Kept::Taken,
        })
    }
}

/// A component's `name@version`, and how it is withheld, if it is.
fn held(session: &mut dyn Session, digest: &str) -> Result<Option<(String, Option<Hold>)>, StoreError> {
    let sql = "select name, version, withheld from components where digest = ?1";
    let rows = session.ask(sql, &[digest.into()])?;
    let named = |row: &Cells| Some((format!("{}@{}", row.text(0)?, row.text(1)?), row.text(2).and_then(Hold::of_word)));
    Ok(rows.first().and_then(named))
}

/// Enters in the ledger of each marketplace that has rules of this name what became of one of its versions.
fn tell(
    session: &mut dyn Session,
    plugin: &str,
    (before, after): (Option<Hold>, Option<Hold>),
    (actor, reason): (&str, &str),
    at: Instant,
) -> Result<(), StoreError> {
    let name = plugin.split('@').next().unwrap_or_default();
    let sql = "select distinct marketplace from generations where name = ?1 and state <> ?2 order by marketplace";
    let rows = session.ask(sql, &[name.into(), State::Retired.word().into()])?;
    let kind = match after {
        Some(Hold::Retired) => "plugin.retired",
        Some(Hold::Quarantined) => "plugin.quarantined",
        None => "plugin.released",
    };
    let [before, after] = [before, after].map(|hold| serde_json::json!({"withheld": hold.map(Hold::word)}).to_string());
    let entry = NewEntry { at, actor, kind, merchant: None, about: plugin, reason, before: Some(&before), after: Some(&after) };
    rows.iter().filter_map(|row| row.int(0)).try_for_each(|market| append(session, market, &[entry]))
}

fn newest_first(query: Select<Entity>) -> Select<Entity> {
    query.order_by_desc(Column::AddedAt).order_by_desc(Column::Digest)
}

fn read(row: Columns) -> ComponentRow {
    let hold = row.withheld.as_deref().and_then(Hold::of_word);
    let withheld = hold.map(|hold| Withheld {
        hold,
        reason: row.reason.unwrap_or_default(),
        by: row.withheld_by.unwrap_or_default(),
        at: row.withheld_at.unwrap_or_default(),
    });
    ComponentRow {
        digest: row.digest,
        name: row.name,
        version: row.version,
        size: row.size,
        pushed_by: row.pushed_by,
        pushed_at: row.added_at,
        withheld,
        error: row.error,
        rests: u32::try_from(row.rests).unwrap_or(u32::MAX),
    }
}
