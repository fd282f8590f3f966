//! Messages that leave the host: put into the outbox in the transaction of what they tell of, together with a delivery for each
//! endpoint that wants them. One transaction at a time puts them, so that their numbers are in the order of their commits.

use andon_domain::delivery::{CHASE_AFTER, CHASES};
use andon_domain::ids::Instant;
use andon_domain::topics::Topics;
use uuid::Uuid;

use super::session::{Cells, Hold, Result, Session, Value};
use super::{Store, StoreError, webhooks};

/// Messages in one statement.
const AT_ONCE: usize = 1_000;
const COLUMNS: usize = 10;

/// A message to go out.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// Its id, a UUIDv7, which is also when it was made; one that is there already is not put again.
    pub id: Uuid,
    /// Its kind, such as `enforcement.taken`.
    pub kind: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// The merchant that may see it; none where only operators may.
    pub merchant: Option<i64>,
    /// When it happened, by the marketplace's clock.
    pub at: Instant,
    /// The particulars, a JSON object.
    pub data: &'a str,
    /// Whether the marketplace has to confirm that it has done what this asks for.
    pub confirm: bool,
}

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Place in the order of all messages.
    pub place: i64,
    /// Its id.
    pub id: Uuid,
    /// Marketplace.
    pub marketplace: i64,
    /// Its kind.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// When it happened.
    pub at: Instant,
    /// The particulars, a JSON object.
    pub data: String,
    /// Whether it has to be confirmed.
    pub confirm: bool,
    /// When it was confirmed, and by whom.
    pub confirmed: Option<(Instant, String)>,
}

/// What [`message`] reads.
pub(super) const MESSAGE: &str =
    "o.id, o.message, o.marketplace, o.kind, o.subject, o.at, o.data, o.confirm, o.confirmed_at, o.confirmed_by";

/// A row of [`MESSAGE`].
pub(super) fn message(row: &Cells) -> Result<Message> {
    let broken = || StoreError::undecodable("outbox", row.int(0).unwrap_or_default());
    let text = |column| row.text(column).map(str::to_owned);
    Ok(Message {
        place: row.int(0).ok_or_else(broken)?,
        id: row.id(1).ok_or_else(broken)?,
        marketplace: row.int(2).ok_or_else(broken)?,
        kind: text(3).ok_or_else(broken)?,
        subject: text(4).ok_or_else(broken)?,
        at: row.int(5).ok_or_else(broken)?,
        data: text(6).ok_or_else(broken)?,
        confirm: row.int(7) == Some(1),
        confirmed: row.int(8).zip(text(9)),
    })
}

