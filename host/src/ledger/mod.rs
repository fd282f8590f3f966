//! What is entered in ledgers of changes that operators make, and what a ledger and the state that it tells of are held against each
//! other by.

pub mod audit;
pub(crate) mod endpoints;
pub(crate) mod fields;
pub(crate) mod setup;
mod told;

use andon_domain::ids::Instant;

use crate::registry::HOST;
use crate::store::ledger::{NewEntry, append};
use crate::store::{Session, StoreError};

/// Who changes something, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// A token's `sub`, or the host itself.
    pub actor: String,
    /// In their words; empty where they gave none.
    pub reason: String,
}

impl Cause {
    /// Somebody's doing.
    pub fn by(actor: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { actor: actor.into(), reason: reason.into() }
    }

    /// What time brings about, or the host by itself.
    pub fn host(reason: impl Into<String>) -> Self {
        Self::by(HOST, reason)
    }
}

/// One thing that a change changes: what an entry says besides who, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    kind: &'static str,
    about: String,
    before: Option<String>,
    after: Option<String>,
}

/// Enters what a change changed, inside its transaction.
pub(crate) fn enter(
    session: &mut dyn Session,
    market: i64,
    at: Instant,
    cause: &Cause,
    notes: &[Note],
) -> Result<(), StoreError> {
    let entry = |note| {
        let Note { kind, about, before, after }: &Note = note;
        let (before, after) = (before.as_deref(), after.as_deref());
        NewEntry { at, actor: &cause.actor, kind, merchant: None, about, reason: &cause.reason, before, after }
    };
    append(session, market, &notes.iter().map(entry).collect::<Vec<_>>())
}
