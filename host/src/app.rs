//! The only composer: builds store, engine, writer and scheduler once, and hands them out together.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};

use andon_domain::calendar::Calendar;
use andon_domain::ids::{Instant, check_code};

use crate::clock::Clock;
use crate::keys::Keys;
use crate::markets::{ClockKind, Generation, Market, Markets, Override};
use crate::options::Options;
use crate::pipeline::lane::{Ingest, IngestError};
use crate::pipeline::rebuild;
use crate::pipeline::scheduler::{Running, Scheduler, Wake};
use crate::registry::{Registry, RegistryError};
use crate::rules::{ConfigureError, Engine, EngineError, Judge, Rules};
use crate::store::marketplaces::{GenerationRow, MarketRow};
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
}

/// Why a marketplace was not set up or changed.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// A field cannot be what it was given as.
    #[error("{field} `{value}` {why}")]
    Field {
        /// Which.
        field: String,
        /// The value.
        value: String,
        /// What is wrong.
        why: String,
    },
    /// The code is taken.
    #[error("there is a marketplace `{0}` already")]
    Taken(String),
    /// No such marketplace.
    #[error("there is no marketplace `{0}`")]
    Unknown(String),
    /// The rules failed over the settings.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
    /// The rules could not be had.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

/// A marketplace to set up.
#[derive(Debug, Clone)]
pub struct NewMarket {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub time_zone: String,
    /// BCP 47 tag.
    pub locale: String,
    /// What it takes for "now".
    pub clock: ClockKind,
    /// What may change later.
    pub rules: RulesSetup,
}

/// What an operator may change at any time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RulesSetup {
    /// Rules by name, with `@version` to pin one.
    pub rules: Option<String>,
    /// Settings for the rules.
    pub settings: BTreeMap<String, String>,
    /// Figures by metric.
    pub overrides: BTreeMap<String, Override>,
    /// Modes by action.
    pub action_modes: BTreeMap<String, String>,
}

/// The modes an action may be in, weakest first.
pub const ACTION_MODES: [&str; 4] = ["off", "observe", "review", "auto"];

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
    wake: Wake,
    scheduler: Mutex<Option<Running>>,
    /// Held by whoever changes which rules are in force where.
    pub(crate) changing: tokio::sync::Mutex<()>,
}

