//! Feedback struck, withdrawn, removed or restored, as the ledger has it: one entry for each such event, in the transaction that takes
//! the event in.

use std::collections::HashMap;

use andon_domain::calendar::rfc3339;
use andon_domain::change::{Change, Kind};
use andon_domain::fact::FeedbackState;
use andon_domain::history::History;
use andon_domain::ids::Instant;
use serde_json::json;

use super::settle::Touched;
use crate::events::Event;
use crate::markets::Market;
use crate::store::ledger::{NewEntry, append};
use crate::store::session::{Result, Session, Subject};

/// Enters what new events change of feedback. Their orders are among those touched, events included and merchants known.
pub(super) fn enter(
    session: &mut dyn Session,
    market: &Market,
    events: &[&Event],
    touched: &[Touched],
    wall: Instant,
) -> Result<()> {
    let mut changes = events.iter().filter(|e| matches!(e.change, Change::FeedbackChanged { .. })).peekable();
    if changes.peek().is_none() {
        return Ok(());
    }
    let orders = touched.iter().map(|t| &t.subject).filter(|s| s.kind == Kind::Order);
    let orders: HashMap<u64, &Subject> = orders.map(|order| (order.key, order)).collect();
    let entered: Vec<_> = changes.filter_map(|event| Entered::of(event, orders.get(&event.subject.key)?)).collect();
    append(session, market.id, &entered.iter().map(|entered| entered.entry(wall)).collect::<Vec<_>>())
}

struct Entered<'a> {
    kind: &'static str,
    order: &'a Subject,
    actor: &'a str,
    reason: &'a str,
    before: String,
    after: String,
}

impl<'a> Entered<'a> {
    fn of(event: &'a Event, order: &'a Subject) -> Option<Self> {
        let Change::FeedbackChanged { state, reason, actor } = &event.change else { return None };
        let before = json!({"state": state_before(&order.history, (event.at, event.tie)).word()}).to_string();
        let after = json!({"state": state.word(), "since": rfc3339(event.at)}).to_string();
        // Where the event names nobody, whoever sent it stands for them.
        Some(Self { kind: kind(*state), order, actor: actor.as_deref().unwrap_or(&event.source), reason, before, after })
    }

    fn entry(&self, at: Instant) -> NewEntry<'_> {
        let Self { kind, order, actor, reason, before, after } = self;
        let (before, after) = (Some(before.as_str()), Some(after.as_str()));
        NewEntry { at, actor, kind, merchant: order.merchant, about: &order.reference, reason, before, after }
    }
}

fn kind(state: FeedbackState) -> &'static str {
    match state {
        FeedbackState::Counted => "feedback.restored",
        FeedbackState::Struck => "feedback.struck",
        FeedbackState::Withdrawn => "feedback.withdrawn",
        FeedbackState::Removed => "feedback.removed",
    }
}

/// The state that the last change before this one left.
fn state_before(history: &History, place: (Instant, u64)) -> FeedbackState {
    let earlier = history.entries().iter().take_while(|e| (e.at, e.tie) < place);
    let states = earlier.filter_map(|e| if let Change::FeedbackChanged { state, .. } = e.change { Some(state) } else { None });
    states.last().unwrap_or(FeedbackState::Counted)
}