/// Puts messages into the outbox, with a delivery of each to every endpoint of the marketplace that is enabled and wants it.
pub(crate) fn put(session: &mut dyn Session, market: i64, messages: &[Outgoing<'_>]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let before = insert(session, market, messages)?;
    for (endpoint, topics) in webhooks::enabled(session, market)? {
        if messages.iter().any(|m| topics.wants(m.kind)) {
            let new = Which::After(before);
            deliver(session, market, endpoint, &topics, new)?;
        }
    }
    Ok(())
}

/// Puts one message into the outbox for one endpoint alone, whatever it wants and however it is.
pub(crate) fn put_for(session: &mut dyn Session, market: i64, endpoint: i64, message: &Outgoing<'_>) -> Result<()> {
    let before = insert(session, market, std::slice::from_ref(message))?;
    deliver(session, market, endpoint, &Topics::default(), Which::After(before)).map(|_| ())
}

/// Inserts the rows; answers the place before the first of them.
fn insert(session: &mut dyn Session, market: i64, messages: &[Outgoing<'_>]) -> Result<i64> {
    session.hold(Hold::Desk(market))?;
    session.hold(Hold::Outbox)?;
    let last = session.ask("select coalesce(max(id), 0) from outbox", &[])?;
    let before = last.first().and_then(|row| row.int(0)).unwrap_or(0);
    for part in messages.chunks(AT_ONCE) {
        let values: Vec<Value<'_>> = part.iter().flat_map(|m| row(market, m)).collect();
        let sql = format!(
            "insert into outbox (message, marketplace, merchant, kind, subject, at, created_at, data, confirm, chase_at)
                values {} on conflict (message) do nothing",
            super::statement::places(part.len(), COLUMNS)
        );
        session.execute(&sql, &values)?;
    }
    *session.outgoing() = true;
    Ok(before)
}

fn row<'a>(market: i64, message: &Outgoing<'a>) -> [Value<'a>; COLUMNS] {
    let Outgoing { id, kind, subject, merchant, at, data, confirm } = *message;
    let created = made_at(id).unwrap_or(at);
    [
        id.into(),
        market.into(),
        Value::Int(merchant),
        kind.into(),
        subject.into(),
        at.into(),
        created.into(),
        data.into(),
        i64::from(confirm).into(),
        Value::Int(confirm.then_some(created + CHASE_AFTER)),
    ]
}

/// The wall clock's time that an id carries, milliseconds.
fn made_at(id: Uuid) -> Option<Instant> {
    let (seconds, nanos) = id.get_timestamp()?.to_unix();
    Some(seconds as Instant * 1_000 + Instant::from(nanos / 1_000_000))
}

/// Which of a marketplace's messages are delivered to an endpoint.
enum Which<'a> {
    /// Those after a place, which are new.
    After(i64),
    /// These, once more, now.
    Again(&'a [i64], Instant),
    /// Those made since a moment of which the endpoint has not been told, or not with success, now.
    Missed { since: Instant, now: Instant },
}

/// Makes deliveries of those messages that an endpoint wants; answers how many.
fn deliver(session: &mut dyn Session, market: i64, endpoint: i64, topics: &Topics, which: Which<'_>) -> Result<usize> {
    let anew = "do update set state = 'due', attempts = 0, next_at = excluded.next_at";
    let (condition, from, due, conflict) = match which {
        Which::After(place) => ("o.id > ?3".to_owned(), place, "o.created_at".to_owned(), "do nothing".to_owned()),
        Which::Again(places, now) => {
            let places: Vec<String> = places.iter().map(i64::to_string).collect();
            (format!("o.id in ({})", places.join(", ")), now, "cast(?3 as bigint)".to_owned(), anew.to_owned())
        }
        Which::Missed { since, now } => (
            format!("o.created_at >= {since}"),
            now,
            "cast(?3 as bigint)".to_owned(),
            format!("{anew} where deliveries.state = 'failed'"),
        ),
    };
    let mut values: Vec<Value<'_>> = vec![endpoint.into(), market.into(), from.into()];
    let wanted = wanted(topics, &mut values);
    let sql = format!(
        "insert into deliveries (endpoint, message, state, attempts, next_at)
            select ?1, o.id, 'due', 0, {due} from outbox o where o.marketplace = ?2 and {condition} and {wanted}
            on conflict (endpoint, message) {conflict}"
    );
    let made = session.execute(&sql, &values)?;
    *session.outgoing() = true;
    Ok(made)
}

/// The condition that a message is wanted. Kinds and patterns hold nothing that `like` takes for anything but itself.
pub(super) fn wanted<'a>(topics: &'a Topics, values: &mut Vec<Value<'a>>) -> String {
    let mut any = Vec::new();
    for pattern in topics.patterns() {
        let (text, like) = match pattern.strip_suffix('*') {
            Some(prefix) => (prefix, true),
            None => (pattern.as_str(), false),
        };
        values.push(text.into());
        let place = values.len();
        any.push(if like { format!("o.kind like ?{place} || '%'") } else { format!("o.kind = ?{place}") });
    }
    if any.is_empty() { "true".to_owned() } else { format!("({})", any.join(" or ")) }
}

/// Has an endpoint told of what it missed since a moment; answers how many messages that are.
pub(crate) fn recover(
    session: &mut dyn Session,
    market: i64,
    endpoint: i64,
    topics: &Topics,
    since: Instant,
    now: Instant,
) -> Result<usize> {
    deliver(session, market, endpoint, topics, Which::Missed { since, now })
}

/// What came of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// There is no such message.
    Unknown,
    /// It asks for nothing that could be confirmed.
    NotAsked,
    /// It is confirmed, now or since before.
    Done(Message),
}

/// Confirms that what a message asks for has been done; who was first to say so stays.
pub(crate) fn confirm(session: &mut dyn Session, market: i64, id: Uuid, by: &str, now: Instant) -> Result<Confirmation> {
    let sql = "update outbox set confirmed_at = ?3, confirmed_by = ?4, chase_at = null
        where message = ?1 and marketplace = ?2 and confirm = 1 and confirmed_at is null";
    session.execute(sql, &[id.into(), market.into(), now.into(), by.into()])?;
    let sql = format!("select {MESSAGE} from outbox o where o.message = ?1 and o.marketplace = ?2");
    let rows = session.ask(&sql, &[id.into(), market.into()])?;
    Ok(match rows.first().map(message).transpose()? {
        None => Confirmation::Unknown,
        Some(message) if !message.confirm => Confirmation::NotAsked,
        Some(message) => Confirmation::Done(message),
    })
}

