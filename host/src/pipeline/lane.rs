//! The writer: one thread that owns one session and commits in groups. While one group is on its way to the disk the next
//! gathers, so a lone event waits for nobody and a flood shares each flush.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use andon_domain::ids::Instant;
use tokio::sync::{mpsc, oneshot};

use super::accept::{Outcome, accept};
use super::classify::{Allowance, STRETCH};
use super::evaluate::Judged;
use super::settle::{Touched, settle};
use crate::clock::Clock;
use crate::events::Event;
use crate::keys::Keys;
use crate::markets::{Market, Markets};
use crate::pipeline::scheduler::Wake;
use crate::store::session::Session;
use crate::store::{Store, StoreError, TRIES};

/// Events in one transaction; more wait for the next.
const GROUP: usize = 4_000;

/// Jobs that may wait; further callers are told to come back.
const QUEUE: usize = 1_024;

/// Why events were not taken in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IngestError {
    /// Too much is waiting already.
    #[error("too much is waiting to be written")]
    Overloaded,
    /// The host is stopping.
    #[error("the host is stopping")]
    Closed,
    /// The store failed; nothing of this request was kept.
    #[error("{0}")]
    Store(String),
}

type Reply<T> = oneshot::Sender<Result<T, IngestError>>;

/// Work inside a transaction of the writer's; it is given the transaction's stamp, and called again where the transaction is.
pub(crate) type Work = Box<dyn FnMut(&mut dyn Session, i64) -> Result<(), StoreError> + Send>;

/// What follows once it is durable, before the writer does anything else.
pub(crate) type Afterwards = Box<dyn FnOnce() + Send>;

pub(crate) enum Job {
    Accept { market: Arc<Market>, events: Vec<Event>, reply: Reply<Vec<Outcome>> },
    Revisit { market: Arc<Market>, subjects: Vec<i64>, reply: Reply<()> },
    Judge { market: Arc<Market>, judged: Judged, reply: Reply<()> },
    Chore { work: Work, reply: Reply<()> },
    Alone { work: Work, afterwards: Afterwards, reply: Reply<()> },
}

/// The way into the writer.
#[derive(Clone)]
pub struct Ingest {
    jobs: mpsc::Sender<Job>,
}

impl Ingest {
    /// Starts the writer thread; it ends when every `Ingest` is gone, having finished what it accepted.
    pub fn start(
        store: &Arc<Store>,
        markets: &Arc<Markets>,
        clock: Arc<dyn Clock>,
        wake: Wake,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let runtime = tokio::runtime::Handle::current();
        let (store, markets) = (store.clone(), markets.clone());
        let keys = Keys::new(store.secret());
        let stamp = AtomicI64::new(clock.now().saturating_mul(1_000));
        let run = move || match store.session(0, false, &runtime) {
            Ok(session) => Lane { session, store, markets, clock, keys, wake, stamp }.run(queue),
            Err(e) => tracing::error!("the writer cannot open the database: {e}"),
        };
        // Rules run on this thread too: wasm's own stack, and room to spare for the host's frames under it.
        let thread = std::thread::Builder::new().name("andon-writer".into()).stack_size(8 << 20);
        let handle = thread.spawn(run).map_err(|e| StoreError::Driver(e.to_string()))?;
        Ok((Self { jobs }, handle))
    }

    /// Takes in events of one marketplace; answers when they are durable, in their order.
    pub async fn submit(&self, market: Arc<Market>, events: Vec<Event>) -> Result<Vec<Outcome>, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.try_send(Job::Accept { market, events, reply }).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => IngestError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => IngestError::Closed,
        })?;
        answer.await.unwrap_or(Err(IngestError::Closed))
    }

    /// Whether the writer is at work.
    pub fn is_open(&self) -> bool {
        !self.jobs.is_closed()
    }

    /// Does work alone in a transaction of the writer's, and what follows from it before any other.
    pub(crate) async fn alone(&self, work: Work, afterwards: Afterwards) -> Result<(), IngestError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(Job::Alone { work, afterwards, reply }).await.map_err(|_| IngestError::Closed)?;
        answer.await.unwrap_or(Err(IngestError::Closed))
    }

    /// Does a small piece of work in a transaction of the writer's, with whatever else is in it, and answers what it came to.
    pub(crate) async fn chore<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, IngestError> {
        let (reply, answer) = oneshot::channel();
        let done = Arc::new(Mutex::new(None));
        let outcome = done.clone();
        let work: Work = Box::new(move |session, _| {
            let worked = work(session)?;
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(worked);
            Ok(())
        });
        self.jobs.send(Job::Chore { work, reply }).await.map_err(|_| IngestError::Closed)?;
        answer.await.unwrap_or(Err(IngestError::Closed))?;
        done.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(IngestError::Closed)
    }

    /// Hands over work from a plain thread and waits for its commit.
    pub(crate) fn hand_over(&self, job: impl FnOnce(Reply<()>) -> Job) -> Result<(), IngestError> {
        self.hand_in(job)?.wait()
    }

    /// Hands over work from a plain thread, which has something else to do until its commit.
    pub(crate) fn hand_in(&self, job: impl FnOnce(Reply<()>) -> Job) -> Result<Receipt, IngestError> {
        let (reply, answer) = oneshot::channel();
        self.jobs.blocking_send(job(reply)).map_err(|_| IngestError::Closed)?;
        Ok(Receipt(answer))
    }
}

