//! What changing the rules writes inside the writer's transactions: states, the progress of a build, how merchants stood before,
//! and the removal of what a generation had made. Each statement is the same on both databases.

use andon_domain::ids::Instant;
use andon_domain::rollout::Entry;
use uuid::Uuid;

use super::StoreError;
use super::session::{Cells, Result, Session, Value};

/// What a generation makes besides subjects' marks: tables, and the rest of their keys.
const MADE: [(&str, &str); 6] = [
    ("tallies", "bucket, merchant, listing, lane"),
    ("evidence", "merchant, counter, at, subject, ordinal"),
    ("repeats", "merchant, quota, buyer, at, ref_key"),
    ("faults", "merchant, subject"),
    ("shadows", "merchant"),
    ("stood", "merchant"),
];

/// What a merchant's row says of how it is judged.
const STOOD: [&str; 9] = ["standing", "level", "since", "projected", "score", "statuses", "judged_day", "verdict", "verdict_at"];

/// Merchants `m` of a marketplace whose newest verdict `v` is a generation's, with how they stood before it, `s`.
const JUDGED: &str = "s.generation = ?1 and m.marketplace = ?2 and v.id = m.verdict and v.generation = ?1";

/// Standings that are read in one go.
const PAGE: i64 = 1_000;

/// A merchant's standing that is another than before a generation judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Differing {
    /// Row number of the merchant.
    pub(crate) merchant: i64,
    /// Its reference.
    pub(crate) reference: String,
    /// Code of the standing in force; none where the generation came to none.
    pub(crate) now: Option<String>,
    /// The generation's newest verdict on it.
    pub(crate) told: Uuid,
    /// Code of the standing before; none where there was none yet.
    pub(crate) before: Option<String>,
    /// Level of that standing.
    pub(crate) level: Option<String>,
    /// The score before, 0 to 1000.
    pub(crate) score: Option<i64>,
    /// The newest verdict before.
    pub(crate) verdict: Option<Uuid>,
}

/// Stores a generation's place in the line-up.
pub(crate) fn put_entry(session: &mut dyn Session, entry: &Entry, since: Instant) -> Result<()> {
    let sql = "update generations set state = ?2, share = ?3, effective_at = ?4, note = ?5, band = ?6, stopped = ?7,
        since = case when state = ?2 then since else ?8 end where id = ?1";
    let (plan, band) = (&entry.plan, entry.plan.band.as_ref().map(super::json));
    let values = [
        Value::from(entry.id),
        Value::Text(Some(entry.state.word())),
        Value::from(i64::from(plan.share)),
        Value::Int(plan.effective_at),
        Value::Text(plan.note.as_deref()),
        Value::Text(band.as_deref()),
        Value::Text(entry.stopped.as_deref()),
        Value::from(since),
    ];
    session.execute(sql, &values).map(|_| ())
}

/// Begins a pass over all subjects there are, of which `of` are the marketplace's. Whatever comes later is not its business.
pub(crate) fn start_pass(session: &mut dyn Session, generation: i64, of: i64) -> Result<()> {
    let sql = "update generations set subjects = ?2, built = 0, built_to = 0,
        until = (select coalesce(max(id), 0) from subjects) where id = ?1";
    session.execute(sql, &[generation.into(), of.into()]).map(|_| ())
}

/// Where a pass is, and the last subject it has to reach.
pub(crate) fn pass(session: &mut dyn Session, generation: i64) -> Result<(i64, i64)> {
    let rows = session.ask("select built_to, until from generations where id = ?1", &[generation.into()])?;
    Ok(rows.first().map_or((0, 0), |row| (row.int(0).unwrap_or(0), row.int(1).unwrap_or(0))))
}

/// Notes how far a pass has come.
pub(crate) fn advance_pass(session: &mut dyn Session, generation: i64, to: i64, handled: usize) -> Result<()> {
    let sql = "update generations set built_to = ?2, built = built + ?3 where id = ?1";
    session.execute(sql, &[generation.into(), to.into(), (handled as i64).into()]).map(|_| ())
}

