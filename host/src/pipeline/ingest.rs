//! The way into the writers. Events are shared out among the database's lanes by what they are about, verdicts have a lane of their
//! own where there are several, all else goes by the first; each job is answered once it is durable.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::accept::Outcome;
use super::evaluate::Judged;
use super::lane::Writers;
use crate::events::Event;
use crate::keys::EventKey;
use crate::markets::Market;
use crate::store::session::Session;
use crate::store::{LANES, StoreError};

/// Why events were not taken in.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IngestError {
    /// Too much is waiting already.
    #[error("too much is waiting to be written")]
    Overloaded,
    /// The host is stopping.
    #[error("the host is stopping")]
    Closed,
    /// The store failed. What another lane had kept of the request by then is a duplicate when it is sent again.
    #[error("{0}")]
    Store(String),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, IngestError>>;

/// Work inside a transaction of the writer's; it is given the transaction's stamp, and called again where the transaction is.
pub(crate) type Work = Box<dyn FnMut(&mut dyn Session, i64) -> Result<(), StoreError> + Send>;

/// What follows once it is durable, before any writer does anything else.
pub(crate) type Afterwards = Box<dyn FnOnce() + Send>;

pub(crate) enum Job {
    Accept { market: Arc<Market>, events: Vec<Event>, reply: Reply<Vec<Outcome>> },
    Revisit { market: Arc<Market>, subjects: Vec<i64>, reply: Reply<()> },
    Judge { market: Arc<Market>, judged: Judged, reply: Reply<()> },
    Chore { work: Work, reply: Reply<()> },
    Alone { work: Work, afterwards: Afterwards, reply: Reply<()> },
}

impl Job {
    /// How many events it brings.
    pub(super) fn events(&self) -> usize {
        if let Self::Accept { events, .. } = self { events.len() } else { 0 }
    }

    pub(super) fn all_events(&self) -> impl Iterator<Item = &Event> {
        if let Self::Accept { events, .. } = self { events.iter() } else { [].iter() }
    }
}

/// The way into the writers.
#[derive(Clone)]
pub struct Ingest {
    /// Those that take in events; the first does all else, too.
    lanes: Arc<[mpsc::Sender<Job>]>,
    /// The one that writes verdicts.
    verdicts: mpsc::Sender<Job>,
    /// How many requests have brought events.
    requests: Arc<AtomicU64>,
    /// Time that lanes have spent on events, in nanoseconds.
    busy: Arc<AtomicU64>,
}

impl Ingest {
    /// Starts the writers, on PostgreSQL `lanes` for events and one for verdicts, on SQLite one for all. They end when every
    /// `Ingest` is gone, having finished what they accepted.
    pub(crate) fn start(writers: &Writers, lanes: u16) -> Result<Self, StoreError> {
        let lanes = if writers.store.is_sqlite() { 1 } else { lanes.clamp(1, LANES - 1) };
        let events = (0..lanes).map(|lane| writers.spawn(lane)).collect::<Result<Vec<_>, _>>()?;
        let verdicts = if writers.store.is_sqlite() { events[0].clone() } else { writers.spawn(lanes)? };
        Ok(Self { lanes: events.into(), verdicts, requests: Arc::default(), busy: writers.busy.clone() })
    }

