//! Enforcements, overrides and the days' counts, inside whatever transaction a session is in.

use std::collections::HashMap;

use andon_domain::enforce::alarm::Tally;
use andon_domain::enforce::cord::Record as Pulls;
use andon_domain::enforce::decide::{Case, Ended, Held, Open};
use andon_domain::enforce::measure::{Account, Effect, Kind, Measure, Origin};
use andon_domain::enforce::policy::DAY;
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::{Day, Instant};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use super::StoreError;
use super::session::{Cells, Result, Session, Value};
use super::statement::places;

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

/// Values of one statement; PostgreSQL takes 65,535 and SQLite 32,766.
const VALUES: usize = 30_000;

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

fn measure(row: &Cells, from: usize) -> Option<Measure> {
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
    const WIDTH: usize = 19;
    for part in rows.chunks(VALUES / WIDTH) {
        let records = part.iter().map(record).collect::<Result<Vec<_>>>()?;
        let mut values: Vec<Value<'_>> = Vec::with_capacity(part.len() * WIDTH);
        for (row, record) in part.iter().zip(&records) {
            let Enforcement { id, market, merchant, measure, origin, stage, .. } = row;
            let number = |n: Option<i64>| Value::Int(n);
            values.extend([Value::from(*id), (*market).into(), (*merchant).into()]);
            values.extend([
                Value::from(measure.kind.word()),
                measure.object.as_str().into(),
                number(measure.amount.map(i64::from)),
            ]);
            values.extend([Value::from(origin.word()), stage.word().into(), Value::Text(row.held.map(Held::word))]);
            values.extend([number(row.days.map(i64::from)), Value::Id(row.verdict), number(row.generation)]);
            values.extend([Value::from(row.author.as_str()), row.opened_at.into(), row.effective_at.into()]);
            values.extend([number(row.ends_at), number(row.due_at), number(row.closed_at), record.as_str().into()]);
        }
        let sql = format!("insert into enforcements ({COLUMNS}) values {}", places(part.len(), WIDTH));
        session.execute(&sql, &values)?;
    }
    Ok(())
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
    let (mut tail, mut values) = (String::from("marketplace = ?1"), vec![Value::from(market)]);
    for (condition, value) in conditions.into_iter().filter_map(|(c, v)| Some((c, v?))) {
        values.push(value);
        tail.push_str(&format!(" and {condition} ?{}", values.len()));
    }
    if filter.told {
        tail.push_str(" and stage not in ('observed', 'in-review') and (stage not in ('declined', 'withdrawn') or held in ('grace', 'notice'))");
    }
    values.push((limit as i64).into());
    tail.push_str(&format!(" order by id desc limit ?{}", values.len()));
    some(session, &tail, &values)
}

