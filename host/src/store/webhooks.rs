//! Endpoints that want messages: where they are, what they want, how they are signed to, and whether they still answer.

use std::sync::Arc;

use andon_domain::delivery::dead_if_failing_since;
use andon_domain::ids::Instant;
use andon_domain::topics::Topics;

use super::session::{Cells, Hold, Result, Session, Value};
use super::{Store, StoreError};

/// Endpoints of one marketplace.
pub const MOST: usize = 20;

const GONE: &str = "it answered 410: it wants nothing any more";
const DEAD: &str = "every delivery has failed for five days";

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number, 0 for one not yet stored.
    pub id: i64,
    /// Marketplace.
    pub marketplace: i64,
    /// Where it is.
    pub url: String,
    /// What its owner calls it.
    pub description: String,
    /// What it wants.
    pub topics: Topics,
    /// What is signed with, `whsec_…`.
    pub secret: String,
    /// What was signed with before, and until when that is good.
    pub old_secret: Option<(String, Instant)>,
    /// Why nothing is sent to it; none where it is enabled.
    pub disabled: Option<String>,
    /// Since when every delivery has failed.
    pub failing_since: Option<Instant>,
    /// Until when it has asked to be left alone.
    pub resume_at: Option<Instant>,
    /// Who set it up.
    pub created_by: String,
    /// When.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl Webhook {
    /// The secrets that are good now, the newest first.
    pub fn secrets(&self, now: Instant) -> impl Iterator<Item = &str> {
        let old = self.old_secret.iter().filter(move |(_, until)| *until > now).map(|(secret, _)| secret.as_str());
        std::iter::once(self.secret.as_str()).chain(old)
    }
}

const COLUMNS: &str =
    "w.id, w.marketplace, w.url, w.description, w.events, w.secret, w.old_secret, w.old_until, w.state, w.reason,
    w.failing_since, w.resume_at, w.created_by, w.created_at, w.updated_at";

fn webhook(row: &Cells) -> Result<Webhook> {
    let broken = || StoreError::undecodable("webhooks", row.int(0).unwrap_or_default());
    let text = |column| row.text(column).map(str::to_owned).ok_or_else(broken);
    let number = |column| row.int(column).ok_or_else(broken);
    let enabled = text(8)? == "enabled";
    Ok(Webhook {
        id: number(0)?,
        marketplace: number(1)?,
        url: text(2)?,
        description: text(3)?,
        topics: topics(&text(4)?).ok_or_else(broken)?,
        secret: text(5)?,
        old_secret: row.text(6).map(str::to_owned).zip(row.int(7)),
        disabled: if enabled { None } else { Some(text(9)?) },
        failing_since: row.int(10),
        resume_at: row.int(11),
        created_by: text(12)?,
        created_at: number(13)?,
        updated_at: number(14)?,
    })
}

fn topics(json: &str) -> Option<Topics> {
    Topics::new(serde_json::from_str::<Vec<String>>(json).ok()?).ok()
}

/// The numbers of a marketplace's endpoints that are enabled, with what they want.
pub(super) fn enabled(session: &mut dyn Session, market: i64) -> Result<Vec<(i64, Topics)>> {
    let sql = "select id, events from webhooks where marketplace = ?1 and state = 'enabled' order by id";
    let rows = session.ask(sql, &[market.into()])?;
    let read = |row: &Cells| Some((row.int(0)?, topics(row.text(1)?)?));
    rows.iter().map(|row| read(row).ok_or_else(|| StoreError::undecodable("webhooks", market))).collect()
}

/// An endpoint of a marketplace, within a transaction.
pub(crate) fn get(session: &mut dyn Session, market: i64, id: i64) -> Result<Option<Webhook>> {
    let sql = format!("select {COLUMNS} from webhooks w where w.id = ?1 and w.marketplace = ?2");
    session.ask(&sql, &[id.into(), market.into()])?.first().map(webhook).transpose()
}

/// Stores a new endpoint and answers its number; none where the marketplace has as many as it may.
pub(crate) fn add(session: &mut dyn Session, new: &Webhook) -> Result<Option<i64>> {
    let sql = "insert into webhooks (marketplace, url, description, events, secret, state, created_by, created_at, updated_at)
        select ?1, ?2, ?3, ?4, ?5, 'enabled', ?6, ?7, ?7 where (select count(*) from webhooks where marketplace = ?1) < ?8
        returning id";
    session.hold(Hold::Desk(new.marketplace))?;
    let events = super::json(&new.topics.patterns());
    let Webhook { marketplace, url, description, secret, created_by, created_at, .. } = new;
    let values = [
        Value::from(*marketplace),
        url.as_str().into(),
        description.as_str().into(),
        events.as_str().into(),
        secret.as_str().into(),
        created_by.as_str().into(),
        (*created_at).into(),
        (MOST as i64).into(),
    ];
    Ok(session.ask(sql, &values)?.first().and_then(|row| row.int(0)))
}

