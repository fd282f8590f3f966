//! Who is due: subjects that asked to be asked again, merchants whose facts changed, merchants for whom time alone changes
//! something. Everything it goes by is in the database, so a restart forgets nothing, and what is done is no longer due.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::evaluate::{EvaluateError, evaluate};
use super::lane::{Ingest, Job};
use crate::clock::Clock;
use crate::markets::{Market, Markets};
use crate::store::{Session, Store, StoreError};

/// Merchants evaluated in one go: large enough to share the calls' cost, small enough to be on the books at once.
const MERCHANTS: usize = 512;

/// Merchants looked up at once: finding who has waited longest sorts all who wait, so it is not done for each go.
const WAITING: usize = 16 * MERCHANTS;

/// Subjects asked again in one go.
const SUBJECTS: usize = 1_000;

/// The longest time between two looks at the agenda; also how soon a failure is tried again.
const ROUND: Duration = Duration::from_secs(1);

/// Merchants that change again and again within this time are evaluated once.
const GATHER: Duration = Duration::from_millis(25);

/// Rest after each round, in times of what the round took: taking events in goes before judging, and whoever is judged a
/// little later is judged on more of them at once.
const REST: u32 = 2;

/// Wakes the scheduler.
#[derive(Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Somebody is due.
    pub fn notify(&self) {
        self.0.notify_one();
    }
}

/// What the scheduler works with.
pub struct Scheduler {
    /// Where to read.
    pub store: Arc<Store>,
    /// Whom to evaluate.
    pub markets: Arc<Markets>,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Who writes.
    pub ingest: Ingest,
}

/// The scheduler at work; stops and is joined when asked to.
pub struct Running {
    stop: Arc<AtomicBool>,
    wake: Wake,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    /// Ends it after the batch in hand.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.wake.notify();
        if self.thread.join().is_err() {
            tracing::error!("the scheduler had panicked");
        }
    }
}

impl Scheduler {
    /// Starts the scheduler on a thread of its own.
    pub fn start(self, wake: Wake) -> Result<Running, StoreError> {
        let stop = Arc::new(AtomicBool::new(false));
        let runtime = tokio::runtime::Handle::current();
        let (stopped, woken) = (stop.clone(), wake.clone());
        let run = move || {
            while !stopped.load(Ordering::Acquire) {
                if let Err(e) = self.rounds(&runtime, &stopped, &woken) {
                    tracing::error!("the scheduler starts over: {e}");
                    runtime.block_on(async { drop(tokio::time::timeout(ROUND, woken.0.notified()).await) });
                }
            }
        };
        let thread = std::thread::Builder::new().name("andon-scheduler".into()).stack_size(8 << 20);
        let thread = thread.spawn(run).map_err(|e| StoreError::Driver(e.to_string()))?;
        Ok(Running { stop, wake, thread })
    }

    fn rounds(&self, runtime: &tokio::runtime::Handle, stopped: &AtomicBool, wake: &Wake) -> Result<(), EvaluateError> {
        let mut session = self.store.session(0, true, runtime)?;
        while !stopped.load(Ordering::Acquire) {
            let (mut worked, start) = (false, Instant::now());
            for market in self.markets.list() {
                worked |= self.round(session.as_mut(), &market)?;
            }
            runtime.block_on(async {
                let rest = GATHER.max(start.elapsed() * REST);
                if !worked {
                    drop(tokio::time::timeout(ROUND, wake.0.notified()).await);
                }
                tokio::time::sleep(rest).await;
            });
        }
        Ok(())
    }

    /// Does what is due in one marketplace, up to one batch of each kind; says whether there was anything.
    fn round(&self, session: &mut dyn Session, market: &Arc<Market>) -> Result<bool, EvaluateError> {
        let Some(generation) = &market.generation else { return Ok(false) };
        let now = market.now(self.clock.now());
        let subjects = session.revisits_due(market.id, now, SUBJECTS)?;
        if !subjects.is_empty() {
            metrics::counter!("andon_revisits_total").increment(subjects.len() as u64);
            let (market, again) = (market.clone(), subjects.len());
            self.ingest.hand_over(|reply| Job::Revisit { market, subjects, reply })?;
            // Evaluating before all of them are asked would be for nothing.
            if again == SUBJECTS {
                return Ok(true);
            }
        }
        let due = session.due(market.id, now, WAITING)?;
        if due.is_empty() {
            return Ok(false);
        }
        metrics::counter!("andon_evaluations_total").increment(due.len() as u64);
        for due in due.chunks(MERCHANTS) {
            evaluate(session, &self.ingest, self.clock.as_ref(), market, generation, due)?;
        }
        Ok(true)
    }

    /// Does all that is due in one marketplace, now, on the calling thread: for imports, demos and tests.
    pub fn drain(&self, market_code: &str, runtime: &tokio::runtime::Handle) -> Result<(), StoreError> {
        let mut session = self.store.session(0, true, runtime)?;
        while let Some(market) = self.markets.get(market_code) {
            if !self.round(session.as_mut(), &market).map_err(|e| StoreError::Driver(e.to_string()))? {
                break;
            }
        }
        Ok(())
    }
}
