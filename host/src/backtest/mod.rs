//! Backtests: a candidate's rules held against the rules in force over the stored facts, at each of many moments as they were
//! known then. Merchants are read once and walked through time; nothing is written. What rules are told at a moment, and so what
//! they conclude of it, is what `?as_of=` plays.

mod assemble;
mod csv;
mod detail;
pub mod format;
mod group;
pub mod jobs;
pub mod moments;
mod page;
pub mod report;
mod run;
mod schedule;
mod side;
mod sum;
mod text;
mod walk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use andon_domain::ids::Instant;

pub use format::Format;
pub use moments::{BadMoments, Every, MAX_MOMENTS};
pub use report::Report;
pub use run::run;

use crate::markets::{Generation, Market};
use crate::store::StoreError;

/// How much a backtest may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Facts of one merchant, a kilobyte or so each; whoever has more is left out.
    pub facts: usize,
    /// Time from the question to the report.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { facts: 200_000, time: Duration::from_hours(2) }
    }
}

/// What to compare, and when.
#[derive(Clone)]
pub struct Question {
    /// The marketplace, with the rules in force.
    pub market: Arc<Market>,
    /// The rules to hold against them.
    pub candidate: Arc<Generation>,
    /// First moment.
    pub from: Instant,
    /// Last moment; none is looked at after it.
    pub to: Instant,
    /// Step between moments.
    pub every: Every,
    /// The marketplace's now, after which nothing is known.
    pub now: Instant,
    /// How much it may take.
    pub bounds: Bounds,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum BacktestError {
    /// The moments cannot be.
    #[error(transparent)]
    Moments(#[from] BadMoments),
    /// There is nothing to hold the candidate against.
    #[error("the marketplace has no rules in force")]
    NoRules,
    /// Somebody stopped it.
    #[error("it was stopped")]
    Stopped,
    /// It took longer than a backtest may.
    #[error("it took longer than {} seconds; ask about fewer moments", .0.as_secs())]
    TooLong(Duration),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far a backtest is; whoever holds it may stop it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Merchants of the marketplace when it began.
    merchants: AtomicU64,
    done: AtomicU64,
    orders: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Merchants done, of how many.
    pub fn merchants(&self) -> (u64, u64) {
        let all = self.merchants.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed).min(all), all)
    }

    /// Orders of the merchants done.
    pub fn orders(&self) -> u64 {
        self.orders.load(Ordering::Relaxed)
    }

    /// Has it end at the next step.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