/// How many subjects a marketplace has.
pub(crate) fn count_subjects(session: &mut dyn Session, market: i64) -> Result<i64> {
    let rows = session.ask("select count(*) from subjects where marketplace = ?1", &[market.into()])?;
    Ok(rows.first().and_then(|row| row.int(0)).unwrap_or(0))
}

/// Keeps how merchants stand that a generation is about to judge for the first time.
pub(crate) fn keep_standings(session: &mut dyn Session, generation: i64, merchants: &[i64]) -> Result<()> {
    if merchants.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = merchants.iter().map(i64::to_string).collect();
    let columns = STOOD.join(", ");
    let anew = STOOD.map(|c| format!("{c} = excluded.{c}")).join(", ");
    let sql = format!(
        "insert into stood (generation, merchant, {columns}) select ?1, id, {columns} from merchants where id in ({})
            on conflict (generation, merchant) do update set {anew}",
        ids.join(", ")
    );
    session.execute(&sql, &[generation.into()]).map(|_| ())
}

/// A page of the standings that [`restore_standings`] would change, in order of merchants' row numbers, after `after`.
pub(crate) fn differing(session: &mut dyn Session, market: i64, generation: i64, after: i64) -> Result<Vec<Differing>> {
    let sql = format!(
        "select s.merchant, m.ref, m.standing, m.verdict, s.standing, s.level, s.score, s.verdict
            from stood s join merchants m on m.id = s.merchant join verdicts v on {JUDGED}
            where s.merchant > ?3 and coalesce(s.standing, '') <> coalesce(m.standing, '') order by s.merchant limit ?4"
    );
    let rows = session.ask(&sql, &[generation.into(), market.into(), after.into(), PAGE.into()])?;
    let read = |row: &Cells| {
        let broken = || StoreError::undecodable("stood", row.int(0).unwrap_or_default());
        let text = |column| row.text(column).map(str::to_owned);
        Ok(Differing {
            merchant: row.int(0).ok_or_else(broken)?,
            reference: text(1).ok_or_else(broken)?,
            now: text(2),
            told: row.id(3).ok_or_else(broken)?,
            before: text(4),
            level: text(5),
            score: row.int(6),
            verdict: row.id(7),
        })
    };
    rows.iter().map(read).collect()
}

/// Lets the merchants whose newest verdict is a generation's stand as they did before it: standing, since when, verdict, day of
/// judgement. That another standing was in force meanwhile stays in their history. Whoever calls it tells of those that are
/// [`differing`] first.
pub(crate) fn restore_standings(session: &mut dyn Session, market: i64, generation: i64, now: Instant) -> Result<()> {
    let sql = format!(
        "insert into standings (merchant, since, standing, level, verdict)
            select m.id, case when m.since >= ?3 then m.since + 1 else ?3 end, s.standing, s.level, s.verdict
            from merchants m join stood s on s.merchant = m.id join verdicts v on {JUDGED}
            where s.standing is not null and s.verdict is not null and s.standing <> coalesce(m.standing, '')
            on conflict do nothing"
    );
    session.execute(&sql, &[generation.into(), market.into(), now.into()])?;
    let back = STOOD.map(|c| format!("{c} = s.{c}")).join(", ");
    let sql = format!(
        "update merchants set {back} from merchants m, stood s, verdicts v
            where merchants.id = m.id and s.merchant = m.id and {JUDGED}"
    );
    session.execute(&sql, &[generation.into(), market.into()]).map(|_| ())
}

/// Removes at most about `limit` rows of what a generation had made; says whether nothing is left.
pub(crate) fn strip(session: &mut dyn Session, generation: i64, limit: i64) -> Result<bool> {
    for (table, key) in MADE {
        let sql = format!(
            "delete from {table} where generation = ?1 and ({key}) <=
                (select {key} from {table} where generation = ?1 order by {key} limit 1 offset ?2)"
        );
        if session.execute(&sql, &[generation.into(), (limit - 1).into()])? > 0 {
            return Ok(false);
        }
        session.execute(&format!("delete from {table} where generation = ?1"), &[generation.into()])?;
    }
    Ok(true)
}