impl App {
    /// Opens the database and starts the writer; the scheduler waits for [`App::start_scheduler`].
    pub async fn open(database_url: &str, clock: Arc<dyn Clock>, options: Options) -> Result<Arc<Self>, AppError> {
        let fresh = [clock.new_id(), clock.new_id()].map(|id| id.as_u128()).iter().fold(0u128, |a, b| a.rotate_left(64) ^ b);
        let store = Store::open(database_url, fresh.to_le_bytes()).await?;
        let engine = Engine::new(options.limits.clone())?;
        let registry = Registry::new(engine, store.clone(), clock.clone(), options).map_err(AppError::Cache)?;
        let markets = Arc::new(Markets::default());
        for row in store.marketplaces().await? {
            let generation = match row.generation {
                Some(id) => Some(restore(&store, &registry, &row, id).await?),
                None => None,
            };
            markets.put(Arc::new(view(row, generation, None)));
        }
        let wake = Wake::default();
        let (ingest, _) = Ingest::start(&store, &markets, clock.clone(), wake.clone())?;
        let keys = Keys::new(store.secret());
        let (scheduler, changing) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Arc::new(Self { store, clock, keys, markets, registry, ingest, wake, scheduler, changing }))
    }

    /// A scheduler over this host's parts, not running.
    pub fn scheduler(&self) -> Scheduler {
        let (store, markets, clock) = (self.store.clone(), self.markets.clone(), self.clock.clone());
        Scheduler { store, markets, clock, ingest: self.ingest.clone() }
    }

    /// Starts evaluating who is due, until [`App::stop_scheduler`].
    pub fn start_scheduler(&self) -> Result<(), StoreError> {
        let running = self.scheduler().start(self.wake.clone())?;
        *self.scheduler.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }

    /// Has the scheduler look whether anybody is due.
    pub(crate) fn wake(&self) {
        self.wake.notify();
    }

    /// Ends the scheduler after the batch in hand. Blocks; call it where that is allowed.
    pub fn stop_scheduler(&self) {
        let running = self.scheduler.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(running) = running {
            running.stop();
        }
    }

    /// Evaluates everybody who is due in a marketplace and returns when nobody is.
    pub async fn drain(self: &Arc<Self>, market: &str) -> Result<(), StoreError> {
        let (scheduler, market, runtime) = (self.scheduler(), market.to_owned(), tokio::runtime::Handle::current());
        let done = tokio::task::spawn_blocking(move || scheduler.drain(&market, &runtime)).await;
        done.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string())))
    }

    /// Sets up a marketplace.
    pub async fn create_market(&self, new: NewMarket) -> Result<Arc<Market>, MarketError> {
        let _one_at_a_time = self.changing.lock().await;
        check(&new)?;
        let now = self.clock.now();
        let judge = self.judge(&new.rules, None).await?;
        let mut row = MarketRow {
            id: 0,
            code: new.code,
            name: new.name,
            currency: new.currency,
            time_zone: new.time_zone,
            locale: new.locale,
            clock: new.clock.word().to_owned(),
            latest_event: 0,
            rules: new.rules.rules,
            settings: new.rules.settings,
            overrides: new.rules.overrides,
            action_modes: new.rules.action_modes,
            generation: None,
            created_at: now,
            updated_at: now,
        };
        let write = self.store.write().await?;
        row.id = write.insert_marketplace(&row).await?.ok_or_else(|| MarketError::Taken(row.code.clone()))?;
        let generation = match judge {
            Some(judge) => {
                let id = write.insert_generation(&generation_row(row.id, &row.settings, &judge), now).await?;
                row.generation = Some(id);
                write.set_generation(row.id, id).await?;
                Some(Arc::new(Generation::new(id, judge, &row.overrides)))
            }
            None => None,
        };
        write.commit().await?;
        let market = Arc::new(view(row, generation, None));
        self.markets.put(market.clone());
        Ok(market)
    }

    /// Changes a marketplace. Other rules or settings make a new generation, which is built from the stored facts before it
    /// takes over in one transaction; overrides take effect at once.
    pub async fn change_market(
        &self,
        code: &str,
        name: Option<String>,
        locale: Option<String>,
        setup: RulesSetup,
    ) -> Result<Arc<Market>, MarketError> {
        let _one_at_a_time = self.changing.lock().await;
        let old = self.markets.get(code).ok_or_else(|| MarketError::Unknown(code.to_owned()))?;
        check_modes(&setup)?;
        let now = self.clock.now();
        let judge = self.judge(&setup, Some(&old)).await?;
        let mut row = row_of(&old, now, setup);
        row.name = name.unwrap_or(row.name);
        row.locale = locale.unwrap_or(row.locale);
        let kept = |judge: &Judge| {
            old.generation
                .as_ref()
                .filter(|g| g.judge.digest() == judge.digest() && g.judge.settings_digest() == judge.settings_digest())
        };
        let (generation, build) = match judge {
            None => (None, false),
            Some(judge) => match kept(&judge) {
                Some(same) => (Some(Arc::new(Generation::new(same.id, judge, &row.overrides))), false),
                None => {
                    let id = self.generation(&row, &judge, now).await?;
                    (Some(Arc::new(Generation::new(id, judge, &row.overrides))), true)
                }
            },
        };
        row.generation = generation.as_ref().map(|g| g.id);
        let market = Arc::new(view(row.clone(), generation, Some(old.latest.clone())));
        let (markets, current) = (self.markets.clone(), market.clone());
        self.ingest.alone(rebuild::switch(market.clone(), row, build, now), Box::new(move || markets.put(current))).await?;
        self.wake();
        Ok(market)
    }

    /// The generation of this component with these settings; one that was in force before is taken up again.
    async fn generation(&self, row: &MarketRow, judge: &Judge, now: Instant) -> Result<i64, StoreError> {
        if let Some(known) = self.store.generation_of(row.id, judge.digest(), judge.settings_digest()).await? {
            return Ok(known.id);
        }
        let write = self.store.write().await?;
        let id = write.insert_generation(&generation_row(row.id, &row.settings, judge), now).await?;
        write.commit().await?;
        Ok(id)
    }

    /// The judge of a set-up. A marketplace that is to keep its rules keeps their version too: only naming another puts another in
    /// force, whatever was pushed meanwhile.
    async fn judge(&self, setup: &RulesSetup, old: Option<&Market>) -> Result<Option<Judge>, MarketError> {
        let Some(name) = &setup.rules else { return Ok(None) };
        let kept = old.filter(|old| old.rules.as_ref() == Some(name)).and_then(|old| Some((old.generation.as_ref()?, old)));
        let judge = match kept {
            Some((generation, old)) if old.settings == setup.settings => generation.judge.clone(),
            Some((generation, _)) => {
                configure(self.registry.by_digest(generation.judge.digest()).await?, &setup.settings).await?
            }
            None => configure(self.registry.by_name(name).await?, &setup.settings).await?,
        };
        for code in setup.overrides.keys() {
            if !judge.manifest().metrics.iter().any(|m| m.code == *code) {
                return Err(field("overrides", code, "is not a metric of these rules"));
            }
        }
        Ok(Some(judge))
    }
}