    /// Takes in events of one marketplace; answers when they are durable, in their order.
    pub async fn submit(&self, market: Arc<Market>, events: Vec<Event>) -> Result<Vec<Outcome>, IngestError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut told = Vec::with_capacity(events.len());
        let parts = share(events, self.lanes.len());
        // All of it is handed in, or none.
        let seats = parts.iter().map(|part| self.lanes[part.lane].try_reserve()).collect::<Result<Vec<_>, _>>();
        let seats = seats.map_err(|e| match e {
            mpsc::error::TrySendError::Full(()) => IngestError::Overloaded,
            mpsc::error::TrySendError::Closed(()) => IngestError::Closed,
        })?;
        let hand_in = |(seat, part): (mpsc::Permit<'_, Job>, Part)| {
            let (reply, answer) = oneshot::channel();
            seat.send(Job::Accept { market: market.clone(), events: part.events, reply });
            (part.places, answer)
        };
        let answers: Vec<_> = seats.into_iter().zip(parts).map(hand_in).collect();
        let mut failed = None;
        for (places, answer) in answers {
            match answer.await.unwrap_or(Err(IngestError::Closed)) {
                Ok(outcomes) => told.extend(places.into_iter().zip(outcomes)),
                Err(error) => failed = Some(error),
            }
        }
        told.sort_unstable_by_key(|(place, _)| *place);
        failed.map_or_else(|| Ok(told.into_iter().map(|(_, outcome)| outcome).collect()), Err)
    }

    /// Whether every writer is at work.
    pub fn is_open(&self) -> bool {
        !self.verdicts.is_closed() && self.lanes.iter().all(|lane| !lane.is_closed())
    }

    /// How many requests have brought events so far.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// How long a lane has been at work on events so far, on average.
    pub(crate) fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy.load(Ordering::Relaxed) / self.lanes.len().max(1) as u64)
    }

    fn lane_of(&self, job: &Job) -> &mpsc::Sender<Job> {
        if matches!(job, Job::Judge { .. }) { &self.verdicts } else { &self.lanes[0] }
    }

    async fn put(&self, job: impl FnOnce(Reply<()>) -> Job) -> Result<(), IngestError> {
        let (reply, answer) = oneshot::channel();
        let job = job(reply);
        self.lane_of(&job).send(job).await.map_err(|_| IngestError::Closed)?;
        answer.await.unwrap_or(Err(IngestError::Closed))
    }

    /// Does work in a transaction while no writer is in any other, and what follows from it before any begins another.
    pub(crate) async fn alone(&self, work: Work, afterwards: Afterwards) -> Result<(), IngestError> {
        self.put(|reply| Job::Alone { work, afterwards, reply }).await
    }

    /// Does a small piece of work in a transaction of a writer's, with whatever else is in it, and answers what it came to.
    pub(crate) async fn chore<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut dyn Session) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, IngestError> {
        let done = Arc::new(Mutex::new(None));
        let outcome = done.clone();
        let work: Work = Box::new(move |session, _| {
            let worked = work(session)?;
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(worked);
            Ok(())
        });
        self.put(|reply| Job::Chore { work, reply }).await?;
        done.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(IngestError::Closed)
    }

    /// Hands over work from a plain thread and waits for its commit.
    pub(crate) fn hand_over(&self, job: impl FnOnce(Reply<()>) -> Job) -> Result<(), IngestError> {
        self.hand_in(job)?.wait()
    }

    /// Hands over work from a plain thread, which has something else to do until its commit.
    pub(crate) fn hand_in(&self, job: impl FnOnce(Reply<()>) -> Job) -> Result<Receipt, IngestError> {
        let (reply, answer) = oneshot::channel();
        let job = job(reply);
        self.lane_of(&job).blocking_send(job).map_err(|_| IngestError::Closed)?;
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

/// What one lane takes in of a request.
struct Part {
    lane: usize,
    /// Where its events stood in the request.
    places: Vec<usize>,
    events: Vec<Event>,
}

/// Shares a request out. Events about one subject go to one lane, so that lanes seldom wait for each other; so do those of one name,
/// of which the first counts.
fn share(events: Vec<Event>, lanes: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = (0..lanes).map(|lane| Part { lane, places: Vec::new(), events: Vec::new() }).collect();
    let mut names: HashMap<EventKey, usize> = HashMap::with_capacity(if lanes > 1 { events.len() } else { 0 });
    for (place, event) in events.into_iter().enumerate() {
        let about = (event.subject.key % lanes as u64) as usize;
        let lane = if lanes > 1 { *names.entry(event.key).or_insert(about) } else { about };
        parts[lane].places.push(place);
        parts[lane].events.push(event);
    }
    parts.retain(|part| !part.events.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use andon_domain::change::{Change, Kind};
    use andon_domain::ids::Named;
    use proptest::prelude::*;

    use super::*;

    fn event(name: u8, about: u64) -> Event {
        let (source, id, raw) = (String::new(), String::new(), Box::default());
        let subject = Named { key: about, name: "".into() };
        let (kind, change) = (Kind::Order, Change::OrderAccepted);
        Event { source, id, key: [name; 16], fingerprint: 0, at: 0, tie: 0, kind, subject, change, raw }
    }

    proptest! {
        #[test]
        fn a_request_is_shared_out_whole(sent in prop::collection::vec((any::<u8>(), 0u64..20), 0..60), lanes in 1usize..8) {
            let parts = share(sent.iter().map(|(name, about)| event(*name, *about)).collect(), lanes);
            let mut places: Vec<usize> = parts.iter().flat_map(|p| p.places.clone()).collect();
            prop_assert!(parts.iter().all(|p| p.lane < lanes && !p.events.is_empty() && p.places.is_sorted()));
            places.sort_unstable();
            prop_assert_eq!(places, (0..sent.len()).collect::<Vec<_>>());
            for part in &parts {
                for (place, event) in part.places.iter().zip(&part.events) {
                    let (name, about) = sent[*place];
                    prop_assert_eq!((event.key, event.subject.key), ([name; 16], about));
                    let first = sent.iter().position(|(other, _)| *other == name).unwrap();
                    prop_assert_eq!(part.lane as u64, sent[first].1 % lanes as u64, "where the first of its name goes");
                }
            }
        }
    }
}
