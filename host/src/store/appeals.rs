//! Appeals, inside whatever transaction a session is in.

use andon_domain::enforce::appeal::{Course, Evidence, Phase, is_urgent};
use andon_domain::enforce::measure::Measure;
use andon_domain::ids::Instant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StoreError;
use super::session::{Cells, Result, Session, Value};

/// An appeal.
#[derive(Debug, Clone, PartialEq)]
pub struct Appeal {
    /// Its id; later ones sort after earlier ones.
    pub id: Uuid,
    /// Marketplace.
    pub market: i64,
    /// Merchant.
    pub merchant: i64,
    /// The enforcement it is against.
    pub enforcement: Uuid,
    /// 1, or 2 for one on new evidence.
    pub round: u8,
    /// When it was filed, by the marketplace's clock, like all times here.
    pub filed_at: Instant,
    /// When it was answered.
    pub closed_at: Option<Instant>,
    /// The rest.
    pub record: Record,
}

/// What a merchant plans to do, and has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlanOfAction)]
pub struct Plan {
    /// What caused it.
    pub cause: String,
    /// What has been put right.
    pub correction: String,
    /// What keeps it from happening again.
    pub prevention: String,
}

/// One step in an appeal: the phase it led to, and who said what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The phase it led to.
    pub phase: Phase,
    /// Who.
    pub by: String,
    /// Whether that was somebody of the marketplace on the merchant's behalf.
    pub on_behalf: bool,
    /// When.
    pub at: Instant,
    /// What was said.
    pub text: String,
}

/// A measure that is in force beside a decision that was overturned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The enforcement.
    pub enforcement: Uuid,
    /// What it does.
    pub measure: Measure,
}

/// What an appeal's row keeps as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the decision did.
    pub measure: Measure,
    /// Where it stands.
    pub course: Course,
    /// The merchant's plan.
    pub plan: Plan,
    /// All that was brought forward, later on too.
    pub evidence: Evidence,
    /// What has happened, oldest first.
    pub steps: Vec<Step>,
    /// What stayed in force when the decision was overturned.
    pub kept: Vec<Kept>,
}

impl Appeal {
    /// Its place in the queue: 0 where the merchant cannot trade meanwhile, 1 for the others, 2 for what is answered; of these
    /// whoever must be answered first.
    pub fn place(&self) -> (i64, Instant, Uuid) {
        let urgency = match self.closed_at {
            Some(_) => 2,
            None => i64::from(!is_urgent(self.record.measure.kind)),
        };
        (urgency, self.record.course.answer_by, self.id)
    }
}

const COLUMNS: &str =
    "id, marketplace, merchant, enforcement, round, filed_at, closed_at, record, phase, urgency, answer_by, due_at";

fn read(row: &Cells) -> Result<Appeal> {
    let id = row.id(0).unwrap_or_default();
    let broken = || StoreError::undecodable("appeals", id);
    Ok(Appeal {
        id,
        market: row.int(1).ok_or_else(broken)?,
        merchant: row.int(2).ok_or_else(broken)?,
        enforcement: row.id(3).ok_or_else(broken)?,
        round: row.int(4).and_then(|round| u8::try_from(round).ok()).ok_or_else(broken)?,
        filed_at: row.int(5).ok_or_else(broken)?,
        closed_at: row.int(6),
        record: row.text(7).and_then(|text| serde_json::from_str(text).ok()).ok_or_else(broken)?,
    })
}

/// Stores a new one, or what has become of one.
pub(crate) fn put(session: &mut dyn Session, appeal: &Appeal) -> Result<()> {
    let sql = format!(
        "insert into appeals ({COLUMNS}) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            on conflict (id) do update set closed_at = excluded.closed_at, record = excluded.record, phase = excluded.phase,
                urgency = excluded.urgency, answer_by = excluded.answer_by, due_at = excluded.due_at"
    );
    let (urgency, answer_by, _) = appeal.place();
    let course = &appeal.record.course;
    let unencodable = |e: serde_json::Error| StoreError::Inconsistent {
        table: "appeals",
        row: appeal.id.to_string(),
        what: format!("it cannot be encoded: {e}"),
    };
    let record = serde_json::to_string(&appeal.record).map_err(unencodable)?;
    let values = [
        Value::from(appeal.id),
        appeal.market.into(),
        appeal.merchant.into(),
        appeal.enforcement.into(),
        i64::from(appeal.round).into(),
        appeal.filed_at.into(),
        Value::Int(appeal.closed_at),
        record.as_str().into(),
        course.phase.word().into(),
        urgency.into(),
        answer_by.into(),
        Value::Int(course.due_at()),
    ];
    session.execute(&sql, &values).map(|_| ())
}

fn some(session: &mut dyn Session, tail: &str, values: &[Value<'_>]) -> Result<Vec<Appeal>> {
    session.ask(&format!("select {COLUMNS} from appeals where {tail}"), values)?.iter().map(read).collect()
}

/// One by its id.
pub(crate) fn one(session: &mut dyn Session, market: i64, id: Uuid) -> Result<Option<Appeal>> {
    Ok(some(session, "id = ?1 and marketplace = ?2", &[id.into(), market.into()])?.pop())
}

/// All against one decision, oldest first.
pub(crate) fn against(session: &mut dyn Session, enforcement: Uuid) -> Result<Vec<Appeal>> {
    some(session, "enforcement = ?1 order by round", &[enforcement.into()])
}

/// Those that time moves on.
pub(crate) fn due(session: &mut dyn Session, market: i64, now: Instant, limit: usize) -> Result<Vec<Appeal>> {
    let tail = "marketplace = ?1 and due_at is not null and due_at <= ?2 order by due_at, id limit ?3";
    some(session, tail, &[market.into(), now.into(), (limit as i64).into()])
}

/// Whether time moves any on.
pub(crate) fn any_due(session: &mut dyn Session, market: i64, now: Instant) -> Result<bool> {
    let sql = "select 1 from appeals where marketplace = ?1 and due_at is not null and due_at <= ?2 limit 1";
    Ok(!session.ask(sql, &[market.into(), now.into()])?.is_empty())
}

/// Which appeals to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this merchant.
    pub merchant: Option<i64>,
    /// Against this decision.
    pub enforcement: Option<Uuid>,
    /// That have come so far.
    pub phase: Option<Phase>,
    /// Those after this place in the queue.
    pub after: Option<(i64, Instant, Uuid)>,
}

/// A page of a marketplace's queue: whoever waits most urgently first, what is answered last.
pub(crate) fn list(session: &mut dyn Session, market: i64, filter: &Filter, limit: usize) -> Result<Vec<Appeal>> {
    let (mut narrowed, mut values) = (vec!["marketplace = ?1".to_owned()], vec![Value::from(market)]);
    let conditions = [
        ("merchant =", filter.merchant.map(Value::from)),
        ("enforcement =", filter.enforcement.map(Value::from)),
        ("phase =", filter.phase.map(|phase| phase.word().into())),
    ];
    for (condition, value) in conditions.into_iter().filter_map(|(c, v)| Some((c, v?))) {
        values.push(value);
        narrowed.push(format!("{condition} ?{}", values.len()));
    }
    if let Some((urgency, answer_by, id)) = filter.after {
        let n = values.len();
        narrowed.push(format!("(urgency, answer_by, id) > (?{}, ?{}, ?{})", n + 1, n + 2, n + 3));
        values.extend([Value::from(urgency), answer_by.into(), id.into()]);
    }
    values.push((limit as i64).into());
    let tail = format!("{} order by urgency, answer_by, id limit ?{}", narrowed.join(" and "), values.len());
    some(session, &tail, &values)
}
