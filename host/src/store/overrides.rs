//! What operators hold back of merchants for a while.

use andon_domain::enforce::measure::Kind;
use andon_domain::ids::Instant;

use super::session::{Cells, Result, Session, Value};

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
pub(crate) fn put(session: &mut dyn Session, market: i64, of: &Override) -> Result<()> {
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
pub(crate) fn drop(session: &mut dyn Session, merchant: i64, kind: Option<Kind>) -> Result<bool> {
    let action = kind.map_or(ALL, Kind::word);
    Ok(session.execute("delete from overrides where merchant = ?1 and action = ?2", &[merchant.into(), action.into()])? > 0)
}

/// A merchant's overrides that hold at `now`.
pub(crate) fn list(session: &mut dyn Session, merchant: i64, now: Instant) -> Result<Vec<Override>> {
    let sql = "select action, reason, author, at, until from overrides where merchant = ?1 and until > ?2 order by action";
    let read = |row: &Cells| {
        let text = |column| row.text(column).unwrap_or_default().to_owned();
        let kind = row.text(0).and_then(Kind::of_word);
        let (at, until) = (row.int(3).unwrap_or_default(), row.int(4).unwrap_or_default());
        Override { merchant, kind, reason: text(1), author: text(2), at, until }
    };
    Ok(session.ask(sql, &[merchant.into(), now.into()])?.iter().map(read).collect())
}
