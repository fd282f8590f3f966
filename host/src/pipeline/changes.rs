//! The one way in which a marketplace's set-up changes: one change at a time, each one transaction and then one new view of the
//! marketplace, before the writer does anything else. What it changed is entered in the ledger in that transaction.

use std::sync::Arc;

use andon_domain::ids::Instant;
use andon_domain::rollout::{Entry, LineUp, Refusal, State, Step};
use tokio::sync::{Mutex, MutexGuard};

use super::ingest::{Ingest, IngestError};
use super::moved::take_back;
use super::scheduler::Wake;
use crate::clock::Clock;
use crate::ledger::{self, Cause, setup};
use crate::markets::{Market, Markets};
use crate::store::{Session, StoreError, notices, rollouts};

/// Why a set-up did not change.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No such marketplace.
    #[error("there is no marketplace `{0}`")]
    Unknown(String),
    /// The generations' states do not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

/// Carries changes out.
pub(crate) struct Changes {
    pub(crate) markets: Arc<Markets>,
    pub(crate) ingest: Ingest,
    pub(crate) clock: Arc<dyn Clock>,
    /// Wakes who evaluates, and who builds.
    pub(crate) wake: [Wake; 2],
    pub(crate) turn: Mutex<()>,
}

/// A change about to be made: how the marketplace is to be, and what goes with it.
pub(crate) struct Change {
    /// As it is to be.
    pub(crate) market: Market,
    /// What goes with it.
    pub(crate) step: Step,
    /// A generation whose build begins, and how many facts there are for it.
    pub(crate) begun: Option<(i64, i64)>,
    /// Who makes it, and why.
    pub(crate) cause: Cause,
}

impl Changes {
    /// Waits until no other change is being made.
    pub(crate) async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// A marketplace as it is now.
    pub(crate) fn market(&self, code: &str) -> Result<Arc<Market>, ChangeError> {
        self.markets.get(code).ok_or_else(|| ChangeError::Unknown(code.to_owned()))
    }

    /// Changes what a marketplace's generations are for; `step` is worked out from what they are for now and its clock.
    pub(crate) async fn line_up(
        &self,
        code: &str,
        cause: Cause,
        step: impl FnOnce(&Market, Instant) -> Result<Step, Refusal>,
    ) -> Result<Arc<Market>, ChangeError> {
        let _turn = self.turn().await;
        let market = self.market(code)?;
        let step = step(&market, market.now(self.clock.now()))?;
        let next = market.lined_up(step.lineup.clone(), &[]);
        self.make(&market, Change { market: next, step, begun: None, cause }).await
    }

    /// Makes a change, for whoever has the turn.
    pub(crate) async fn make(&self, old: &Market, change: Change) -> Result<Arc<Market>, ChangeError> {
        let Change { mut market, step, begun, cause } = change;
        let wall = self.clock.now();
        market.updated_at = wall;
        let moved = moved(&old.lineup, &step.lineup);
        let (row, next) = (market.row(), Arc::new(market));
        let generation = |id| next.generation_numbered(id).map(|g| &**g);
        let notes = setup::changed((&old.row(), &row), (&old.lineup, &step.lineup), generation);
        let (id, now, clock, changed) = (next.id, old.now(wall), self.clock.clone(), next.clone());
        let work = move |session: &mut dyn Session, stamp: i64| {
            for (entry, starts) in &moved {
                rollouts::put_entry(session, entry, wall)?;
                if *starts {
                    rollouts::start_pass(session, entry.id, begun.filter(|b| b.0 == entry.id).map_or(0, |b| b.1))?;
                }
            }
            session.put_setup(&row)?;
            ledger::enter(session, id, wall, &cause, &notes)?;
            for generation in &step.restore {
                take_back(session, (&changed, &*clock), (*generation, &cause.actor), now)?;
            }
            for generation in &step.withdraw {
                notices::withdraw(session, *generation, now, &mut || clock.new_id())?;
            }
            if step.judge_all { session.all_dirty(id, stamp) } else { Ok(()) }
        };
        let (markets, current) = (self.markets.clone(), next.clone());
        self.ingest.alone(Box::new(work), Box::new(move || markets.put(current))).await?;
        self.wake.iter().for_each(Wake::notify);
        Ok(next)
    }
}

/// Entries that differ, and whether a pass over all subjects begins with that: to classify them, or to take marks off them.
fn moved(old: &LineUp, new: &LineUp) -> Vec<(Entry, bool)> {
    let differs = |e: &&Entry| old.get(e.id) != Some(e);
    let starts = |e: &Entry| match (old.get(e.id).map(|e| e.state), e.state) {
        (before, State::Building) => !before.is_some_and(State::is_building),
        (before, State::Retiring) => before != Some(State::Retiring),
        _ => false,
    };
    new.entries().iter().filter(differs).map(|e| (e.clone(), starts(e))).collect()
}
