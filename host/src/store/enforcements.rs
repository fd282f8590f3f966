//! Enforcements, inside whatever transaction a session is in.

use andon_domain::enforce::cord::Record as Pulls;
use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Kind, Measure, Origin, decided_by};
use andon_domain::enforce::policy::DAY;
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::StoreError;
use super::session::{Cells, Result, Session, Value};
use super::statement;

/// An enforcement.
#[derive(Debug, Clone, PartialEq)]
pub struct Enforcement {
    /// Its id; later ones sort after earlier ones.
    pub id: Uuid,
    /// Marketplace.
    pub market: i64,
    /// Merchant.
    pub merchant: i64,
    /// What it does.
    pub measure: Measure,
    /// Who brought it about.
    pub origin: Origin,
    /// How far it has come.
    pub stage: Stage,
    /// What kept it from coming further at once.
    pub held: Option<Held>,
    /// For how many days, once it is in force.
    pub days: Option<u16>,
    /// The verdict it rests on.
    pub verdict: Option<Uuid>,
    /// The generation of rules that gave it.
    pub generation: Option<i64>,
    /// Who opened it.
    pub author: String,
    /// When, by the marketplace's clock, like all times here.
    pub opened_at: Instant,
    /// From when on it holds.
    pub effective_at: Instant,
    /// When it ends by itself.
    pub ends_at: Option<Instant>,
    /// When time alone moves it on.
    pub due_at: Option<Instant>,
    /// When it was over.
    pub closed_at: Option<Instant>,
    /// All that is never searched for.
    pub record: Record,
}

impl Enforcement {
    /// Who decided it.
    pub(crate) fn decided_by(&self) -> &str {
        decided_by(&self.author, self.record.approvals.last().map(|agreed| agreed.by.as_str()))
    }

    /// Whether the merchant is told of it: of what was decided, and of what was announced though it came to nothing. What is only
    /// noted, or waits for a person, is nobody's decision yet.
    pub(crate) fn is_told(&self) -> bool {
        match self.stage {
            Stage::Declined | Stage::Withdrawn => matches!(self.held, Some(Held::Grace | Held::Notice)),
            stage => stage.is_told(),
        }
    }
}

/// What somebody said, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// What.
    pub note: String,
}

/// A mark that a decision rests on: where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// The subject it was made of.
    pub subject: i64,
    /// Its counter.
    pub counter: u16,
    /// Its place among the subject's marks.
    pub ordinal: u16,
    /// When it counts.
    pub at: Instant,
}

/// What an enforcement's row keeps as JSON.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Codes of the reasons.
    pub reasons: Vec<String>,
    /// The statement of reasons, as it was made when the decision was.
    pub statement: Json,
    /// Marks of those reasons' metrics.
    pub cited: Vec<Cited>,
    /// Who agreed to it.
    pub approvals: Vec<Signed>,
    /// Who ended it, and why.
    pub closing: Option<Signed>,
    /// Whether it was reversed before it came into force, be that after the time announced for it.
    pub never_held: bool,
    /// Enforcements that it ended.
    pub lifted: Vec<Uuid>,
    /// The cord behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cord: Option<Cord>,
}

/// Why a cord was pulled, and how it was let go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cord {
    /// Code of the reason.
    pub reason: String,
    /// References of contacts that say so.
    pub contacts: Vec<String>,
    /// References of orders that say so.
    pub orders: Vec<String>,
    /// How many buyers that is.
    pub buyers: u32,
    /// When the first of them complained.
    pub since: Instant,
    /// What made a second person look.
    pub doubts: Vec<String>,
    /// How it was let go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
}

/// How a cord was let go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Whether it had been right to pull it.
    pub upheld: bool,
    /// What had gone wrong.
    pub root_cause: String,
    /// What was put right.
    pub correction: String,
    /// What keeps it from happening again.
    pub prevention: String,
    /// What shows it.
    pub evidence: Vec<String>,
}

const COLUMNS: &str = "id, marketplace, merchant, action, object, amount, origin, stage, held, days, verdict, generation, author, \
    opened_at, effective_at, ends_at, due_at, closed_at, record";

