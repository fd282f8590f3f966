//! Who is due: subjects that asked to be asked again, merchants whose facts changed, merchants for whom time alone changes
//! something. Everything it goes by is in the database, so a restart forgets nothing, and what is done is no longer due.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::agenda::Agenda;
use super::evaluate::{EvaluateError, Evaluated, evaluate};
use super::fall_due::fall_due;
use super::ingest::{Ingest, Job};
use super::retry;
use super::shares::{LARGEST, Share, Shares, TURN};
use crate::background::Worker;
use crate::clock::Clock;
use crate::markets::{Market, Markets};
use crate::store::{Session, Store, StoreError, appeals, enforcements};

/// Subjects asked again in one go.
const SUBJECTS: usize = 1_000;

/// The longest time between two looks at the agenda; also how soon a failure is tried again.
const ROUND: Duration = Duration::from_secs(1);

/// Merchants that change again and again within this time are evaluated once.
const GATHER: Duration = Duration::from_millis(25);

/// What the scheduler keeps in mind from turn to turn.
struct Table {
    shares: Shares,
    agendas: HashMap<i64, Agenda>,
    began: Instant,
}

/// Wakes the scheduler.
#[derive(Clone, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Somebody is due.
    pub fn notify(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody is.
    pub(crate) async fn notified(&self) {
        self.0.notified().await;
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
    /// Who it is in the background.
    pub worker: Worker,
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
            let _at_work = self.worker.begin();
            let mut table = Table { shares: Shares::default(), agendas: HashMap::new(), began: Instant::now() };
            while !stopped.load(Ordering::Acquire) {
                let rounds = self.worker.round(|| self.rounds(&runtime, &stopped, &woken, &mut table));
                if let Err(e) = rounds.unwrap_or(Err(EvaluateError::Panicked)) {
                    tracing::error!("the scheduler starts over: {e}");
                    runtime.block_on(async { drop(tokio::time::timeout(ROUND, woken.0.notified()).await) });
                }
            }
        };
        let thread = std::thread::Builder::new().name("andon-scheduler".into()).stack_size(8 << 20);
        let thread = thread.spawn(run).map_err(|e| StoreError::Driver(e.to_string()))?;
        Ok(Running { stop, wake, thread })
    }

    fn rounds(
        &self,
        runtime: &tokio::runtime::Handle,
        stopped: &AtomicBool,
        wake: &Wake,
        table: &mut Table,
    ) -> Result<(), EvaluateError> {
        let mut session = self.store.session(0, true, runtime)?;
        let Table { shares, agendas, began } = table;
        while !stopped.load(Ordering::Acquire) {
            let markets: HashMap<i64, Arc<Market>> = self.markets.list().into_iter().map(|m| (m.id, m)).collect();
            let (mut worked, asked) = (false, began.elapsed());
            for market in shares.ready(markets.keys().copied(), asked) {
                let (share, agenda, start) = (shares.of(market), agendas.entry(market).or_default(), Instant::now());
                let turn = self.worker.round(|| self.turn(session.as_mut(), &markets[&market], agenda, share));
                let turn = turn.unwrap_or(Err(EvaluateError::Panicked));
                match turn {
                    Ok(false) => {}
                    Ok(true) => share.worked(began.elapsed(), start.elapsed(), self.ingest.busy()),
                    // Whoever fails every time must not keep the others from their turns.
                    Err(_) => share.worked(began.elapsed(), ROUND, self.ingest.busy()),
                }
                worked |= turn?;
            }
            runtime.block_on(async {
                if !worked {
                    let longest = shares.rest(asked, began.elapsed()).map_or(ROUND, |rest| rest.min(ROUND));
                    drop(tokio::time::timeout(longest, wake.0.notified()).await);
                }
                tokio::time::sleep(GATHER).await;
            });
        }
        Ok(())
    }

    /// Does what is due in one marketplace for as long as a turn should take; says whether there was anything.
    fn turn(
        &self,
        session: &mut dyn Session,
        market: &Arc<Market>,
        agenda: &mut Agenda,
        share: &mut Share,
    ) -> Result<bool, EvaluateError> {
        fail::fail_point!("scheduler::turn");
        let (now, start) = (market.now(self.clock.now()), Instant::now());
        let moved = self.fall_due(session, market, now)?;
        let Some(generation) = &market.generation else { return Ok(moved) };
        // Whoever is due stays so until the rules may be asked again.
        if generation.judge.gate().ready().is_err() {
            return Ok(moved);
        }
        if retry::queue(session, &self.ingest, market, self.clock.now())? {
            return Ok(true);
        }
        let subjects = session.revisits_due(market.id, now, SUBJECTS)?;
        let again = subjects.len();
        if again > 0 {
            metrics::counter!("andon_revisits_total").increment(again as u64);
            let market = market.clone();
            self.ingest.hand_over(|reply| Job::Revisit { market, subjects, reply })?;
            // Evaluating before all of them are asked would be for nothing.
            if again == SUBJECTS {
                return Ok(true);
            }
        }
        agenda.fill(session, market.id, now)?;
        let any = moved || again > 0 || !agenda.is_empty();
        let asked = self.work_off(session, market, agenda, share, start)?;
        Ok(if asked { any } else { moved || again > 0 })
    }

    /// Evaluates whom the agenda names for as long as a turn should take; while the writer writes one batch, the next is worked out.
    /// Says whether the rules may be asked.
    fn work_off(
        &self,
        session: &mut dyn Session,
        market: &Arc<Market>,
        agenda: &mut Agenda,
        share: &mut Share,
        start: Instant,
    ) -> Result<bool, EvaluateError> {
        let (mut ahead, mut asked): (Option<Evaluated>, bool) = (None, true);
        while !agenda.is_empty() && (ahead.is_none() || start.elapsed() < TURN) {
            let largest = if self.store.is_sqlite() { share.largest(self.ingest.requests()) } else { LARGEST };
            let batch = agenda.next(share.batch(largest));
            let began = Instant::now();
            let Some(next) = evaluate(session, &self.ingest, self.clock.as_ref(), market, &batch)? else {
                agenda.clear();
                asked = false;
                break;
            };
            if let Some(before) = ahead.replace(next) {
                before.land(session, agenda)?;
            }
            metrics::counter!("andon_evaluations_total").increment(batch.len() as u64);
            share.evaluated(batch.len(), began.elapsed());
        }
        ahead.map_or(Ok(()), |last| last.land(session, agenda))?;
        Ok(asked)
    }

    /// Moves on the enforcements and appeals that time moves on; says whether there were any.
    fn fall_due(&self, session: &mut dyn Session, market: &Arc<Market>, now: i64) -> Result<bool, EvaluateError> {
        if !enforcements::any_due(session, market.id, now)? && !appeals::any_due(session, market.id, now)? {
            return Ok(false);
        }
        let (markets, id, clock) = (self.markets.clone(), market.id, self.clock.clone());
        let work = Box::new(move |session: &mut dyn Session, _| match markets.by_id(id) {
            Some(market) => fall_due(session, &market, clock.as_ref()),
            None => Ok(()),
        });
        self.ingest.hand_over(|reply| Job::Chore { work, reply })?;
        Ok(true)
    }

    /// Does all that is due in one marketplace, now, on the calling thread: for imports, demos and tests.
    pub fn drain(&self, market_code: &str, runtime: &tokio::runtime::Handle) -> Result<(), StoreError> {
        let mut session = self.store.session(0, true, runtime)?;
        let (mut agenda, mut share) = (Agenda::default(), Share::default());
        while let Some(market) = self.markets.get(market_code) {
            let worked = self.turn(session.as_mut(), &market, &mut agenda, &mut share);
            if !worked.map_err(|e| StoreError::Driver(e.to_string()))? {
                break;
            }
        }
        Ok(())
    }
}