fn list_of(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

/// What is open of merchants, what ended since `since`, and what is held back of them at `now`. Whoever has none of it is left out.
pub(crate) fn cases(session: &mut dyn Session, merchants: &[i64], since: Instant, now: Instant) -> Result<HashMap<i64, Case>> {
    let mut cases: HashMap<i64, Case> = HashMap::new();
    let ids = list_of(merchants);
    if merchants.is_empty() {
        return Ok(cases);
    }
    let sql = format!(
        "select merchant, id, action, object, amount, origin, stage, effective_at, ends_at, closed_at, held from enforcements
            where merchant in ({ids}) and (closed_at is null or closed_at > ?1) order by merchant, id"
    );
    for row in session.ask(&sql, &[since.into()])? {
        let broken = || StoreError::undecodable("enforcements", row.id(1).unwrap_or_default());
        let (merchant, id) = (row.int(0).ok_or_else(broken)?, row.id(1).ok_or_else(broken)?);
        let measure = measure(&row, 2).ok_or_else(broken)?;
        let origin = row.text(5).and_then(Origin::of_word).ok_or_else(broken)?;
        let stage = row.text(6).and_then(Stage::of_word).ok_or_else(broken)?;
        let case = cases.entry(merchant).or_default();
        match row.int(9) {
            Some(at) => case.ended.push(Ended { measure, stage, at }),
            None => {
                let (effective_at, is_timed) = (row.int(7).unwrap_or_default(), row.int(8).is_some());
                let held = row.text(10).and_then(Held::of_word);
                case.open.push(Open { id, measure, origin, stage, held, effective_at, is_timed });
            }
        }
    }
    let sql = format!("select merchant, action, until from overrides where merchant in ({ids}) and until > ?1");
    for row in session.ask(&sql, &[now.into()])? {
        let kind = row.text(1).and_then(Kind::of_word);
        let case = cases.entry(row.int(0).unwrap_or_default()).or_default();
        case.overrides.push((kind, row.int(2).unwrap_or_default()));
    }
    Ok(cases)
}

/// Measures in force of merchants.
pub(crate) fn effects(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, Effect>> {
    let mut measures: HashMap<i64, Vec<Measure>> = merchants.iter().map(|m| (*m, Vec::new())).collect();
    if merchants.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "select merchant, action, object, amount from enforcements where merchant in ({}) and closed_at is null and stage = 'in-force'",
        list_of(merchants)
    );
    for row in session.ask(&sql, &[])? {
        let broken = || StoreError::undecodable("enforcements", "in force");
        let merchant = row.int(0).ok_or_else(broken)?;
        measures.entry(merchant).or_default().push(measure(&row, 1).ok_or_else(broken)?);
    }
    Ok(measures.into_iter().map(|(merchant, measures)| (merchant, Effect::of(&measures))).collect())
}

/// Stores what measures add up to for a merchant, and when a person last lifted a suspension, where that is now.
pub(crate) fn put_effect(session: &mut dyn Session, merchant: i64, effect: &Effect, reinstated: Option<Instant>) -> Result<()> {
    let sql =
        "update merchants set account = ?2, order_cap = ?3, payouts_held = ?4, badges = ?5, reinstated = coalesce(?6, reinstated)
        where id = ?1";
    let badges = effect.badges.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let values = [
        Value::from(merchant),
        effect.account.word().into(),
        Value::Int(effect.order_cap.map(i64::from)),
        i64::from(effect.payouts_held).into(),
        badges.as_str().into(),
        Value::Int(reinstated),
    ];
    session.execute(sql, &values).map(|_| ())
}

/// What a merchant's row says of its account: as it was stored, to be held against what measures add up to.
pub(crate) fn stored_effect(session: &mut dyn Session, merchant: i64) -> Result<Option<(Effect, Option<Instant>)>> {
    let sql = "select account, order_cap, payouts_held, badges, reinstated from merchants where id = ?1";
    let Some(row) = session.ask(sql, &[merchant.into()])?.pop() else { return Ok(None) };
    let account = row.text(0).and_then(Account::of_word).ok_or_else(|| StoreError::undecodable("merchants", merchant))?;
    let sql = "select object from enforcements where merchant = ?1 and closed_at is null and stage = 'in-force' and action = 'pull-listing'";
    let pulled = session.ask(sql, &[merchant.into()])?;
    let effect = Effect {
        account,
        order_cap: row.int(1).and_then(|n| u32::try_from(n).ok()),
        payouts_held: row.int(2) == Some(1),
        badges: row.text(3).unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        listings_pulled: pulled.iter().filter_map(|row| row.text(0)).map(str::to_owned).collect(),
    };
    Ok(Some((effect, row.int(4))))
}

/// References of merchants.
pub(crate) fn references(session: &mut dyn Session, merchants: &[i64]) -> Result<HashMap<i64, String>> {
    if merchants.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = session.ask(&format!("select id, ref from merchants where id in ({})", list_of(merchants)), &[])?;
    Ok(rows.iter().filter_map(|row| Some((row.int(0)?, row.text(1)?.to_owned()))).collect())
}

/// Merchants among these over whom rules of this generation have failed and not yet recovered: what is said of them is stale.
pub(crate) fn stale(session: &mut dyn Session, generation: i64, merchants: &[i64]) -> Result<Vec<i64>> {
    if merchants.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("select distinct merchant from faults where generation = ?1 and merchant in ({})", list_of(merchants));
    Ok(session.ask(&sql, &[generation.into()])?.iter().filter_map(|row| row.int(0)).collect())
}

/// An operator's word that something must not happen to a merchant by itself, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Merchant.
    pub merchant: i64,
    /// What must not happen; `None`: nothing that weighs.
    pub kind: Option<Kind>,
    /// Why.
    pub reason: String,
    /// Who said so.
    pub author: String,
    /// When.
    pub at: Instant,
    /// Until when.
    pub until: Instant,
}

/// The word for all that weighs.
pub const ALL: &str = "all";