fn read(row: &Cells) -> Result<Enforcement> {
    let id = row.id(0).unwrap_or_default();
    let broken = || StoreError::undecodable("enforcements", id);
    Ok(Enforcement {
        id,
        market: row.int(1).ok_or_else(broken)?,
        merchant: row.int(2).ok_or_else(broken)?,
        measure: measure(row, 3).ok_or_else(broken)?,
        origin: row.text(6).and_then(Origin::of_word).ok_or_else(broken)?,
        stage: row.text(7).and_then(Stage::of_word).ok_or_else(broken)?,
        held: row.text(8).and_then(Held::of_word),
        days: row.int(9).and_then(|days| u16::try_from(days).ok()),
        verdict: row.id(10),
        generation: row.int(11),
        author: row.text(12).ok_or_else(broken)?.to_owned(),
        opened_at: row.int(13).ok_or_else(broken)?,
        effective_at: row.int(14).ok_or_else(broken)?,
        ends_at: row.int(15),
        due_at: row.int(16),
        closed_at: row.int(17),
        record: row.text(18).and_then(|text| serde_json::from_str(text).ok()).ok_or_else(broken)?,
    })
}

pub(super) fn measure(row: &Cells, from: usize) -> Option<Measure> {
    Some(Measure {
        kind: Kind::of_word(row.text(from)?)?,
        object: row.text(from + 1)?.to_owned(),
        amount: row.int(from + 2).and_then(|n| u32::try_from(n).ok()),
    })
}

fn record(row: &Enforcement) -> Result<String> {
    let failed = |e: serde_json::Error| StoreError::Inconsistent {
        table: "enforcements",
        row: row.id.to_string(),
        what: format!("it cannot be encoded: {e}"),
    };
    serde_json::to_string(&row.record).map_err(failed)
}

