//! How far an order has come by what was told so far, placed or not: what a state is held against before it becomes events.

use andon_domain::change::Change;
use andon_domain::fact::{Actor, CancelReason};
use andon_domain::history::History;
use andon_domain::ids::{Instant, Text};

use crate::http::problem::Problem;

/// What was told of an order besides what it is.
#[derive(Default)]
pub(super) struct Told {
    /// When the newest change happened.
    pub(super) last: Option<Instant>,
    pub(super) accepted: Option<Instant>,
    pub(super) shipped: Step,
    pub(super) delivered: Step,
    /// When it was called off first, and by whom and why by the latest word.
    pub(super) cancelled: Option<(Instant, Actor, CancelReason)>,
}

/// What was told of a step: when it was taken first, and what was named last.
#[derive(Default)]
pub(super) struct Step {
    pub(super) at: Option<Instant>,
    pub(super) tracking: Option<Text>,
    pub(super) carrier: Option<Text>,
}

impl Told {
    pub(super) fn of(history: &History) -> Self {
        let mut told = Self { last: history.entries().last().map(|e| e.at), ..Self::default() };
        for entry in history.entries() {
            let at = entry.at;
            match &entry.change {
                Change::OrderAccepted => {
                    told.accepted.get_or_insert(at);
                }
                Change::OrderShipped { tracking, carrier } => told.shipped.hear(at, tracking.as_ref(), carrier.as_ref()),
                Change::OrderDelivered { tracking, carrier } => told.delivered.hear(at, tracking.as_ref(), carrier.as_ref()),
                Change::OrderCancelled { by, reason } => {
                    told.cancelled = Some((told.cancelled.map_or(at, |(first, ..)| first), *by, *reason));
                }
                _ => {}
            }
        }
        told
    }
}

impl Step {
    fn hear(&mut self, at: Instant, tracking: Option<&Text>, carrier: Option<&Text>) {
        self.at.get_or_insert(at);
        for (last, named) in [(&mut self.tracking, tracking), (&mut self.carrier, carrier)] {
            if let Some(named) = named {
                *last = Some(named.clone());
            }
        }
    }
}

/// Whether a moment has not been told yet. Another than was told is refused, since facts go by the first.
pub(super) fn is_news(field: &str, told: Option<Instant>, at: Instant) -> Result<bool, Problem> {
    match told {
        Some(told) if told != at => Err(Problem::Conflict(format!("`{field}` of an order cannot be changed"))),
        told => Ok(told.is_none()),
    }
}
