//! Deliveries: one row for each message and endpoint, which says how often it was tried, what came of it, and when it is tried
//! again. What is due is found here and nowhere else, so that a restart forgets nothing.

use std::sync::Arc;

use andon_domain::ids::Instant;
use uuid::Uuid;

use super::outbox::{MESSAGE, Message, message};
use super::session::{Cells, Result, Session, Value};
use super::{Store, StoreError};

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried at its next moment.
    Due,
    /// It has arrived.
    Delivered,
    /// It is not tried any more.
    Failed,
}

impl DeliveryState {
    const ALL: [Self; 3] = [Self::Due, Self::Delivered, Self::Failed];

    /// The word that names it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state that a word names.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A delivery as its log shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Where it is.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Instant>,
    /// When it was last tried.
    pub last_at: Option<Instant>,
    /// What status the last attempt was answered with.
    pub status: Option<i64>,
    /// Why the last attempt failed, in the host's words.
    pub error: Option<String>,
}

fn delivery(row: &Cells) -> Result<Delivery> {
    let message = message(row)?;
    let broken = || StoreError::undecodable("deliveries", message.place);
    let state = row.text(10).and_then(DeliveryState::of_word).ok_or_else(broken)?;
    let attempts = row.int(11).ok_or_else(broken)?;
    let (next_at, last_at, status, error) = (row.int(12), row.int(13), row.int(14), row.text(15).map(str::to_owned));
    Ok(Delivery { message, state, attempts, next_at, last_at, status, error })
}

fn select(condition: &str) -> String {
    format!(
        "select {MESSAGE}, d.state, d.attempts, d.next_at, d.last_at, d.status, d.error
            from deliveries d join outbox o on o.id = d.message where d.endpoint = ?1 and {condition}"
    )
}

/// What came of an attempt, as it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Endpoint.
    pub endpoint: i64,
    /// The message's place.
    pub message: i64,
    /// Where the delivery is now.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Instant>,
    /// When this attempt ended.
    pub at: Instant,
    /// What it was answered.
    pub status: Option<i64>,
    /// Why it failed.
    pub error: Option<&'static str>,
}

/// Notes what came of attempts.
pub(crate) fn record(session: &mut dyn Session, attempts: &[Attempt]) -> Result<()> {
    const COLUMNS: usize = 8;
    for part in attempts.chunks(500) {
        let row = |a: &Attempt| {
            [
                Value::from(a.endpoint),
                a.message.into(),
                a.state.word().into(),
                a.attempts.into(),
                Value::Int(a.next_at),
                a.at.into(),
                Value::Int(a.status),
                Value::Text(a.error),
            ]
        };
        let values: Vec<Value<'_>> = part.iter().flat_map(row).collect();
        let sql = format!(
            "update deliveries set state = n.column3, attempts = n.column4, next_at = n.column5, last_at = n.column6,
                status = n.column7, error = n.column8
                from (values {}) as n where endpoint = n.column1 and message = n.column2",
            super::statement::places(part.len(), COLUMNS)
        );
        session.execute(&sql, &values)?;
    }
    Ok(())
}

/// Has a delivery made once more, at once, whatever came of it; says whether there is one.
pub(crate) fn replay(session: &mut dyn Session, endpoint: i64, id: Uuid, now: Instant) -> Result<bool> {
    let sql = "update deliveries set state = 'due', attempts = 0, next_at = ?3
        where endpoint = ?1 and message = (select o.id from outbox o where o.message = ?2)";
    let found = session.execute(sql, &[endpoint.into(), id.into(), now.into()])? > 0;
    *session.outgoing() |= found;
    Ok(found)
}

impl Store {
    /// What is due for an endpoint, longest first.
    pub async fn due_deliveries(self: &Arc<Self>, endpoint: i64, now: Instant, limit: usize) -> Result<Vec<Delivery>> {
        let sql = select("d.next_at <= ?2 order by d.next_at, d.message limit ?3");
        let values = [endpoint, now, limit as i64];
        self.read(move |session| session.ask(&sql, &values.map(Value::from))?.iter().map(delivery).collect()).await
    }

    /// A page of an endpoint's deliveries, newest message first, those before the place `before` where given.
    pub async fn deliveries(
        self: &Arc<Self>,
        endpoint: i64,
        state: Option<DeliveryState>,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Delivery>> {
        let narrowed = state.map_or("true".to_owned(), |state| format!("d.state = '{}'", state.word()));
        let sql = select(&format!("d.message < ?2 and {narrowed} order by d.message desc limit ?3"));
        let values = [endpoint, before.unwrap_or(i64::MAX), limit as i64];
        self.read(move |session| session.ask(&sql, &values.map(Value::from))?.iter().map(delivery).collect()).await
    }

    /// The delivery of one message to an endpoint.
    pub async fn delivery(self: &Arc<Self>, endpoint: i64, id: Uuid) -> Result<Option<Delivery>> {
        let sql = select("o.message = ?2");
        self.read(move |session| session.ask(&sql, &[endpoint.into(), id.into()])?.first().map(delivery).transpose()).await
    }
}
