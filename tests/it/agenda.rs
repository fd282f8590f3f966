//! Who is judged when: whoever changes while they wait for their turn is judged once, and what failed is tried again even where no
//! event moves the marketplace's clock.

use std::sync::{Arc, Mutex};

use andon::app::App;
use andon::clock::{Clock, ManualClock};
use andon::events::{EventContext, parse};
use andon::ledger::Cause;
use andon::markets::ClockKind;
use andon::setup::{NewMarket, RulesSetup};
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{Client, Door, MARKET, TestApp, TestDatabase, guests, on_both, options};
use metrics_exporter_prometheus::PrometheusBuilder;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
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

async fn health(client: &Client) -> Value {
    client.get("/v1/marketplaces/olist/merchants/m/health").await.ok()
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

    async fn what_failed_is_tried_again_where_no_event_moves_the_clock(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::hostile()).await;
        test.app.create_market(market(ClockKind::LatestEvent), Cause::by("operator", "a test")).await.unwrap();
        test.accept(&[placed("first", "m", NOW - DAY)]).await;
        test.drain().await;
        // An order that came while the rules might not be asked, and a merchant over whom they took too long at the end of an import.
        let operator = Door::new(&test).operator();
        let version = "/v1/plugins/hostile/versions/0.1.0";
        operator.post(&format!("{version}/quarantine"), &json!({"reason": "a test"})).await.ok();
        test.accept(&[placed("second", "m", NOW - DAY)]).await;
        operator.post(&format!("{version}/release"), &json!({"reason": "mended"})).await.ok();
        test.drain().await;
        let sql = "insert into faults (generation, merchant, subject, code, message, count, first_at, last_at)
            select k.generation, m.id, 0, 'E_DEADLINE', '', 1, 0, 0 from merchants m
            join marketplaces k on k.id = m.marketplace";
        let db = test.app.store.db();
        db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
        test.drain().await;
        let stale = health(&operator).await;
        assert_eq!((&stale["stale"], &stale["metrics"][1]["numerator"]), (&json!(true), &json!(1)), "{stale}");
        let mut faults = test.faults().await;
        faults.sort();
        assert_eq!(faults, ["E_DEADLINE", "E_QUARANTINED"], "it is not time yet");

        test.clock.advance(5 * 60 * 1000);
        test.drain().await;
        let well = health(&Door::new(&test).operator()).await;
        assert_eq!((&well["stale"], &well["metrics"][1]["numerator"]), (&json!(false), &json!(2)), "{well}");
        assert_eq!(test.faults().await, Vec::<String>::new());
        assert_eq!(test.market().now(test.clock.now()), NOW - DAY, "its own clock stands where it stood");
    }

    async fn rules_that_always_ask_to_be_asked_again_are_asked_once_a_minute(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::hostile()).await;
        test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
        test.accept(&[placed("o", "m", NOW - DAY)]).await;
        let asked = || test.market().generation.as_ref().unwrap().judge.classified().read().0;
        // A wish that comes with an event is met when it says, here a millisecond later.
        for (seconds, times) in [(0, 1), (1, 2), (10, 2), (40, 2), (10, 3), (59, 3), (2, 4)] {
            test.clock.advance(1_000 * seconds);
            for _ in 0..3 {
                test.drain().await;
            }
            assert_eq!(asked(), times, "after {seconds} s more");
        }
        // What happens is not made to wait.
        test.accept(&[event("s", "order.shipped", "o", NOW - DAY / 2, json!({"tracking": "T"}))]).await;
        assert_eq!(asked(), 5);
    }

    async fn rules_that_always_want_a_merchant_judged_again_are_met_once_a_minute(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::hostile()).await;
        let settings = [("mode".to_owned(), "restless".to_owned())].into();
        test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), settings, ..RulesSetup::default() }).await;
        test.accept(&[placed("o", "m", NOW - DAY)]).await;
        let db = test.app.store.db();
        let told = async || {
            let sql = "select count(*) as n from verdicts";
            let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap().unwrap();
            row.try_get::<i64>("", "n").unwrap()
        };
        // A wish that comes with something new is met when it says, here a millisecond later; each answer names another moment. The
        // second time the standing that the first led to is new.
        for (seconds, times) in [(0, 1), (1, 2), (10, 3), (40, 3), (19, 3), (2, 4), (58, 4), (3, 5)] {
            test.clock.advance(1_000 * seconds);
            for _ in 0..3 {
                test.drain().await;
            }
            assert_eq!(told().await, times, "after {seconds} s more");
        }
        test.accept(&[placed("p", "m", NOW - DAY / 2)]).await;
        test.drain().await;
        assert_eq!(told().await, 6);
    }

    async fn whoever_is_wholly_known_again_is_judged(backend) {
        let test = TestApp::bare(backend).await;
        test.install(guests::hostile()).await;
        test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
        test.accept(&[placed("o", "m", NOW - DAY)]).await;
        let step = |what, hour: i64| [event(what, what, "o", NOW - hour * 3_600_000, json!({"tracking": "T"}))];
        let rounds = [("order.shipped", 3, ""), ("order.scanned", 2, "fault"), ("order.delivered", 1, "")];
        let mut all = vec![judged(&test.app).await];
        for (what, hour, fault) in rounds {
            if !fault.is_empty() {
                let sql = "insert into faults (generation, merchant, subject, code, message, count, first_at, last_at)
                    select k.generation, s.merchant, s.id, 'E_TRAP', '', 1, 0, 0 from subjects s
                    join marketplaces k on k.id = s.marketplace";
                let db = test.app.store.db();
                db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
            }
            test.accept(&step(what, hour)).await;
            all.push(judged(&test.app).await);
        }
        // What the order counts for is the same each time.
        assert_eq!(all, ["1", "", "1", ""]);
        assert_eq!(test.faults().await, Vec::<String>::new());
    }
}
