//! A host of its own for each test: a database on either backend, a clock that stands until it is moved, and rules built from
//! this repository. Nothing listens and nothing runs by itself: what is due is done when a test asks for it.

use std::path::Path;
use std::sync::Arc;

use andon::app::App;
use andon::clock::ManualClock;
use andon::events::{EventContext, parse};
use andon::ledger::Cause;
use andon::markets::{ClockKind, Market};
use andon::options::Options;
use andon::pipeline::accept::Outcome;
use andon::setup::{NewMarket, RulesSetup};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

use crate::database::{Backend, TestDatabase};
use crate::events::NOW;
use crate::guests;

/// The marketplace that tests send to unless they set up another.
pub const MARKET: &str = "olist";

/// A host in the hands of a test.
pub struct TestApp {
    /// The host.
    pub app: Arc<App>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    database: TestDatabase,
    options: Options,
}

/// How tests treat rules: compiled in this process, and kept from one test to the next.
pub fn options() -> Options {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(|root| root.join("target/compiled"));
    Options { cache, ..Options::default() }
}

impl TestApp {
    /// A host with no marketplace, on a fresh database. Ids and the database's secret are the same in every one.
    pub async fn bare(backend: Backend) -> Self {
        Self::with(backend, options()).await
    }

    /// The same with rules treated in a way of the test's own.
    pub async fn with(backend: Backend, options: Options) -> Self {
        let database = TestDatabase::new(backend).await;
        Aside { clock: Arc::new(ManualClock::at(NOW)), database, options }.taken_up().await
    }

    /// A host with [`MARKET`], judged by amazon's rules.
    pub async fn new(backend: Backend) -> Self {
        let test = Self::bare(backend).await;
        test.install(guests::amazon()).await;
        test.create_market(MARKET, RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
        test
    }

    /// The same database in a host of its own, as after a restart.
    pub async fn restarted(self) -> Self {
        self.set_aside().await.taken_up().await
    }

    /// Ends the host and keeps its database. Whoever else holds the host, such as a [`crate::Door`], must have let go of it.
    pub async fn set_aside(self) -> Aside {
        let Self { app, clock, database, options } = self;
        app.registry.settled().await;
        drop(app);
        database.released().await;
        Aside { clock, database, options }
    }

    /// How to reach its database.
    pub fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Makes rules known to the host.
    pub async fn install(&self, component: &[u8]) {
        self.app.registry.add(component.to_vec(), NOW).await.unwrap();
    }

    /// Sets up a marketplace in Brazil, by the wall clock.
    pub async fn create_market(&self, code: &str, rules: RulesSetup) -> Arc<Market> {
        let (code, text) = (code.to_owned(), str::to_owned);
        let (name, currency, time_zone) = (text("Olist"), text("BRL"), text("America/Sao_Paulo"));
        let new = NewMarket { code, name, currency, time_zone, locale: text("en"), clock: ClockKind::System, rules };
        self.app.create_market(new, Cause::by("operator", "a test")).await.unwrap()
    }

    /// The marketplace as it is now.
    pub fn market(&self) -> Arc<Market> {
        self.app.markets.get(MARKET).unwrap()
    }

    /// Sends events that must be well-formed straight to the writer.
    pub async fn accept(&self, events: &[Value]) -> Vec<Outcome> {
        self.accept_in(MARKET, events).await
    }

    /// The same in another marketplace.
    pub async fn accept_in(&self, market: &str, events: &[Value]) -> Vec<Outcome> {
        let market = self.app.markets.get(market).unwrap();
        let now = andon::clock::Clock::now(self.clock.as_ref());
        let context = EventContext { marketplace: &market.code, currency: &market.currency, keys: &self.app.keys, now };
        let parsed = events.iter().map(|e| parse(&context, e.to_string().as_bytes()).unwrap_or_else(|p| panic!("{p}: {e}")));
        let parsed = parsed.collect();
        self.app.ingest.submit(market, parsed).await.unwrap()
    }

    /// Evaluates everybody who is due.
    pub async fn drain(&self) {
        self.app.drain(MARKET).await.unwrap();
    }

    /// Codes of the faults, not over, of the rules in force, one for each subject and merchant.
    pub async fn faults(&self) -> Vec<String> {
        let db = self.app.store.db();
        let rows = db
            .query_all_raw(Statement::from_string(
                db.get_database_backend(),
                "select code from faults where generation in (select generation from marketplaces)",
            ))
            .await
            .unwrap();
        rows.iter().map(|row| row.try_get("", "code").unwrap()).collect()
    }
}

/// A database without a host.
pub struct Aside {
    clock: Arc<ManualClock>,
    database: TestDatabase,
    /// How the next host treats rules.
    pub options: Options,
}

impl Aside {
    /// Starts a host over it.
    pub async fn taken_up(self) -> TestApp {
        let Self { clock, database, options } = self;
        let app = App::open(database.url(), clock.clone(), options.clone()).await.unwrap();
        TestApp { app, clock, database, options }
    }
}