/// Stores an endpoint as it is now; one that is enabled begins with a clean slate where it was not.
pub(crate) fn put(session: &mut dyn Session, webhook: &Webhook) -> Result<()> {
    let sql =
        "update webhooks set url = ?3, description = ?4, events = ?5, secret = ?6, old_secret = ?7, old_until = ?8, state = ?9,
        reason = ?10, failing_since = ?11, resume_at = ?12, updated_at = ?13 where id = ?1 and marketplace = ?2";
    session.hold(Hold::Desk(webhook.marketplace))?;
    let events = super::json(&webhook.topics.patterns());
    let old = webhook.old_secret.as_ref();
    let values = [
        Value::from(webhook.id),
        webhook.marketplace.into(),
        webhook.url.as_str().into(),
        webhook.description.as_str().into(),
        events.as_str().into(),
        webhook.secret.as_str().into(),
        Value::Text(old.map(|(secret, _)| secret.as_str())),
        Value::Int(old.map(|(_, until)| *until)),
        if webhook.disabled.is_some() { "disabled" } else { "enabled" }.into(),
        Value::Text(webhook.disabled.as_deref()),
        Value::Int(webhook.failing_since),
        Value::Int(webhook.resume_at),
        webhook.updated_at.into(),
    ];
    session.execute(sql, &values)?;
    // What waits for it may go out now.
    *session.outgoing() = true;
    Ok(())
}

/// Removes an endpoint and all that was to be sent to it; says whether there was one.
pub(crate) fn remove(session: &mut dyn Session, market: i64, id: i64) -> Result<bool> {
    session.hold(Hold::Desk(market))?;
    let gone = session.execute("delete from webhooks where id = ?1 and marketplace = ?2", &[id.into(), market.into()])? > 0;
    if gone {
        session.execute("delete from deliveries where endpoint = ?1", &[id.into()])?;
    }
    Ok(gone)
}

/// How an endpoint did in a number of attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// Which endpoint.
    pub endpoint: i64,
    /// Whether any delivery arrived.
    pub alive: bool,
    /// Until when it asks to be left alone.
    pub rest_until: Option<Instant>,
    /// Whether it wants nothing any more.
    pub gone: bool,
}

impl Health {
    /// Of an endpoint of which nothing is known yet.
    pub fn of(endpoint: i64) -> Self {
        Self { endpoint, alive: false, rest_until: None, gone: false }
    }
}

/// Notes how endpoints did; answers those that nothing is sent to from now on, each with its marketplace and the reason.
pub(crate) fn note(session: &mut dyn Session, all: &[Health], now: Instant) -> Result<Vec<(i64, i64, &'static str)>> {
    let mut disabled = Vec::new();
    let flag = |yes: bool| Value::from(i64::from(yes));
    for Health { endpoint, alive, rest_until, gone } in all.iter().copied() {
        let sql = "update webhooks set resume_at = coalesce(?2, resume_at),
            failing_since = case when ?3 = 1 then null else coalesce(failing_since, ?4) end where id = ?1";
        session.execute(sql, &[endpoint.into(), Value::Int(rest_until), flag(alive), now.into()])?;
        if alive && !gone {
            continue;
        }
        let reason = if gone { GONE } else { DEAD };
        let sql = "update webhooks set state = 'disabled', reason = ?2
            where id = ?1 and state = 'enabled' and (?3 = 1 or failing_since <= ?4) returning marketplace";
        let rows = session.ask(sql, &[endpoint.into(), reason.into(), flag(gone), dead_if_failing_since(now).into()])?;
        disabled.extend(rows.iter().filter_map(|row| Some((row.int(0)?, endpoint, reason))));
    }
    Ok(disabled)
}

impl Store {
    /// A marketplace's endpoints, oldest first.
    pub async fn webhooks(self: &Arc<Self>, market: i64) -> Result<Vec<Webhook>> {
        let sql = format!("select {COLUMNS} from webhooks w where w.marketplace = ?1 order by w.id");
        self.read(move |session| session.ask(&sql, &[market.into()])?.iter().map(webhook).collect()).await
    }

    /// One of them.
    pub async fn webhook(self: &Arc<Self>, market: i64, id: i64) -> Result<Option<Webhook>> {
        self.read(move |session| get(session, market, id)).await
    }

    /// All endpoints that are enabled, each with the moment from which on something is due for it.
    pub async fn open_webhooks(self: &Arc<Self>) -> Result<Vec<(Webhook, Option<Instant>)>> {
        let sql = format!(
            "select {COLUMNS}, (select min(d.next_at) from deliveries d where d.endpoint = w.id and d.next_at is not null)
                from webhooks w where w.state = 'enabled' order by w.id"
        );
        let open = |row: &Cells| {
            let webhook = webhook(row)?;
            let due = row.int(15).map(|at| webhook.resume_at.map_or(at, |resume| at.max(resume)));
            Ok((webhook, due))
        };
        self.read(move |session| session.ask(&sql, &[])?.iter().map(open).collect()).await
    }
}
