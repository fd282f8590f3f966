//! kill -9 of the real binary while events come in over HTTP, again and again: what was answered is there once, what was not
//! may be sent again, and the books agree with the events.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon_tests::events::{DAY, NOW, event, placed, rated};
use andon_tests::process::{Connection, Process};
use andon_tests::{Backend, MARKET, TestApp, on_both};
use serde_json::{Value, json};

/// A hundred on SQLite, whose file is all there is; fewer on PostgreSQL, which has survived this for decades.
fn kills(backend: Backend) -> usize {
    if backend == Backend::Sqlite { 100 } else { 25 }
}

const CLIENTS: usize = 3;
const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

/// Everything that senders have to send, and what became of it.
struct Ledger {
    next: AtomicUsize,
    /// Sent, and never answered: the sender has to send them again.
    unanswered: Mutex<Vec<Vec<Value>>>,
    acknowledged: AtomicUsize,
}

impl Ledger {
    /// The next batch: what was never answered first, then orders with a life, of 1 to 40 events.
    fn batch(&self) -> Vec<Value> {
        if let Some(again) = self.unanswered.lock().unwrap().pop() {
            return again;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let life = |i: usize| {
            let (order, at) = (format!("o{number}-{i}"), NOW - (1 + (number * 7 + i) as i64 % 80) * DAY);
            let shipped = event(&format!("{order}-shipped"), "order.shipped", &order, at + DAY, json!({"tracking": "T1"}));
            [placed(&order, &format!("m{}", (number + i) % 23), at), shipped, rated(&order, 1 + (i % 5) as u8, at + DAY)]
        };
        let mut all: Vec<Value> = (0..14).flat_map(life).collect();
        all.truncate(1 + number * 13 % 40);
        all
    }

    fn send_until_it_dies(&self, address: &str, token: &str, told: &mpsc::Sender<()>) {
        let Ok(mut connection) = Connection::open(address, token) else { return };
        loop {
            let batch = self.batch();
            match connection.post("/v1/marketplaces/olist/events", &json!(batch).to_string()) {
                Ok((status, answer)) => {
                    assert_eq!(status, 200, "{answer}");
                    let taken = answer["accepted"].as_u64().unwrap() + answer["duplicates"].as_u64().unwrap();
                    assert_eq!(taken as usize, batch.len(), "{answer}");
                    self.acknowledged.fetch_add(batch.len(), Ordering::Relaxed);
                    // Nobody listens any more once the kill is under way.
                    let _ = told.send(());
                }
                Err(_) => return self.unanswered.lock().unwrap().push(batch),
            }
        }
    }
}

on_both! {
    async fn nothing_acknowledged_is_lost_or_counted_twice(backend) {
        let test = TestApp::new(backend).await;
        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        let ledger = Ledger { next: AtomicUsize::new(0), unanswered: Mutex::default(), acknowledged: AtomicUsize::new(0) };
        install_crypto();
        let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
        let grant = Grant { subject: "s".into(), scopes: vec![Scope::EventsWrite], marketplaces: vec![MARKET.into()], merchant: None, seconds: 3_000 };
        let token = TrialKey::of_home(home.path()).unwrap().sign(&grant, &policy, SystemClock.now()).unwrap();
        // The test's own host must not hold the database while others serve it.
        let rest = test.set_aside().await;
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
        tokio::task::block_in_place(|| {
            for _ in 0..kills(backend) {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let host = Process::serve(BINARY, home.path(), &url);
                let (told, answers) = mpsc::channel();
                std::thread::scope(|scope| {
                    for _ in 0..CLIENTS {
                        let (ledger, address, token, told) = (&ledger, host.address().to_owned(), &token, told.clone());
                        scope.spawn(move || ledger.send_until_it_dies(&address, token, &told));
                    }
                    // Some answers, then a moment that falls anywhere within the next request.
                    for _ in 0..(chance >> 60) {
                        answers.recv().unwrap();
                    }
                    for _ in 0..(chance >> 32) % 3_000_000 {
                        std::hint::spin_loop();
                    }
                    host.kill();
                });
            }
            let host = Process::serve(BINARY, home.path(), &url);
            let mut connection = Connection::open(host.address(), &token).unwrap();
            for batch in ledger.unanswered.lock().unwrap().drain(..) {
                let (status, answer) = connection.post("/v1/marketplaces/olist/events", &json!(batch).to_string()).unwrap();
                assert_eq!((status, &answer["rejected"]), (200, &json!([])));
                ledger.acknowledged.fetch_add(batch.len(), Ordering::Relaxed);
            }
            host.kill();
        });
        let test = rest.taken_up().await;
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (ledger.acknowledged.into_inner(), vec![]));
        test.drain().await;
        let due = andon_tests::Picture::of(&test).await;
        assert!(due.merchants.values().all(|m| m.verdict.is_some()), "everybody is judged in the end");
    }
}