/// Stores new enforcements.
pub(crate) fn insert(session: &mut dyn Session, rows: &[Enforcement]) -> Result<()> {
    let records = rows.iter().map(record).collect::<Result<Vec<_>>>()?;
    let values: Vec<[Value<'_>; 19]> = rows
        .iter()
        .zip(&records)
        .map(|(row, record)| {
            [
                row.id.into(),
                row.market.into(),
                row.merchant.into(),
                row.measure.kind.word().into(),
                row.measure.object.as_str().into(),
                Value::Int(row.measure.amount.map(i64::from)),
                row.origin.word().into(),
                row.stage.word().into(),
                Value::Text(row.held.map(Held::word)),
                Value::Int(row.days.map(i64::from)),
                Value::Id(row.verdict),
                Value::Int(row.generation),
                row.author.as_str().into(),
                row.opened_at.into(),
                row.effective_at.into(),
                Value::Int(row.ends_at),
                Value::Int(row.due_at),
                Value::Int(row.closed_at),
                record.as_str().into(),
            ]
        })
        .collect();
    statement::insert(session, &format!("insert into enforcements ({COLUMNS})"), &values)
}

/// Stores what may change of one; what it does and whom it is about never does.
pub(crate) fn update(session: &mut dyn Session, row: &Enforcement) -> Result<()> {
    let sql =
        "update enforcements set stage = ?2, held = ?3, effective_at = ?4, ends_at = ?5, due_at = ?6, closed_at = ?7, record = ?8
        where id = ?1";
    let record = record(row)?;
    let values = [
        Value::from(row.id),
        row.stage.word().into(),
        Value::Text(row.held.map(Held::word)),
        row.effective_at.into(),
        Value::Int(row.ends_at),
        Value::Int(row.due_at),
        Value::Int(row.closed_at),
        record.as_str().into(),
    ];
    session.execute(sql, &values).map(|_| ())
}

fn some(session: &mut dyn Session, tail: &str, values: &[Value<'_>]) -> Result<Vec<Enforcement>> {
    session.ask(&format!("select {COLUMNS} from enforcements where {tail}"), values)?.iter().map(read).collect()
}

/// One by its id.
pub(crate) fn one(session: &mut dyn Session, market: i64, id: Uuid) -> Result<Option<Enforcement>> {
    Ok(some(session, "id = ?1 and marketplace = ?2", &[id.into(), market.into()])?.pop())
}

/// All of a merchant's that are not over.
pub(crate) fn open_of(session: &mut dyn Session, merchant: i64) -> Result<Vec<Enforcement>> {
    some(session, "merchant = ?1 and closed_at is null order by id", &[merchant.into()])
}

/// Those that time moves on.
pub(crate) fn due(session: &mut dyn Session, market: i64, now: Instant, limit: usize) -> Result<Vec<Enforcement>> {
    let tail = "marketplace = ?1 and due_at is not null and due_at <= ?2 order by due_at, id limit ?3";
    some(session, tail, &[market.into(), now.into(), (limit as i64).into()])
}

/// Whether time moves any on.
pub(crate) fn any_due(session: &mut dyn Session, market: i64, now: Instant) -> Result<bool> {
    let sql = "select 1 from enforcements where marketplace = ?1 and due_at is not null and due_at <= ?2 limit 1";
    Ok(!session.ask(sql, &[market.into(), now.into()])?.is_empty())
}

/// What rules brought about for these merchants, is announced or in force, and rests on facts that may be corrected.
pub(crate) fn resting_on_facts(session: &mut dyn Session, merchants: &[i64]) -> Result<Vec<Enforcement>> {
    if merchants.is_empty() {
        return Ok(Vec::new());
    }
    let tail = format!(
        "merchant in ({}) and closed_at is null and origin = 'rules' and stage in ('scheduled', 'in-force')",
        list_of(merchants)
    );
    let mut rows = some(session, &tail, &[])?;
    rows.retain(|row| !row.record.cited.is_empty());
    Ok(rows)
}

/// Cords pulled since a moment, newest first, at most `limit`.
pub(crate) fn cords(session: &mut dyn Session, market: i64, since: Instant, limit: usize) -> Result<Vec<Enforcement>> {
    let tail = "marketplace = ?1 and origin = 'cord' and stage <> 'observed' and opened_at > ?2 order by id desc limit ?3";
    some(session, tail, &[market.into(), since.into(), (limit as i64).into()])
}

/// The newest of a listing's cords, newest first.
pub(crate) fn cords_of(session: &mut dyn Session, market: i64, listing: &str, limit: usize) -> Result<Vec<Enforcement>> {
    let tail = "marketplace = ?1 and object = ?2 and origin = 'cord' order by id desc limit ?3";
    some(session, tail, &[market.into(), listing.into(), (limit as i64).into()])
}

/// Which enforcements to list: of a marketplace, newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this merchant.
    pub merchant: Option<i64>,
    /// At this stage.
    pub stage: Option<Stage>,
    /// Of this kind.
    pub kind: Option<Kind>,
    /// About this listing or badge.
    pub object: Option<String>,
    /// Brought about by this.
    pub origin: Option<Origin>,
    /// Only what the merchant is told of.
    pub told: bool,
    /// Opened before this one.
    pub before: Option<Uuid>,
}

/// A page of enforcements.
pub(crate) fn list(session: &mut dyn Session, market: i64, filter: &Filter, limit: usize) -> Result<Vec<Enforcement>> {
    let conditions = [
        ("merchant =", filter.merchant.map(Value::from)),
        ("stage =", filter.stage.map(|stage| stage.word().into())),
        ("action =", filter.kind.map(|kind| kind.word().into())),
        ("object =", filter.object.as_deref().map(Value::from)),
        ("origin =", filter.origin.map(|origin| origin.word().into())),
        ("id <", filter.before.map(Value::from)),
    ];
    let (mut narrowed, mut values) = (vec!["marketplace = ?1".to_owned()], vec![Value::from(market)]);
    for (condition, value) in conditions.into_iter().filter_map(|(c, v)| Some((c, v?))) {
        values.push(value);
        narrowed.push(format!("{condition} ?{}", values.len()));
    }
    if filter.told {
        narrowed.push("stage not in ('observed', 'in-review')".to_owned());
        narrowed.push("(stage not in ('declined', 'withdrawn') or held in ('grace', 'notice'))".to_owned());
    }
    values.push((limit as i64).into());
    let tail = format!("{} order by id desc limit ?{}", narrowed.join(" and "), values.len());
    some(session, &tail, &values)
}

/// What an agent has pulled before `now`, with listings of this merchant apart.
pub(crate) fn pulls_of(session: &mut dyn Session, market: i64, agent: &str, merchant: i64, now: Instant) -> Result<Pulls> {
    let sql = "select coalesce(sum(case when opened_at > ?3 then 1 else 0 end), 0),
            count(distinct case when merchant = ?6 and opened_at > ?4 then object end),
            coalesce(sum(case when stage in ('lifted', 'reversed') then 1 else 0 end), 0),
            coalesce(sum(case when stage = 'reversed' then 1 else 0 end), 0)
        from enforcements where marketplace = ?1 and author = ?2 and origin = 'cord' and opened_at > ?5";
    let ago = |days: i64| Value::from(now - days * DAY);
    let rows = session.ask(sql, &[market.into(), agent.into(), ago(1), ago(30), ago(90), merchant.into()])?;
    let number = |column| rows.first().and_then(|row| row.int(column)).and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    Ok(Pulls { day: number(0), same_merchant: number(1), reviewed: number(2), overturned: number(3) })
}

/// Row numbers, as a statement lists them.
pub(crate) fn list_of(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
