//! Writes that come as resources become events and go the way of all events, so that history, evidence and replay know them too.

use std::sync::Arc;

use andon_domain::change::Change;
use andon_domain::ids::Instant;

use super::problem::Problem;
use crate::app::App;
use crate::events::{self, EventContext, EventProblem, Written};
use crate::markets::Market;
use crate::pipeline::accept::Outcome;

/// The `source` of events that the API itself makes.
const SOURCE: &str = "urn:andon:api";

/// Brings in changes of one subject; answers when they are durable. Where it has no room for all of them, the first ones stand.
pub(super) async fn deliver(
    app: &Arc<App>,
    market: &Arc<Market>,
    subject: &str,
    changes: Vec<(Instant, Change)>,
) -> Result<(), Problem> {
    let changes: Vec<_> = changes.into_iter().map(|(at, change)| (subject, at, change)).collect();
    deliver_all(app, market, &changes).await
}

/// The same of any number of subjects, in one transaction.
pub(super) async fn deliver_all(
    app: &Arc<App>,
    market: &Arc<Market>,
    changes: &[(&str, Instant, Change)],
) -> Result<(), Problem> {
    let now = app.clock.now();
    let context = EventContext { marketplace: &market.code, currency: &market.currency, keys: &app.keys, now };
    let mut events = Vec::with_capacity(changes.len());
    for (subject, at, change) in changes {
        let mut raw = Vec::new();
        let (marketplace, currency) = (market.code.as_str(), market.currency.as_str());
        let id = app.clock.new_id();
        events::write(&mut raw, &Written { source: SOURCE, id, marketplace, currency, at: *at, subject, change });
        let event = events::parse(&context, &raw).map_err(problem)?;
        events.push(event);
    }
    let outcomes = app.ingest.submit(market.clone(), events).await?;
    match outcomes.into_iter().find(|o| *o != Outcome::Accepted) {
        None => Ok(()),
        Some(Outcome::Full) => Err(Problem::SubjectFull),
        Some(_) => Err(Problem::Conflict("an event of the same name was accepted before".into())),
    }
}

/// An event's problem in the words of the resource it was made from.
fn problem(of_event: EventProblem) -> Problem {
    let field = of_event.field.unwrap_or_default();
    let message = of_event.message.strip_prefix(&format!("{field}: ")).unwrap_or(&of_event.message);
    Problem::invalid(field.strip_prefix("data.").unwrap_or(&field), message)
}

/// A moment at which a change counts as the newest of a subject: now by the marketplace's clock, but after `last`.
pub(super) fn moment(app: &App, market: &Market, last: Option<Instant>) -> Instant {
    let wall = app.clock.now();
    let now = market.now(wall);
    // A marketplace that goes by its events has no time before the first of them.
    let now = if now > 0 { now } else { wall };
    last.map_or(now, |last| now.max(last + 1))
}
