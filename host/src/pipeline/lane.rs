//! The writers: each a thread that owns one session, in a lane of its own, and commits in groups. While one group is on its way to
//! the disk the next gathers, so a lone event waits for nobody and a flood shares each flush.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time;

use andon_domain::ids::Instant;
use tokio::sync::mpsc;

use super::accept::{Outcome, accept};
use super::classify::{Allowance, STRETCH};
use super::ingest::{IngestError, Job};
use super::settle::{Touched, settle};
use crate::clock::Clock;
use crate::events::Event;
use crate::keys::Keys;
use crate::markets::{Market, Markets};
use crate::pipeline::scheduler::Wake;
use crate::store::session::{For, Session};
use crate::store::{Store, StoreError, TRIES};

/// Events in one transaction; more wait for the next.
const GROUP: usize = 4_000;

/// Jobs that may wait in a lane; further callers are told to come back.
const QUEUE: usize = 1_024;

/// What the writers of all lanes go by.
#[derive(Clone)]
pub(crate) struct Writers {
    pub(crate) store: Arc<Store>,
    markets: Arc<Markets>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    wake: Wake,
    /// Grows with each transaction.
    stamp: Arc<AtomicI64>,
    /// Time that all of them have spent on events, in nanoseconds.
    pub(super) busy: Arc<AtomicU64>,
    /// Everybody has it while they write, and whoever changes what the others go by has it alone.
    rules: Arc<RwLock<()>>,
}

impl Writers {
    pub(crate) fn new(store: &Arc<Store>, markets: &Arc<Markets>, clock: &Arc<dyn Clock>, wake: &Wake) -> Self {
        let stamp = Arc::new(AtomicI64::new(clock.now().saturating_mul(1_000)));
        let (store, markets, clock, wake) = (store.clone(), markets.clone(), clock.clone(), wake.clone());
        Self { keys: Keys::new(store.secret()), store, markets, clock, wake, stamp, busy: Arc::default(), rules: Arc::default() }
    }

    /// Starts a lane's writer, which ends when nobody can hand it anything any more.
    pub(super) fn spawn(&self, lane: u16) -> Result<mpsc::Sender<Job>, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (runtime, writers) = (tokio::runtime::Handle::current(), self.clone());
        let run = move || match writers.store.session(lane as i16, false, &runtime) {
            Ok(session) => Lane { session, writers }.run(queue),
            Err(e) => tracing::error!(lane, "a writer cannot open the database: {e}"),
        };
        // Rules run on this thread too: wasm's own stack, and room to spare for the host's frames under it.
        let thread = std::thread::Builder::new().name(format!("andon-writer-{lane}")).stack_size(8 << 20);
        thread.spawn(run).map_err(|e| StoreError::Driver(e.to_string()))?;
        Ok(jobs)
    }
}

struct Lane {
    session: Box<dyn Session>,
    writers: Writers,
}

/// A marketplace, the time of its latest event, and whether any of its merchants became due.
type Moved = (Arc<Market>, Instant, bool);

/// What a job came to, to be told after the commit.
enum Done {
    Outcomes(Vec<Vec<Outcome>>),
    Plain,
}

impl Lane {
    fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut held = None;
        while let Some(first) = held.take().or_else(|| queue.blocking_recv()) {
            let mut group = vec![first];
            let mut events = group[0].events();
            while events < GROUP {
                match queue.try_recv() {
                    Ok(job) if self.goes_with(&group[0], &job) => {
                        events += job.events();
                        group.push(job);
                    }
                    Ok(job) => {
                        held = Some(job);
                        break;
                    }
                    Err(_) => break,
                }
            }
            metrics::histogram!("andon_commit_group_events").record(events as f64);
            let rules = self.writers.rules.clone();
            if matches!(group[0], Job::Alone { .. }) {
                let _alone = rules.write().unwrap_or_else(PoisonError::into_inner);
                self.commit(group);
            } else {
                let _among_others = rules.read().unwrap_or_else(PoisonError::into_inner);
                let began = time::Instant::now();
                self.commit(group);
                if events > 0 {
                    self.writers.busy.fetch_add(began.elapsed().as_nanos() as u64, Ordering::Relaxed);
                }
            }
        }
    }

    /// Whether two jobs may be one transaction. Where there are other writers, each takes what it changes in one order, so that no two
    /// wait for each other; two jobs one after the other have one only where both bring events.
    fn goes_with(&self, first: &Job, other: &Job) -> bool {
        let bring_events = |job: &Job| matches!(job, Job::Accept { .. });
        let alone = |job: &Job| matches!(job, Job::Alone { .. });
        let alike = self.writers.store.is_sqlite() || bring_events(first) && bring_events(other);
        alike && !alone(first) && !alone(other)
    }

    /// One transaction for the group; where it fails, one for each job, so that a bad job fails alone.
    fn commit(&mut self, group: Vec<Job>) {
        let mut units = units(group, &self.writers.markets);
        match self.transact(&mut units) {
            Ok(done) => answer(units, done),
            Err(e) if units.iter().map(|u| u.jobs.len()).sum::<usize>() == 1 => {
                tracing::error!("a write failed: {e}");
                fail(units, &IngestError::Store(e.to_string()));
            }
            Err(e) => {
                tracing::warn!("a group of writes failed and is done one by one: {e}");
                for unit in units {
                    for job in unit.jobs {
                        self.commit(vec![job]);
                    }
                }
            }
        }
    }

    fn transact(&mut self, units: &mut [Unit]) -> Result<Vec<Done>, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let _gate = self.writers.store.enter();
            let worked = catch_unwind(AssertUnwindSafe(|| self.work(units)));
            let result =
                worked.unwrap_or_else(|_| Err(StoreError::Driver("the writer panicked; the transaction was undone".into())));
            match result {
                Ok((done, clocks)) => {
                    let due = clocks.iter().any(|(_, _, due)| *due);
                    for (market, latest, _) in clocks {
                        market.advance(latest);
                    }
                    if due {
                        self.writers.wake.notify();
                    }
                    return Ok(done);
                }
                Err(e) => {
                    self.session.rollback();
                    if !matches!(e, StoreError::Busy(_)) || tries == TRIES {
                        return Err(e);
                    }
                    metrics::counter!("andon_commits_retried_total").increment(1);
                }
            }
        }
    }

    fn work(&mut self, units: &mut [Unit]) -> Result<(Vec<Done>, Vec<Moved>), StoreError> {
        let Writers { store, clock, keys, stamp, .. } = &self.writers;
        let stamp = stamp.fetch_add(1, Ordering::Relaxed);
        let session = self.session.as_mut();
        session.begin()?;
        let (mut done, mut clocks) = (Vec::with_capacity(units.len()), Vec::new());
        for unit in units {
            done.push(match &unit.market {
                Some(market) => {
                    let events: Vec<&Event> = unit.jobs.iter().flat_map(Job::all_events).collect();
                    let (outcomes, latest, due) = accept(session, keys, market, &events, clock.as_ref(), stamp)?;
                    clocks.push((market.clone(), latest, due));
                    let mut rest = outcomes.into_iter();
                    Done::Outcomes(unit.jobs.iter().map(|j| rest.by_ref().take(j.events()).collect()).collect())
                }
                None => {
                    for job in &mut unit.jobs {
                        if let Some(clock) = other(session, clock.as_ref(), job, stamp)? {
                            clocks.push(clock);
                        }
                    }
                    Done::Plain
                }
            });
        }
        session.commit()?;
        fail::fail_point!("lane::after-commit");
        if std::mem::take(session.outgoing()) {
            store.tell();
        }
        Ok((done, clocks))
    }
}