/// Messages that should have been confirmed by now, at most `limit`.
pub(crate) fn unconfirmed(session: &mut dyn Session, now: Instant, limit: usize) -> Result<Vec<Message>> {
    let sql = format!("select {MESSAGE} from outbox o where o.chase_at <= ?1 order by o.chase_at limit ?2");
    session.ask(&sql, &[now.into(), (limit as i64).into()])?.iter().map(message).collect()
}

/// Sends messages of one marketplace that nobody has confirmed once more; answers those of which that was done often enough.
pub(crate) fn chase(session: &mut dyn Session, market: i64, places: &[i64], now: Instant) -> Result<Vec<i64>> {
    let listed = places.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let open = format!("id in ({listed}) and marketplace = ?1 and chase_at <= ?2");
    let sql = format!("update outbox set chase_at = null where {open} and chases >= ?3 returning id");
    let rows = session.ask(&sql, &[market.into(), now.into(), CHASES.into()])?;
    let given_up: Vec<i64> = rows.iter().filter_map(|row| row.int(0)).collect();
    let sql = format!("update outbox set chases = chases + 1, chase_at = ?3 where {open} returning id");
    let rows = session.ask(&sql, &[market.into(), now.into(), (now + CHASE_AFTER).into()])?;
    let again: Vec<i64> = rows.iter().filter_map(|row| row.int(0)).collect();
    if !again.is_empty() {
        for (endpoint, topics) in webhooks::enabled(session, market)? {
            deliver(session, market, endpoint, &topics, Which::Again(&again, now))?;
        }
    }
    Ok(given_up)
}

/// Messages made before a moment that may be forgotten, oldest first, at most `limit`: not the newest of all, whose place must not be
/// given twice, nor what is still to be confirmed.
pub(crate) fn outdated(session: &mut dyn Session, before: Instant, limit: i64) -> Result<Vec<i64>> {
    let sql = "select id from (select id, created_at, chase_at from outbox where id < (select max(id) from outbox)
            order by id limit ?2) as oldest where created_at < ?1 and chase_at is null";
    Ok(session.ask(sql, &[before.into(), limit.into()])?.iter().filter_map(|row| row.int(0)).collect())
}

/// Forgets messages and their deliveries.
pub(crate) fn forget(session: &mut dyn Session, places: &[i64]) -> Result<()> {
    let listed = places.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let sql = format!("delete from deliveries where endpoint in (select id from webhooks) and message in ({listed})");
    session.execute(&sql, &[])?;
    session.execute(&format!("delete from outbox where id in ({listed})"), &[]).map(|_| ())
}

/// Who may see messages, and which.
#[derive(Debug, Clone)]
pub struct View {
    /// Marketplace.
    pub market: i64,
    /// Only of this merchant.
    pub merchant: Option<i64>,
    /// Only of these kinds.
    pub topics: Topics,
}

impl Store {
    /// The place of the newest message.
    pub async fn last_place(self: &std::sync::Arc<Self>) -> Result<i64> {
        let rows = self.read(|session| session.ask("select coalesce(max(id), 0) from outbox", &[])).await?;
        Ok(rows.first().and_then(|row| row.int(0)).unwrap_or(0))
    }

    /// Messages after a place, oldest first, and the place up to which that is all there is.
    pub async fn messages(self: &std::sync::Arc<Self>, view: View, after: i64, limit: usize) -> Result<(Vec<Message>, i64)> {
        self.read(move |session| {
            session.hold(Hold::Outbox)?;
            let last = session.ask("select coalesce(max(id), 0) from outbox", &[])?;
            let last = last.first().and_then(|row| row.int(0)).unwrap_or(0).max(after);
            let mut values: Vec<Value<'_>> = vec![view.market.into(), after.into(), last.into(), (limit as i64).into()];
            let merchant = if let Some(merchant) = view.merchant {
                values.push(merchant.into());
                "o.merchant = ?5"
            } else {
                "true"
            };
            let wanted = wanted(&view.topics, &mut values);
            let sql = format!(
                "select {MESSAGE} from outbox o where o.marketplace = ?1 and o.id > ?2 and o.id <= ?3 and {merchant} and {wanted}
                    order by o.id limit ?4"
            );
            let found = session.ask(&sql, &values)?.iter().map(message).collect::<Result<Vec<_>>>()?;
            let reached = if found.len() == limit { found.last().map_or(last, |m| m.place) } else { last };
            Ok((found, reached))
        })
        .await
    }
}
