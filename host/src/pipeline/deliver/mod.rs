//! Step 8, the second half: messages leave the outbox. What is due is found in the database and stays due until its attempt has
//! been noted there, so that a host that is killed sends a message again rather than never.

mod note;
mod queues;

use std::sync::Arc;
use std::time::Duration;

use andon_domain::delivery::Outcome;
use andon_domain::ids::Instant;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::ingest::{Ingest, IngestError};
use crate::background::Worker;
use crate::clock::Clock;
use crate::keys::Keys;
use crate::markets::Markets;
pub use crate::outbound::envelope::body as envelope;
use crate::outbound::{Parcel, Secret, Sender, Sent};
use crate::store::deliveries::Delivery;
use crate::store::webhooks::Webhook;
use crate::store::{Store, StoreError};
use crate::telemetry::{DELIVERY_SECONDS, OLDEST_DUE};
use queues::Queues;

/// Deliveries under way in all.
const ALL: usize = 512;

/// The longest time between two looks at what is due; also how soon a failure is tried again.
const ROUND: Duration = Duration::from_secs(1);

/// Messages that come within this time are looked up together.
const GATHER: Duration = Duration::from_millis(10);

/// Time for what is under way when the host stops.
const PARTING: Duration = Duration::from_secs(5);

/// Why messages could not be sent on; they stay due.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

/// Sends what is due.
pub struct Deliverer {
    /// Where it is found.
    pub store: Arc<Store>,
    /// Who notes what came of it.
    pub ingest: Ingest,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Spreads retries.
    pub keys: Keys,
    /// Whose messages they are.
    pub markets: Arc<Markets>,
    /// Who sends.
    pub sender: Sender,
    /// For how long messages are kept.
    pub keep: Duration,
    /// Who it is in the background.
    pub worker: Worker,
}

/// An attempt that has ended.
struct Ended {
    endpoint: i64,
    message: i64,
    /// The how manieth it was.
    made: i64,
    at: Instant,
    sent: Sent,
}

/// What waits and what is under way.
#[derive(Default)]
struct Work {
    queues: Queues,
    under_way: JoinSet<Ended>,
    /// When it was last looked for what nobody confirmed and what is old.
    tended: Option<tokio::time::Instant>,
}

impl Work {
    /// The attempts that have ended by now.
    fn ended(&mut self, first: Result<Ended, JoinError>) -> Vec<Ended> {
        let rest = std::iter::from_fn(|| self.under_way.try_join_next());
        let all = std::iter::once(first).chain(rest);
        all.filter_map(|ended| ended.inspect_err(|error| tracing::error!("a delivery panicked: {error}")).ok()).collect()
    }
}

impl Deliverer {
    /// Sends what is due until it is stopped, and then finishes what does not take long.
    pub async fn run(&self, stop: &CancellationToken) {
        let _at_work = self.worker.begin();
        let mut work = Work::default();
        while self.worker.waiting_round(self.rounds(stop, &mut work)).await.is_none() {
            // What was under way is due still.
            work = Work::default();
            stop.run_until_cancelled(tokio::time::sleep(ROUND)).await;
        }
        // Whoever takes longer is sent it again by the next host.
        let parting = async {
            while let Some(first) = work.under_way.join_next().await {
                let ended = work.ended(first);
                self.noted(&mut work, ended).await;
            }
        };
        drop(tokio::time::timeout(PARTING, parting).await);
    }

    /// Sends what is due until it is stopped.
    async fn rounds(&self, stop: &CancellationToken, work: &mut Work) {
        let mut news = self.store.news();
        let mut look_at = tokio::time::Instant::now();
        loop {
            let now = tokio::time::Instant::now();
            tokio::select! {
                () = stop.cancelled() => break,
                Some(first) = work.under_way.join_next() => {
                    let ended = work.ended(first);
                    if self.noted(work, ended).await || work.queues.are_dry() {
                        look_at = now;
                    }
                    self.start(work);
                }
                Ok(()) = news.changed() => look_at = look_at.min(now + GATHER),
                () = tokio::time::sleep_until(look_at) => look_at = now + self.round(work).await,
            }
        }
    }