/// Stores an override in place of the one before it.
pub(crate) fn put_override(session: &mut dyn Session, market: i64, of: &Override) -> Result<()> {
    let sql =
        "insert into overrides (marketplace, merchant, action, reason, author, at, until) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        on conflict (merchant, action) do update set reason = excluded.reason, author = excluded.author, at = excluded.at,
            until = excluded.until";
    let action = of.kind.map_or(ALL, Kind::word);
    let values = [
        market.into(),
        of.merchant.into(),
        Value::from(action),
        of.reason.as_str().into(),
        of.author.as_str().into(),
        of.at.into(),
        of.until.into(),
    ];
    session.execute(sql, &values).map(|_| ())
}

/// Takes an override away; says whether there was one.
pub(crate) fn drop_override(session: &mut dyn Session, merchant: i64, kind: Option<Kind>) -> Result<bool> {
    let action = kind.map_or(ALL, Kind::word);
    Ok(session.execute("delete from overrides where merchant = ?1 and action = ?2", &[merchant.into(), action.into()])? > 0)
}

/// A merchant's overrides that hold at `now`.
pub(crate) fn overrides(session: &mut dyn Session, merchant: i64, now: Instant) -> Result<Vec<Override>> {
    let sql = "select action, reason, author, at, until from overrides where merchant = ?1 and until > ?2 order by action";
    let read = |row: &Cells| {
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        let kind = row.text(0).and_then(Kind::of_word);
        let (at, until) = (row.int(3).unwrap_or_default(), row.int(4).unwrap_or_default());
        Override { merchant, kind, reason: text(1), author: text(2), at, until }
    };
    Ok(session.ask(sql, &[merchant.into(), now.into()])?.iter().map(read).collect())
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

/// The action under which a day's judgements are counted.
pub(crate) const JUDGED: &str = "";

/// Adds to a day's counts: (action, seen, taken).
pub(crate) fn count(session: &mut dyn Session, market: i64, day: Day, counts: &[(&str, u64, u64)]) -> Result<()> {
    let sql = "insert into action_days (marketplace, action, day, seen, taken) values (?1, ?2, ?3, ?4, ?5)
        on conflict (marketplace, action, day) do update set seen = action_days.seen + excluded.seen,
            taken = action_days.taken + excluded.taken";
    for (action, seen, taken) in counts.iter().filter(|(_, seen, taken)| seen + taken > 0) {
        let values = [market.into(), Value::from(*action), i64::from(day).into(), (*seen as i64).into(), (*taken as i64).into()];
        session.execute(sql, &values)?;
    }
    Ok(())
}

/// What a day and those before it saw of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Days {
    /// The day itself.
    pub(crate) today: Tally,
    /// How often it happened by itself that day.
    pub(crate) taken: u64,
    /// Days before it with any judgement, newest first.
    pub(crate) before: Vec<Tally>,
}

/// How often an action happened by itself on a day.
pub(crate) fn taken(session: &mut dyn Session, market: i64, action: Kind, day: Day) -> Result<u64> {
    let sql = "select taken from action_days where marketplace = ?1 and action = ?2 and day = ?3";
    let rows = session.ask(sql, &[market.into(), action.word().into(), i64::from(day).into()])?;
    Ok(rows.first().and_then(|row| row.int(0)).and_then(|n| u64::try_from(n).ok()).unwrap_or_default())
}

/// How many days back an action's history is looked at: what is older weighs next to nothing.
const BACK: i32 = 180;

/// An action's days up to `day`.
pub(crate) fn days(session: &mut dyn Session, market: i64, action: Kind, day: Day) -> Result<Days> {
    let sql = "select j.day, j.seen, coalesce(a.seen, 0), coalesce(a.taken, 0) from action_days j
        left join action_days a on a.marketplace = j.marketplace and a.day = j.day and a.action = ?2
        where j.marketplace = ?1 and j.action = ?3 and j.day > ?4 and j.day <= ?5 order by j.day desc";
    let values = [market.into(), action.word().into(), Value::from(JUDGED), i64::from(day - BACK).into(), i64::from(day).into()];
    let mut days = Days::default();
    for row in session.ask(sql, &values)? {
        let number = |column| row.int(column).and_then(|n| u64::try_from(n).ok()).unwrap_or_default();
        let tally = Tally { judged: number(1), hits: number(2) };
        if row.int(0) == Some(day.into()) {
            (days.today, days.taken) = (tally, number(3));
        } else {
            days.before.push(tally);
        }
    }
    Ok(days)
}