/// For work that was handed in.
#[must_use]
pub(crate) struct Receipt(oneshot::Receiver<Result<(), IngestError>>);

impl Receipt {
    /// Waits for its commit.
    pub(crate) fn wait(self) -> Result<(), IngestError> {
        self.0.blocking_recv().unwrap_or(Err(IngestError::Closed))
    }
}

struct Lane {
    session: Box<dyn Session>,
    store: Arc<Store>,
    markets: Arc<Markets>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    wake: Wake,
    stamp: AtomicI64,
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
            while events < GROUP && !matches!(group[0], Job::Alone { .. }) {
                match queue.try_recv() {
                    Ok(job) if matches!(job, Job::Alone { .. }) => {
                        held = Some(job);
                        break;
                    }
                    Ok(job) => {
                        events += job.events();
                        group.push(job);
                    }
                    Err(_) => break,
                }
            }
            metrics::histogram!("andon_commit_group_events").record(events as f64);
            self.commit(group);
        }
    }

    /// One transaction for the group; where it fails, one for each job, so that a bad job fails alone.
    fn commit(&mut self, group: Vec<Job>) {
        let mut units = units(group, &self.markets);
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
            let _gate = self.store.enter();
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
                        self.wake.notify();
                    }
                    return Ok(done);
                }
                Err(e) => {
                    self.session.rollback();
                    if !matches!(e, StoreError::Busy(_)) || tries == TRIES {
                        return Err(e);
                    }
                }
            }
        }
    }

    fn work(&mut self, units: &mut [Unit]) -> Result<(Vec<Done>, Vec<Moved>), StoreError> {
        let stamp = self.stamp.fetch_add(1, Ordering::Relaxed);
        let session = self.session.as_mut();
        session.begin()?;
        let (mut done, mut clocks) = (Vec::with_capacity(units.len()), Vec::new());
        for unit in units {
            done.push(match &unit.market {
                Some(market) => {
                    let events: Vec<&Event> = unit.jobs.iter().flat_map(Job::all_events).collect();
                    let (outcomes, latest, due) = accept(session, &self.keys, market, &events, self.clock.as_ref(), stamp)?;
                    clocks.push((market.clone(), latest, due));
                    let mut rest = outcomes.into_iter();
                    Done::Outcomes(unit.jobs.iter().map(|j| rest.by_ref().take(j.events()).collect()).collect())
                }
                None => {
                    for job in &mut unit.jobs {
                        if let Some(clock) = other(session, self.clock.as_ref(), job, stamp)? {
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
            self.store.tell();
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
        let mut touched: Vec<Touched> = session.subjects_by_id(part)?.into_iter().map(Touched::stored).collect();
        due |= settle(session, market, &mut touched, now, stamp, &mut allowance)?;
    }
    Ok((market.clone(), market.latest(), due))
}

/// Jobs that are done together: all events of one marketplace, or anything else by itself.
struct Unit {
    market: Option<Arc<Market>>,
    jobs: Vec<Job>,
}

/// A job may have waited while its marketplace's rules were changed: what is in force now counts, not what it was sent with.
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

impl Job {
    fn events(&self) -> usize {
        if let Self::Accept { events, .. } = self { events.len() } else { 0 }
    }

    fn all_events(&self) -> impl Iterator<Item = &Event> {
        if let Self::Accept { events, .. } = self { events.iter() } else { [].iter() }
    }
}
