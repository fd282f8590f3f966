//! How merchants are judged in the shadow, beside the rules in force: a row for each generation and merchant, one sum, one list.
//! Nothing here is ever read when a standing moves.

use andon_domain::band::Compared;
use andon_domain::difference::{Difference, Direction};
use andon_domain::ids::Instant;
use andon_domain::verdict::{Snapshot, Verdict};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::entity::shadow::{Column, Entity, Model};
use super::session::{Result, Session, StandingWords, Value};
use super::{Store, StoreError, json};

/// Where rules see a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The standing.
    pub standing: StandingWords,
    /// 0 to 1000.
    pub score: u16,
}

/// A merchant judged by a generation and by the one in force at the same moment.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRow {
    /// The generation.
    pub generation: i64,
    /// The merchant.
    pub merchant: i64,
    /// The marketplace's clock.
    pub at: Instant,
    /// The generation in force that it was held against.
    pub base: i64,
    /// Where it sees the merchant, or the code of the fault that kept it from it.
    pub seen: std::result::Result<Seen, String>,
    /// Where the one in force does.
    pub base_seen: std::result::Result<Seen, String>,
    /// What differs, where neither failed.
    pub difference: Option<Difference>,
    /// Fuel, as this merchant's equal part of what its batch used.
    pub fuel: u64,
    /// The same of the one in force.
    pub base_fuel: u64,
    /// What it was shown and what it concluded, encoded; empty where it failed.
    pub told: (Vec<u8>, Vec<u8>),
}

/// How many merchants would go from one standing to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Standing under the rules in force.
    pub from: String,
    /// Standing under the others.
    pub to: String,
    /// How many merchants.
    pub merchants: i64,
}

/// Columns of a row, in the order they are written.
const COLUMNS: [&str; 22] = [
    "generation",
    "merchant",
    "at",
    "base",
    "fault",
    "base_fault",
    "standing",
    "level",
    "score",
    "base_standing",
    "base_level",
    "base_score",
    "direction",
    "agrees",
    "new_breaches",
    "new_proposals",
    "vanished_proposals",
    "fuel",
    "base_fuel",
    "difference",
    "input",
    "output",
];

/// Rows in one statement; SQLite takes 32,766 values.
const ROWS: usize = 256;

/// Stores rows in place of older ones.
pub(crate) fn put_shadows(session: &mut dyn Session, rows: &[ShadowRow]) -> Result<()> {
    for rows in rows.chunks(ROWS) {
        let differences: Vec<Option<String>> = rows.iter().map(|r| r.difference.as_ref().map(json)).collect();
        let values: Vec<Value<'_>> = rows.iter().zip(&differences).flat_map(|(r, d)| values(r, d.as_deref())).collect();
        let places = super::statement::places(rows.len(), COLUMNS.len());
        let anew: Vec<String> = COLUMNS[2..].iter().map(|c| format!("{c} = excluded.{c}")).collect();
        let sql = format!(
            "insert into shadows ({}) values {places} on conflict (generation, merchant) do update set {}",
            COLUMNS.join(", "),
            anew.join(", ")
        );
        session.execute(&sql, &values)?;
    }
    Ok(())
}

fn values<'a>(r: &'a ShadowRow, difference: Option<&'a str>) -> [Value<'a>; COLUMNS.len()] {
    let text = |seen: &'a std::result::Result<Seen, String>, of: fn(&Seen) -> &str| Value::Text(seen.as_ref().ok().map(of));
    let fault = |seen: &'a std::result::Result<Seen, String>| Value::Text(seen.as_ref().err().map(String::as_str));
    let score = |seen: &std::result::Result<Seen, String>| Value::Int(seen.as_ref().ok().map(|s| i64::from(s.score)));
    let count = |of: fn(&Difference) -> usize| Value::from(r.difference.as_ref().map_or(0, of) as i64);
    let code: fn(&Seen) -> &str = |s| &s.standing.code;
    let level: fn(&Seen) -> &str = |s| &s.standing.level;
    [
        r.generation.into(),
        r.merchant.into(),
        r.at.into(),
        r.base.into(),
        fault(&r.seen),
        fault(&r.base_seen),
        text(&r.seen, code),
        text(&r.seen, level),
        score(&r.seen),
        text(&r.base_seen, code),
        text(&r.base_seen, level),
        score(&r.base_seen),
        Value::Text(r.difference.as_ref().map(|d| d.direction.word())),
        count(|d| usize::from(d.agrees())),
        count(|d| usize::from(!d.new_breaches.is_empty())),
        count(|d| usize::from(!d.new_proposals.is_empty())),
        count(|d| usize::from(!d.vanished_proposals.is_empty())),
        (r.fuel as i64).into(),
        (r.base_fuel as i64).into(),
        Value::Text(difference),
        Value::Bytes(&r.told.0),
        Value::Bytes(&r.told.1),
    ]
}

impl ShadowRow {
    /// What the generation was shown and what it concluded; `None` where it failed.
    pub fn judgement(&self) -> Result<Option<(Snapshot, Verdict)>> {
        if self.seen.is_err() {
            return Ok(None);
        }
        let broken = |_| StoreError::undecodable("shadows", self.merchant);
        let input: Snapshot = postcard::from_bytes(&self.told.0).map_err(broken)?;
        Ok(Some((Snapshot { now: self.at, ..input }, postcard::from_bytes(&self.told.1).map_err(broken)?)))
    }
}

