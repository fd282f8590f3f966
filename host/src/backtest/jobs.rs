//! Backtests that a host works on in the background, one at a time: they take the processor that merchants are judged with. What is
//! asked and found lies in the database; how far the one under way is stands here.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{BacktestError, Bounds, Progress, Question, run};
use crate::app::App;
use crate::setup::MarketError;
use crate::store::StoreError;
use crate::store::backtests::BacktestRow;

/// What is said of a backtest that ended with its host.
const INTERRUPTED: &str = "the host was stopped while it was under way; ask again";

/// What is said where the cause is in the host's log.
const OUR_FAULT: &str = "something went wrong on the host's side; its log says what";

/// The longest time between two looks at what waits: another host of the same database may have been asked.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// The one under way, and the way to have the host look for another.
#[derive(Debug, Default)]
pub struct Backtests {
    /// How much each may take.
    pub bounds: Bounds,
    running: Mutex<Option<(i64, Arc<Progress>)>>,
    asked: Notify,
}

/// Why a backtest that was taken on found nothing.
#[derive(Debug, thiserror::Error)]
enum JobError {
    #[error("the marketplace is gone")]
    Gone,
    #[error(transparent)]
    Rules(#[from] MarketError),
    #[error(transparent)]
    Backtest(#[from] BacktestError),
}

impl Backtests {
    /// None, each of which may take so much.
    pub(crate) fn within(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// How far a backtest is, where it is under way here.
    pub fn progress(&self, id: i64) -> Option<Arc<Progress>> {
        self.running().as_ref().filter(|(running, _)| *running == id).map(|(_, progress)| progress.clone())
    }

    /// Has the host look for one that waits.
    pub(crate) fn wake(&self) {
        self.asked.notify_one();
    }

    /// Returns when somebody asks, or all is to end, or it is time to look all the same.
    async fn wait(&self, stop: &CancellationToken) {
        let asked = tokio::time::timeout(LOOK_AGAIN, self.asked.notified());
        tokio::select! { () = stop.cancelled() => {}, _ = asked => {} }
    }

    fn running(&self) -> MutexGuard<'_, Option<(i64, Arc<Progress>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Works on backtests until it is stopped; those that another life of this host left behind are given up first.
    pub async fn work_on_backtests(&self, stop: &CancellationToken) {
        match self.store.interrupt_backtests(INTERRUPTED, self.clock.now()).await {
            Ok(0) => {}
            Ok(left) => tracing::warn!("{left} backtests were interrupted by a restart"),
            Err(e) => tracing::error!("backtests that were interrupted still look as if they ran: {e}"),
        }
        while !stop.is_cancelled() {
            match self.next_backtest(stop).await {
                Ok(true) => {}
                Ok(false) => self.backtests.wait(stop).await,
                Err(e) => {
                    tracing::error!("a backtest is left where it is: {e}");
                    self.backtests.wait(stop).await;
                }
            }
        }
    }

    /// Does the backtest that has waited longest; says whether one waited.
    pub async fn next_backtest(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let Some(row) = self.store.claim_backtest(self.clock.now()).await? else { return Ok(false) };
        let progress = Arc::new(Progress::default());
        *self.backtests.running() = Some((row.id, progress.clone()));
        let found = self.answer(&row, &progress, stop).await;
        *self.backtests.running() = None;
        let found = found.map_err(|error| {
            tracing::warn!(backtest = row.id, "found nothing: {error}");
            match error {
                JobError::Backtest(BacktestError::Stopped) => INTERRUPTED.to_owned(),
                JobError::Backtest(BacktestError::Store(_)) | JobError::Rules(MarketError::Store(_)) => OUR_FAULT.to_owned(),
                error => error.to_string(),
            }
        });
        // One that was called off meanwhile stays so.
        self.store.end_backtest(&row, found, self.clock.now()).await?;
        Ok(true)
    }

    async fn answer(&self, row: &BacktestRow, progress: &Arc<Progress>, stop: &CancellationToken) -> Result<String, JobError> {
        let market = self.markets.by_id(row.marketplace).ok_or(JobError::Gone)?;
        let candidate = self.candidate(&market, &row.component, &row.settings).await?;
        let unreadable = |_| BacktestError::Store(StoreError::undecodable("backtests", row.id));
        let every = row.every.parse().map_err(unreadable)?;
        let now = market.now(self.clock.now());
        let question = Question {
            market,
            candidate: Arc::new(candidate),
            from: row.from,
            to: row.to,
            every,
            now,
            bounds: self.backtests.bounds,
        };
        let running = run(self.store.clone(), question, progress.clone());
        tokio::pin!(running);
        let report = tokio::select! {
            report = &mut running => report,
            () = stop.cancelled() => {
                progress.stop();
                running.await
            }
        };
        Ok(super::Format::Json.write(&report?))
    }
}
