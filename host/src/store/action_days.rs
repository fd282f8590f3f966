//! What each day saw of each action: how often it came up, and how often it happened by itself. Caps and alarms go by it.

use andon_domain::enforce::alarm::Tally;
use andon_domain::enforce::measure::Kind;
use andon_domain::ids::Day;

use super::session::{Result, Session, Value};

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