impl Store {
    /// How a generation judges one merchant.
    pub async fn shadow(&self, generation: i64, merchant: i64) -> Result<Option<ShadowRow>> {
        Entity::find_by_id((generation, merchant)).one(self.db()).await?.map(read).transpose()
    }

    /// How a generation judges merchants, by row number after `after`; all of them, or those who would go in one direction.
    pub async fn shadows(&self, generation: i64, direction: Option<Direction>, after: i64, limit: u64) -> Result<Vec<ShadowRow>> {
        let mut query = Entity::find().filter(Column::Generation.eq(generation)).filter(Column::Merchant.gt(after));
        if let Some(direction) = direction {
            query = query.filter(Column::Direction.eq(direction.word()));
        }
        query.order_by_asc(Column::Merchant).limit(limit).all(self.db()).await?.into_iter().map(read).collect()
    }

    /// The sum over all merchants a generation has judged. Rules fail over a merchant by giving no verdict, or by not classifying
    /// something of theirs: the verdict then rests on less than there is.
    pub async fn compared(&self, generation: i64) -> Result<Compared> {
        let (silent, base_silent) = ("fault is not null", "base_fault is not null");
        let unclassified = |generation: &str| {
            format!(
                "exists (select 1 from faults f where f.generation = shadows.{generation} and f.merchant = shadows.merchant
                    and f.subject <> 0)"
            )
        };
        let (blind, base_blind) = (unclassified("generation"), unclassified("base"));
        let one_if = |holds: String| format!("case when {holds} then 1 else 0 end");
        let direction = |d: Direction| one_if(format!("direction = '{}'", d.word()));
        let sums = [
            "1".to_owned(),
            "agrees".into(),
            direction(Direction::Better),
            direction(Direction::Worse),
            direction(Direction::Sideways),
            "new_breaches".into(),
            "new_proposals".into(),
            "vanished_proposals".into(),
            one_if(format!("{silent} or {blind}")),
            one_if(format!("{base_silent} or {base_blind}")),
            one_if(format!("{silent} and base_fault is null or {blind} and not {base_blind}")),
            "fuel".into(),
            "base_fuel".into(),
        ];
        let sums: Vec<String> =
            sums.iter().enumerate().map(|(i, sum)| format!("cast(coalesce(sum({sum}), 0) as bigint) as s{i}")).collect();
        let sql = format!("select {} from shadows where generation = {generation}", sums.join(", "));
        let row = self.db().query_one_raw(Statement::from_string(self.db().get_database_backend(), sql)).await?;
        let Some(row) = row else { return Ok(Compared::default()) };
        let sum = |i: usize| Ok::<_, StoreError>(row.try_get::<i64>("", &format!("s{i}"))? as u64);
        Ok(Compared {
            merchants: sum(0)?,
            agreeing: sum(1)?,
            better: sum(2)?,
            worse: sum(3)?,
            sideways: sum(4)?,
            new_breaches: sum(5)?,
            new_proposals: sum(6)?,
            vanished_proposals: sum(7)?,
            faults: sum(8)?,
            base_faults: sum(9)?,
            new_faults: sum(10)?,
            fuel: sum(11)?,
            base_fuel: sum(12)?,
        })
    }

    /// From which standing to which how many merchants would go; those who would stay included.
    pub async fn transitions(&self, generation: i64) -> Result<Vec<Transition>> {
        let sql = format!(
            "select base_standing, standing, cast(count(*) as bigint) as merchants from shadows
                where generation = {generation} and direction is not null group by 1, 2 order by 1, 2"
        );
        let rows = self.db().query_all_raw(Statement::from_string(self.db().get_database_backend(), sql)).await?;
        let read = |row: &sea_orm::QueryResult| {
            let (from, to) = (row.try_get("", "base_standing")?, row.try_get("", "standing")?);
            Ok(Transition { from, to, merchants: row.try_get("", "merchants")? })
        };
        rows.iter().map(read).collect()
    }
}

fn read(row: Model) -> Result<ShadowRow> {
    let broken = || StoreError::undecodable("shadows", row.merchant);
    let seen = |fault: Option<String>, code: Option<String>, level: Option<String>, score: Option<i64>| match fault {
        Some(fault) => Ok(Err(fault)),
        None => {
            let standing = StandingWords { code: code.ok_or_else(broken)?, level: level.ok_or_else(broken)? };
            let score = score.and_then(|s| u16::try_from(s).ok()).ok_or_else(broken)?;
            Ok::<_, StoreError>(Ok(Seen { standing, score }))
        }
    };
    Ok(ShadowRow {
        seen: seen(row.fault, row.standing, row.level, row.score)?,
        base_seen: seen(row.base_fault, row.base_standing, row.base_level, row.base_score)?,
        difference: row.difference.as_deref().map(serde_json::from_str).transpose().map_err(|_| broken())?,
        generation: row.generation,
        merchant: row.merchant,
        at: row.at,
        base: row.base,
        fuel: row.fuel as u64,
        base_fuel: row.base_fuel as u64,
        told: (row.input, row.output),
    })
}
