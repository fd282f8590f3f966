//! The only composer: builds store, engine, writer and scheduler once, and hands them out together.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Mutex as AsyncMutex;
use tokio_util::sync::CancellationToken;

use crate::background::Background;
use crate::backtest::jobs::Backtests;
use crate::clock::Clock;
use crate::keys::Keys;
use crate::ledger::Cause;
use crate::markets::Markets;
use crate::options::Options;
use crate::outbound::Outward;
use crate::pipeline::build::Builder;
use crate::pipeline::changes::{ChangeError, Changes};
use crate::pipeline::ingest::Ingest;
use crate::pipeline::lane::Writers;
use crate::pipeline::scheduler::{Running, Scheduler, Wake};
use crate::registry::{Registry, RegistryError};
use crate::rules::{ConfigureError, Engine, EngineError};
use crate::setup::restore;
use crate::store::{Store, StoreError};

/// Why the host could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine could not be made.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Rules that a marketplace needs could not be had.
    #[error("marketplace {0}: {1}")]
    Rules(String, RegistryError),
    /// Settings that were taken before are refused now.
    #[error("marketplace {0}: {1}")]
    Settings(String, ConfigureError),
    /// Machine code cannot be kept where it should be.
    #[error("machine code cannot be kept: {0}")]
    Cache(std::io::Error),
    /// A generation that cannot be had any more could not be given up.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// The host, put together.
pub struct App {
    /// The database.
    pub store: Arc<Store>,
    /// Time and ids.
    pub clock: Arc<dyn Clock>,
    /// Keyed hashes.
    pub keys: Keys,
    /// Marketplaces.
    pub markets: Arc<Markets>,
    /// Rules.
    pub registry: Registry,
    /// The way into the writer.
    pub ingest: Ingest,
    /// Backtests under way.
    pub backtests: Backtests,
    /// How messages are sent.
    pub outward: Outward,
    /// What works in the background.
    pub background: Background,
    pub(crate) changes: Arc<Changes>,
    pub(crate) builder: Arc<Builder>,
    wake: Wake,
    scheduler: Mutex<Option<Running>>,
    building: CancellationToken,
}

impl App {
    /// Opens the database and starts the writer; the scheduler waits for [`App::start_scheduler`].
    pub async fn open(database_url: &str, clock: Arc<dyn Clock>, options: Options) -> Result<Arc<Self>, AppError> {
        let fresh = [clock.new_id(), clock.new_id()].map(|id| id.as_u128()).iter().fold(0u128, |a, b| a.rotate_left(64) ^ b);
        let store = Store::open(database_url, fresh.to_le_bytes()).await?;
        let engine = Engine::new(options.limits.clone())?;
        let (outward, lanes, backtests) = (options.outward.clone(), options.lanes, Backtests::within(options.backtest));
        let registry = Registry::new(engine, store.clone(), clock.clone(), options).map_err(AppError::Cache)?;
        let (markets, keys) = (Arc::new(Markets::default()), Keys::new(store.secret()));
        let mut lost = Vec::new();
        for row in store.marketplaces().await? {
            let (market, gone) = restore(&store, &registry, keys, row).await?;
            lost.push((market.code.clone(), gone));
            markets.put(Arc::new(market));
        }
        let (wake, woken) = (Wake::default(), Wake::default());
        let ingest = Ingest::start(&Writers::new(&store, &markets, &clock, &wake), lanes)?;
        let wakes = [wake.clone(), woken.clone()];
        let changes = Changes {
            markets: markets.clone(),
            ingest: ingest.clone(),
            clock: clock.clone(),
            wake: wakes,
            turn: AsyncMutex::default(),
        };
        let changes = Arc::new(changes);
        for (code, (id, why)) in lost.into_iter().flat_map(|(code, gone)| gone.into_iter().map(move |g| (code.clone(), g))) {
            tracing::error!(marketplace = code, generation = id, "a generation is given up: {why}");
            changes.line_up(&code, Cause::host(&why), |m, _| m.lineup.cancel(id, why)).await?;
        }
        let (background, page) = (Background::default(), AsyncMutex::default());
        let worker = background.builder.clone();
        let builder = Builder { changes: changes.clone(), store: store.clone(), wake: woken, page, worker };
        let (scheduler, building) = (Mutex::default(), CancellationToken::new());
        let builder = Arc::new(builder);
        Ok(Arc::new(Self {
            store,
            clock,
            keys,
            markets,
            registry,
            ingest,
            backtests,
            outward,
            background,
            changes,
            builder,
            wake,
            scheduler,
            building,
        }))
    }

    /// A scheduler over this host's parts, not running.
    pub fn scheduler(&self) -> Scheduler {
        let (store, markets, clock) = (self.store.clone(), self.markets.clone(), self.clock.clone());
        Scheduler { store, markets, clock, ingest: self.ingest.clone(), worker: self.background.scheduler.clone() }
    }

    /// Starts evaluating who is due and building what is to be built, until [`App::stop_scheduler`].
    pub fn start_scheduler(&self) -> Result<(), StoreError> {
        let running = self.scheduler().start(self.wake.clone())?;
        *self.scheduler.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        let (builder, stop) = (self.builder.clone(), self.building.clone());
        tokio::spawn(async move { builder.run(&stop).await });
        Ok(())
    }

    /// Has the scheduler look whether anybody is due.
    pub(crate) fn wake(&self) {
        self.wake.notify();
    }

    /// Ends both after the batch and the page in hand. Blocks; call it where that is allowed.
    pub fn stop_scheduler(&self) {
        self.building.cancel();
        let running = self.scheduler.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop();
        }
    }

    /// Builds and evaluates everything that is due in a marketplace and returns when nothing is.
    pub async fn drain(self: &Arc<Self>, market: &str) -> Result<(), ChangeError> {
        loop {
            while self.build(market).await? {}
            let (scheduler, code, runtime) = (self.scheduler(), market.to_owned(), tokio::runtime::Handle::current());
            let done = tokio::task::spawn_blocking(move || scheduler.drain(&code, &runtime)).await;
            done.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string())))?;
            if !self.build(market).await? {
                return Ok(());
            }
        }
    }

    /// Does the next piece of what is to be built or removed in a marketplace; says whether there was any.
    pub async fn build(&self, market: &str) -> Result<bool, ChangeError> {
        self.builder.step(market).await
    }
}