fn other(session: &mut dyn Session, clock: &dyn Clock, job: &mut Job, stamp: i64) -> Result<Option<Moved>, StoreError> {
    match job {
        Job::Revisit { market, subjects, .. } => return revisit(session, clock, market, subjects, stamp).map(Some),
        Job::Judge { market, judged, .. } => judged.write(session, market, clock)?,
        Job::Chore { work, .. } | Job::Alone { work, .. } => work(session, stamp)?,
        Job::Accept { .. } => {}
    }
    Ok(None)
}

/// Asks about subjects again; those beyond the rules' allowance stay due.
fn revisit(
    session: &mut dyn Session,
    clock: &dyn Clock,
    market: &Arc<Market>,
    subjects: &[i64],
    stamp: i64,
) -> Result<Moved, StoreError> {
    let now = market.now_after(market.latest(), clock.now());
    let (mut allowance, mut due) = (Allowance::of(market), false);
    for (number, part) in subjects.chunks(STRETCH).enumerate() {
        if number > 0 && allowance.is_spent() {
            due = true;
            break;
        }
        let mut touched: Vec<Touched> = session.subjects_by_id(part, For::Changing)?.into_iter().map(Touched::due).collect();
        let closing = settle(session, market, &mut touched, now, &mut allowance)?;
        due |= closing.write(session, market, (&[], &[]), stamp)?;
    }
    Ok((market.clone(), market.latest(), due))
}

/// Jobs that are done together: all events of one marketplace, or anything else by itself.
struct Unit {
    market: Option<Arc<Market>>,
    jobs: Vec<Job>,
}

/// A job may have waited while its marketplace's rules were changed: what is in force now counts, not what it was sent with. Events
/// of several marketplaces are taken in in the order of their numbers.
fn units(group: Vec<Job>, markets: &Markets) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    for mut job in group {
        if let Job::Accept { market, .. } | Job::Revisit { market, .. } | Job::Judge { market, .. } = &mut job
            && let Some(current) = markets.get(&market.code)
        {
            *market = current;
        }
        let market = match &job {
            Job::Accept { market, .. } => Some(market.clone()),
            _ => None,
        };
        let id = market.as_ref().map(|m| m.id);
        match units.iter_mut().find(|u| id.is_some() && u.market.as_ref().map(|m| m.id) == id) {
            Some(unit) => unit.jobs.push(job),
            None => units.push(Unit { market, jobs: vec![job] }),
        }
    }
    units.sort_by_key(|unit| unit.market.as_ref().map(|m| m.id));
    units
}

fn answer(units: Vec<Unit>, done: Vec<Done>) {
    for (unit, done) in units.into_iter().zip(done) {
        let mut outcomes = match done {
            Done::Outcomes(all) => all.into_iter(),
            Done::Plain => Vec::new().into_iter(),
        };
        for job in unit.jobs {
            // A caller that has gone away misses only the answer; what it sent is kept.
            match job {
                Job::Accept { reply, .. } => drop(reply.send(Ok(outcomes.next().unwrap_or_default()))),
                Job::Revisit { reply, .. } | Job::Judge { reply, .. } | Job::Chore { reply, .. } => drop(reply.send(Ok(()))),
                Job::Alone { afterwards, reply, .. } => {
                    afterwards();
                    drop(reply.send(Ok(())));
                }
            }
        }
    }
}

fn fail(units: Vec<Unit>, error: &IngestError) {
    for job in units.into_iter().flat_map(|u| u.jobs) {
        match job {
            Job::Accept { reply, .. } => drop(reply.send(Err(error.clone()))),
            Job::Revisit { reply, .. } | Job::Judge { reply, .. } | Job::Chore { reply, .. } | Job::Alone { reply, .. } => {
                drop(reply.send(Err(error.clone())));
            }
        }
    }
}
