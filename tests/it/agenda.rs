//! Who is judged when: whoever changes while they wait for their turn is judged once.

use std::sync::{Arc, Mutex};

use andon::app::App;
use andon::clock::{Clock, ManualClock};
use andon::events::{EventContext, parse};
use andon::ledger::Cause;
use andon::markets::ClockKind;
use andon::setup::{NewMarket, RulesSetup};
use andon_tests::events::{DAY, NOW, placed};
use andon_tests::{MARKET, TestDatabase, guests, on_both, options};
use metrics_exporter_prometheus::PrometheusBuilder;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;
use tokio::runtime::Handle;
use uuid::Uuid;

type Interruption = Box<dyn FnOnce() + Send>;

/// Makes ids, and lets something happen before the first of them that is asked for.
struct Interrupted {
    clock: ManualClock,
    by: Mutex<Option<Interruption>>,
}

impl Clock for Interrupted {
    fn now(&self) -> i64 {
        self.clock.now()
    }

    fn new_id(&self) -> Uuid {
        let interruption = self.by.lock().unwrap().take();
        if let Some(interrupt) = interruption {
            interrupt();
        }
        self.clock.new_id()
    }
}

fn market(clock: ClockKind) -> NewMarket {
    let (code, text) = (MARKET.to_owned(), str::to_owned);
    let rules = RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() };
    let (name, currency, time_zone, locale) = (text("Olist"), text("BRL"), text("America/Sao_Paulo"), text("en"));
    NewMarket { code, name, currency, time_zone, locale, clock, rules }
}

async fn accept(app: &App, events: &[Value]) {
    let market = app.markets.get(MARKET).unwrap();
    let context = EventContext { marketplace: MARKET, currency: "BRL", keys: &app.keys, now: NOW };
    let parsed = events.iter().map(|e| parse(&context, e.to_string().as_bytes()).unwrap()).collect();
    app.ingest.submit(market, parsed).await.unwrap();
}

/// Judges everybody who is due; answers how many merchants that were.
async fn judged(app: &Arc<App>) -> String {
    let (scheduler, runtime) = (app.scheduler(), Handle::current());
    let work = move || {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || scheduler.drain(MARKET, &runtime)).unwrap();
        let figures = recorder.handle().render();
        let line = figures.lines().find_map(|line| line.strip_prefix("andon_evaluations_total "));
        line.unwrap_or_default().to_owned()
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

on_both! {
    async fn who_changes_while_waiting_for_a_turn_is_judged_once(backend) {
        let database = TestDatabase::new(backend).await;
        let clock = Arc::new(Interrupted { clock: ManualClock::at(NOW), by: Mutex::default() });
        let app = App::open(database.url(), clock.clone(), options()).await.unwrap();
        app.registry.add(guests::hostile().to_vec(), NOW).await.unwrap();
        app.create_market(market(ClockKind::System), Cause::by("operator", "a test")).await.unwrap();
        // The first batch is of 64 merchants; who comes last waits for the second.
        accept(&app, &(0..64).map(|i| placed(&format!("o{i}"), &format!("m{i}"), NOW - DAY)).collect::<Vec<_>>()).await;
        accept(&app, &[placed("early", "last", NOW - DAY)]).await;
        let (writing, runtime) = (app.clone(), Handle::current());
        let change = move || runtime.block_on(accept(&writing, &[placed("late", "last", NOW - DAY)]));
        *clock.by.lock().unwrap() = Some(Box::new(change));
        assert_eq!(judged(&app).await, "65");
        assert!(clock.by.lock().unwrap().is_none(), "it changed meanwhile");
        assert_eq!(judged(&app).await, "", "nobody is due");
        // What came while it waited counts.
        let db = app.store.db();
        let sql = "select count(*) as n from faults union all select orders from merchants where ref = 'last' and verdict is not null";
        let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        let numbers: Vec<i64> = rows.iter().map(|row| row.try_get("", "n").unwrap()).collect();
        assert_eq!(numbers, [0, 2]);
    }
}