async fn configure(rules: Arc<Rules>, settings: &BTreeMap<String, String>) -> Result<Judge, ConfigureError> {
    let settings = pairs(settings);
    let done = tokio::task::spawn_blocking(move || rules.configure(&settings)).await;
    done.unwrap_or_else(|e| Err(ConfigureError::Setting { key: String::new(), why: e.to_string() }))
}

fn pairs(settings: &BTreeMap<String, String>) -> Vec<(String, String)> {
    settings.iter().map(|(k, v)| (k.clone(), v.clone())).collect()
}

async fn restore(store: &Store, registry: &Registry, row: &MarketRow, id: i64) -> Result<Arc<Generation>, AppError> {
    let missing =
        || StoreError::Inconsistent { table: "generations", row: id.to_string(), what: format!("{} names it", row.code) };
    let generation = store.generation(id).await?.ok_or_else(missing)?;
    let rules = registry.by_digest(&generation.component).await.map_err(|e| AppError::Rules(row.code.clone(), e))?;
    let judge = rules.resume(&pairs(&generation.settings)).map_err(|e| AppError::Settings(row.code.clone(), e))?;
    Ok(Arc::new(Generation::new(id, judge, &row.overrides)))
}

fn generation_row(marketplace: i64, settings: &BTreeMap<String, String>, judge: &Judge) -> GenerationRow {
    let (component, settings_digest) = (judge.digest().to_owned(), judge.settings_digest().to_owned());
    GenerationRow { id: 0, marketplace, component, settings: settings.clone(), settings_digest }
}

fn view(row: MarketRow, generation: Option<Arc<Generation>>, latest: Option<Arc<AtomicI64>>) -> Market {
    Market {
        id: row.id,
        // Both were checked when the marketplace was set up.
        calendar: Calendar::of(&row.time_zone).unwrap_or_else(Calendar::utc),
        clock: ClockKind::of_word(&row.clock).unwrap_or(ClockKind::System),
        code: row.code,
        name: row.name,
        currency: row.currency,
        locale: row.locale,
        rules: row.rules,
        settings: row.settings,
        overrides: row.overrides,
        action_modes: row.action_modes,
        generation,
        created_at: row.created_at,
        updated_at: row.updated_at,
        latest: latest.unwrap_or_else(|| Arc::new(AtomicI64::new(row.latest_event))),
    }
}

fn row_of(market: &Market, now: Instant, setup: RulesSetup) -> MarketRow {
    MarketRow {
        id: market.id,
        code: market.code.clone(),
        name: market.name.clone(),
        currency: market.currency.clone(),
        time_zone: market.calendar.zone().to_owned(),
        locale: market.locale.clone(),
        clock: market.clock.word().to_owned(),
        latest_event: market.latest(),
        rules: setup.rules,
        settings: setup.settings,
        overrides: setup.overrides,
        action_modes: setup.action_modes,
        generation: market.generation.as_ref().map(|g| g.id),
        created_at: market.created_at,
        updated_at: now,
    }
}

fn field(field: &str, value: &str, why: impl ToString) -> MarketError {
    MarketError::Field { field: field.to_owned(), value: value.chars().take(64).collect(), why: why.to_string() }
}

fn check(new: &NewMarket) -> Result<(), MarketError> {
    check_code(&new.code).map_err(|e| field("code", &new.code, e))?;
    if new.name.trim().is_empty() || new.name.len() > 200 {
        return Err(field("name", &new.name, "must be 1 to 200 bytes"));
    }
    if new.currency.len() != 3 || !new.currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(field("currency", &new.currency, "must be three capital letters, as in ISO 4217"));
    }
    if Calendar::of(&new.time_zone).is_none() {
        return Err(field("time_zone", &new.time_zone, "is not an IANA time zone"));
    }
    if new.locale.is_empty() || new.locale.len() > 35 {
        return Err(field("locale", &new.locale, "is not a language tag"));
    }
    check_modes(&new.rules)
}

fn check_modes(setup: &RulesSetup) -> Result<(), MarketError> {
    match setup.action_modes.iter().find(|(_, mode)| !ACTION_MODES.contains(&mode.as_str())) {
        Some((action, mode)) => {
            Err(field(&format!("action_modes.{action}"), mode, format!("must be one of {}", ACTION_MODES.join(", "))))
        }
        None => Ok(()),
    }
}
