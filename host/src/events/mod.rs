//! Events as text: a CloudEvent from outside becomes a checked [`Event`], or an [`EventProblem`] that names what is wrong with it;
//! and a change becomes a CloudEvent again, for whatever makes events here.

mod check;
mod data;
mod envelope;
mod explain;
#[cfg(test)]
mod tests;
mod write;

use andon_domain::change::{Change, Kind};
use andon_domain::ids::{Instant, Named};

pub use self::check::EventProblem;
pub use self::write::{Written, id_at, write};
use crate::keys::{EventKey, Keys};

/// Longest event accepted, in bytes.
pub const MAX_EVENT: usize = 64 * 1024;

/// How far an event's time may lie ahead of the wall clock, in milliseconds: senders' clocks are never quite right.
pub const MAX_SKEW: Instant = 5 * 60 * 1000;

/// What an event is checked against.
#[derive(Clone, Copy)]
pub struct EventContext<'a> {
    /// Code of the marketplace it was sent to.
    pub marketplace: &'a str,
    /// The marketplace's currency, the only one its amounts may be in.
    pub currency: &'a str,
    /// The database's keys.
    pub keys: &'a Keys,
    /// The wall clock; nothing may have happened more than [`MAX_SKEW`] after it.
    pub now: Instant,
}

/// One event, checked in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// CloudEvents `source`; with `id` it names the event.
    pub source: String,
    /// CloudEvents `id`.
    pub id: String,
    /// The name as the database knows it.
    pub key: EventKey,
    /// Keyed hash of what the event says: equal however its JSON is written, different for another body under the same name.
    pub fingerprint: u64,
    /// When it happened.
    pub at: Instant,
    /// Orders events of the same millisecond; the end of `key`.
    pub tie: u64,
    /// What its subject is.
    pub kind: Kind,
    /// What it is about.
    pub subject: Named,
    /// What it says.
    pub change: Change,
    /// The JSON as it came.
    pub raw: Box<[u8]>,
}

/// Checks one CloudEvent in JSON, UTF-8, of at most [`MAX_EVENT`] bytes. Whatever the bytes are, the answer is an event or a
/// problem that names the field.
pub fn parse(ctx: &EventContext<'_>, raw: &[u8]) -> Result<Event, EventProblem> {
    let raw = raw.trim_ascii();
    if raw.len() > MAX_EVENT {
        return Err(EventProblem::whole("too-large", format!("the event is longer than {MAX_EVENT} bytes")));
    }
    let text = std::str::from_utf8(raw).map_err(|e| EventProblem::whole("malformed", format!("the event is not UTF-8: {e}")))?;
    let context = envelope::read(ctx, text)?;
    let (change, named) = data::read(ctx, &context)?;
    let subject = subject(ctx, change.kind(), context.subject.as_deref(), named.as_deref())?;
    let key = ctx.keys.event(ctx.marketplace, &context.source, &context.id);
    let tie = key.iter().skip(key.len() - 8).fold(0, |n, byte| n << 8 | u64::from(*byte));
    let fingerprint = fingerprint(ctx.keys, &subject, context.at, &change)?;
    let (source, id) = (context.source.into_owned(), context.id.into_owned());
    Ok(Event { source, id, key, fingerprint, at: context.at, tie, kind: change.kind(), subject, change, raw: raw.into() })
}

fn subject(ctx: &EventContext<'_>, kind: Kind, outside: Option<&str>, inside: Option<&str>) -> Result<Named, EventProblem> {
    let (word, field) = match kind {
        Kind::Order => ("order", "subject"),
        Kind::Contact => ("contact", "data.contact"),
        Kind::Violation => ("violation", "data.violation"),
        Kind::Listing => ("listing", "subject"),
        Kind::Merchant => ("merchant", "data.merchant"),
    };
    if let (Some(outside), Some(inside)) = (outside, inside)
        && outside != inside
    {
        return Err(EventProblem::at(
            field,
            format!("{} is not the event's subject {}", check::shown(inside), check::shown(outside)),
        ));
    }
    let (name, field) = match (outside, inside) {
        (Some(name), _) => (name, "subject"),
        (None, Some(name)) => (name, field),
        (None, None) => return Err(EventProblem::missing("subject", &format!("the {word} it is about"))),
    };
    check::reference(field, name)?;
    Ok(ctx.keys.named(ctx.marketplace, word, name))
}

fn fingerprint(keys: &Keys, subject: &Named, at: Instant, change: &Change) -> Result<u64, EventProblem> {
    let meaning = (change.kind(), subject, at, change);
    let bytes = postcard::to_extend(&meaning, Vec::with_capacity(512))
        .map_err(|e| EventProblem::whole("malformed", format!("the event cannot be stored: {e}")))?;
    Ok(keys.digest("event", &bytes))
}
