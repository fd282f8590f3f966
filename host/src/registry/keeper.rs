//! Keeps in the database what gates tell of: they do so from threads that must not wait for a database, such as the writer's in the
//! middle of a transaction.

use std::sync::{Arc, Weak};

use tokio::sync::{mpsc, oneshot};

use super::HOST;
use crate::clock::Clock;
use crate::rules::gate::{Tell, Turn};
use crate::store::components::{Hold, Withheld};
use crate::store::{Store, StoreError};

/// Turns that may wait. A plugin takes one in a second at most, so this many mean that the database is gone.
const WAITING: usize = 1_024;

enum Message {
    Turn(String, Turn),
    Settled(oneshot::Sender<()>),
}

/// The way to the task that writes. It lets go of the database with everybody else: a gate may live on in whoever still holds the
/// rules, and must not keep a file locked.
pub(super) struct Keeper {
    messages: mpsc::Sender<Message>,
}

impl Keeper {
    pub(super) fn start(store: Weak<Store>, clock: Arc<dyn Clock>) -> Self {
        let (messages, mut told) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(message) = told.recv().await {
                match message {
                    Message::Turn(digest, turn) => {
                        let Some(store) = store.upgrade() else { return };
                        if let Err(error) = keep(&store, clock.as_ref(), &digest, &turn).await {
                            tracing::error!(rules = digest, "{turn:?} will be forgotten at the next start: {error}");
                        }
                    }
                    // Whoever asked may have gone.
                    Message::Settled(reply) => drop(reply.send(())),
                }
            }
        });
        Self { messages }
    }

    /// What a gate tells.
    pub(super) fn tell(&self, digest: &str) -> Tell {
        let (messages, digest) = (self.messages.clone(), digest.to_owned());
        Box::new(move |turn| {
            if let Turn::Quarantined(why) = &turn {
                tracing::error!(rules = digest, "quarantined: {why}");
            }
            if let Err(error) = messages.try_send(Message::Turn(digest.clone(), turn)) {
                tracing::error!(rules = digest, "what a gate told will be forgotten at the next start: {error}");
            }
        })
    }

    /// Returns when everything told before is kept.
    pub(super) async fn settled(&self) {
        let (reply, settled) = oneshot::channel();
        if self.messages.send(Message::Settled(reply)).await.is_ok() {
            // An error means that the task has ended with its runtime.
            let _ = settled.await;
        }
    }
}

async fn keep(store: &Arc<Store>, clock: &dyn Clock, digest: &str, turn: &Turn) -> Result<(), StoreError> {
    match turn {
        Turn::Rests(rests) => store.set_rests(digest, *rests).await,
        Turn::Quarantined(why) => {
            let held = Withheld { hold: Hold::Quarantined, reason: why.clone(), by: HOST.to_owned(), at: clock.now() };
            store.withhold(digest, &held).await.map(|_| ())
        }
    }
}