    /// Sends everything that is due now and returns when nothing is; says how many attempts that took. For demos and tests.
    pub async fn due(&self) -> Result<usize, DeliverError> {
        while self.chase().await? || self.forget().await? {}
        let (mut work, mut made) = (Work::default(), 0);
        loop {
            self.look(&mut work).await?;
            self.start(&mut work);
            let Some(first) = work.under_way.join_next().await else { return Ok(made) };
            let ended = work.ended(first);
            made += ended.len();
            self.note(&mut work, ended).await?;
        }
    }

    /// Looks for what is due and begins with it; answers for how long there is nothing to look for.
    async fn round(&self, work: &mut Work) -> Duration {
        fail::fail_point!("deliverer::round");
        if work.tended.is_none_or(|at| at.elapsed() >= ROUND) {
            work.tended = Some(tokio::time::Instant::now());
            if let Err(error) = self.chase().await {
                tracing::error!("what nobody confirmed is not sent again yet: {error}");
            }
            if let Err(error) = self.forget().await {
                tracing::error!("old messages are kept for longer: {error}");
            }
        }
        let soonest = self.look(work).await;
        self.start(work);
        match soonest {
            Ok(None) => ROUND,
            Ok(Some(at)) => Duration::from_millis((at - self.clock.now()).max(1) as u64).min(ROUND),
            Err(error) => {
                tracing::error!("messages that are due cannot be found: {error}");
                ROUND
            }
        }
    }

    /// Looks up what is due where there is room for it; answers when something else will be.
    async fn look(&self, work: &mut Work) -> Result<Option<Instant>, StoreError> {
        let (open, now) = (self.store.open_webhooks().await?, self.clock.now());
        let oldest = open.iter().filter_map(|(_, due)| *due).min().map_or(0, |at| (now - at).max(0));
        metrics::gauge!(OLDEST_DUE).set(oldest as f64 / 1e3);
        let (hungry, soonest) = work.queues.refresh(open, now);
        for (endpoint, limit) in hungry {
            let page = self.store.due_deliveries(endpoint, now, limit).await?;
            work.queues.add(endpoint, page, limit);
        }
        Ok(soonest)
    }

    /// Begins as many deliveries as there is room for.
    fn start(&self, work: &mut Work) {
        while work.under_way.len() < ALL {
            let Some((webhook, delivery)) = work.queues.next() else { return };
            work.under_way.spawn(self.attempt(webhook, delivery));
        }
    }

    /// One attempt, ready to be made.
    fn attempt(&self, webhook: &Webhook, delivery: Delivery) -> impl Future<Output = Ended> + Send + use<> {
        let (sender, clock) = (self.sender.clone(), self.clock.clone());
        let (now, message) = (clock.now(), delivery.message);
        let market = self.markets.by_id(webhook.marketplace).map(|market| market.code.clone()).unwrap_or_default();
        let secrets = webhook.secrets(now).filter_map(|secret| Secret::parse(secret).ok()).collect();
        let (url, endpoint) = (webhook.url.clone(), webhook.id);
        async move {
            let sent = match envelope(&market, &message) {
                Ok(body) => {
                    let began = tokio::time::Instant::now();
                    let sent = sender.send(Parcel { url, secrets, id: message.id.to_string(), body }, now).await;
                    metrics::histogram!(DELIVERY_SECONDS).record(began.elapsed());
                    sent
                }
                Err(_) => Sent { outcome: Outcome::Unanswered, error: Some("the message itself is broken") },
            };
            Ended { endpoint, message: message.place, made: delivery.attempts + 1, at: clock.now(), sent }
        }
    }

    /// Notes what came of attempts; answers whether something is due again because of it, or nothing could be noted.
    async fn noted(&self, work: &mut Work, ended: Vec<Ended>) -> bool {
        let failed = ended.iter().any(|ended| ended.sent.error.is_some());
        let noted = self.note(work, ended).await.inspect_err(|error| {
            tracing::error!("what came of deliveries is not noted, so they are made again: {error}");
        });
        failed || noted.is_err()
    }
}
