//! What works in the background for as long as the host does: a panic ends one round of it and not all that were to come, and
//! whether it has ended can be asked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;

use crate::telemetry::PANICS;

/// All of it.
#[derive(Debug, Clone)]
pub struct Background {
    /// Judges who is due.
    pub scheduler: Worker,
    /// Builds generations.
    pub builder: Worker,
    /// Sends messages.
    pub deliverer: Worker,
}

impl Default for Background {
    fn default() -> Self {
        Self { scheduler: Worker::new("scheduler"), builder: Worker::new("builder"), deliverer: Worker::new("deliverer") }
    }
}

impl Background {
    /// Names of those that were at work and have ended.
    pub fn ended(&self) -> Vec<&'static str> {
        let all = [&self.scheduler, &self.builder, &self.deliverer];
        all.into_iter().filter(|worker| worker.ended.load(Ordering::Acquire)).map(|worker| worker.name).collect()
    }
}

/// One that works.
#[derive(Debug, Clone)]
pub struct Worker {
    name: &'static str,
    ended: Arc<AtomicBool>,
}

/// Held by a worker for as long as it works.
#[must_use]
pub(crate) struct AtWork(Arc<AtomicBool>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Worker {
    fn new(name: &'static str) -> Self {
        Self { name, ended: Arc::default() }
    }

    /// Begins to work.
    pub(crate) fn begin(&self) -> AtWork {
        self.ended.store(false, Ordering::Release);
        AtWork(self.ended.clone())
    }

    /// A round of its work, on the calling thread; `None` where it panicked. Whatever it changed is to be thrown away then.
    pub(crate) fn round<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        catch_unwind(AssertUnwindSafe(work)).inspect_err(|_| self.panicked()).ok()
    }

    /// The same of work that waits.
    pub(crate) fn waiting_round<T>(&self, work: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
        AssertUnwindSafe(work).catch_unwind().map(|round| round.inspect_err(|_| self.panicked()).ok())
    }

    fn panicked(&self) {
        metrics::counter!(PANICS, "worker" => self.name).increment(1);
        tracing::error!("the {} panicked and goes on in a while", self.name);
    }
}
