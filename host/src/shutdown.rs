//! The way out: a signal cancels one token, everything that was accepted is finished, and then the process ends.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Shared by everything that must end in good order: work is spawned on `tasks` and stops taking on more once `stop` is
/// cancelled.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    /// Cancelled when the process should end.
    pub stop: CancellationToken,
    /// What must be finished first.
    pub tasks: TaskTracker,
}

impl Shutdown {
    /// Cancels `stop` at the first SIGINT or SIGTERM; a second one ends the process at once, for whoever is tired of waiting.
    /// Fails where the signals cannot be watched.
    pub fn on_signals(&self) -> std::io::Result<()> {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = self.stop.clone();
        tokio::spawn(async move {
            for first in [true, false] {
                tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
                if first {
                    tracing::info!("shutting down: finishing what was accepted");
                    stop.cancel();
                } else {
                    std::process::exit(130);
                }
            }
        });
        Ok(())
    }

    /// Waits until all tasks have ended, at most `limit`; says whether they did.
    pub async fn drained(&self, limit: Duration) -> bool {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(limit, self.tasks.wait()).await.is_ok()
    }
}
