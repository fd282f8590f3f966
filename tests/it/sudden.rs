//! kill -9 at named points of what enforcement writes: after the verdict, before the ledger, before the outbox, in the middle of a
//! reversal, after the commit and before the answer. No decision without its entry, none twice, and the state is the ledger's.

use std::collections::{BTreeMap, BTreeSet};

use andon::auth::{Grant, Policy, Scope, TrialKey, install_crypto};
use andon::clock::{Clock, SystemClock};
use andon::ledger::audit::audit;
use andon_tests::events::{DAY, event, placed, rated};
use andon_tests::process::{Connection, Process};
use andon_tests::{Backend, MARKET, TestApp, on_both};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

const POINTS: [&str; 6] = [
    "evaluate::after-verdict",
    "desk::before-ledger",
    "desk::before-outbox",
    "desk::after-outbox",
    "desk::mid-move",
    "lane::after-commit",
];

const MERCHANTS: usize = 7;

/// Two hundred on SQLite, whose file is all there is.
fn kills(backend: Backend) -> usize {
    if backend == Backend::Sqlite { 200 } else { 30 }
}

/// A request, to be sent again under the same key until it is answered.
#[derive(Clone)]
struct Request {
    key: usize,
    path: String,
    body: Value,
    by_bob: bool,
}

/// Everything that people do, and what they were told came of it.
#[derive(Default)]
struct Work {
    next: usize,
    unanswered: Option<Request>,
    /// Taken and not yet undone, and all that were ever acknowledged.
    taken: Vec<String>,
    acknowledged: BTreeSet<String>,
}

impl Work {
    /// What was never answered first; then a measure, its reversal by somebody else, or orders that go wrong.
    fn request(&mut self) -> Request {
        if let Some(again) = self.unanswered.take() {
            return again;
        }
        self.next += 1;
        let (key, merchant) = (self.next, format!("m{}", self.next % MERCHANTS));
        let market = format!("/v1/marketplaces/{MARKET}");
        match key % 3 {
            0 if !self.taken.is_empty() => {
                let path = format!("{market}/enforcements/{}/reverse", self.taken.remove(0));
                Request { key, path, body: json!({"reason": "It was not so."}), by_bob: true }
            }
            1 => {
                let at = SystemClock.now() - 20 * DAY;
                let orders = (0..3).map(|i| (format!("o{key}-{i}"), at + i));
                let events = orders.flat_map(|(order, at)| {
                    let shipped =
                        event(&format!("{order}-shipped"), "order.shipped", &order, at + DAY, json!({"tracking": "T1"}));
                    [placed(&order, &merchant, at), shipped, rated(&order, 1, at + 2 * DAY)]
                });
                Request { key, path: format!("{market}/events"), body: events.collect(), by_bob: false }
            }
            _ => {
                let action = ["suspend", "hold-payouts", "restrict"][key / 3 % 3];
                let body = json!({"merchant": merchant, "action": action, "reason": "complaints", "note": "Buyers complain."});
                Request { key, path: format!("{market}/enforcements"), body, by_bob: false }
            }
        }
    }

    /// Sends until the host dies, or for long enough that this point will not be reached.
    fn go_on(&mut self, address: &str, tokens: &[String; 2]) {
        // It may have died already, over what was due when it started.
        let [Ok(ann), Ok(bob)] = tokens.each_ref().map(|token| Connection::open(address, token)) else { return };
        let mut connections = [ann, bob];
        for _ in 0..60 {
            let request = self.request();
            let line = format!("idempotency-key: \"a-request-of-its-own-{}\"\r\n", request.key);
            let sent = connections[usize::from(request.by_bob)].post_with(&request.path, &line, &request.body.to_string());
            match sent {
                Ok((201, answer)) => {
                    let id = answer["id"].as_str().unwrap().to_owned();
                    self.taken.push(id.clone());
                    self.acknowledged.insert(id);
                }
                // Done before its answer was lost, or by somebody's earlier measure.
                Ok((200 | 409, _)) => {}
                Ok((status, answer)) => panic!("{} {status} {answer}", request.path),
                Err(_) => {
                    self.unanswered = Some(request);
                    return;
                }
            }
        }
    }
}

async fn rows(test: &TestApp, sql: &str) -> Vec<(String, String)> {
    let db = test.app.store.db();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| (row.try_get("", "kind").unwrap(), row.try_get("", "said").unwrap())).collect()
}

/// How often each enforcement came to each stage.
fn moves(rows: Vec<(String, String)>) -> BTreeMap<(String, String, String), usize> {
    let mut all = BTreeMap::new();
    for (kind, said) in rows {
        let said: Value = serde_json::from_str(&said).unwrap();
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        *all.entry((kind, text("enforcement"), text("stage"))).or_insert(0) += 1;
    }
    all
}

on_both! {
    async fn no_decision_is_without_its_entry_or_there_twice(backend) {
        let test = TestApp::new(backend).await;
        let (url, home) = (test.database_url().to_owned(), tempfile::tempdir().unwrap());
        install_crypto();
        let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
        let key = TrialKey::of_home(home.path()).unwrap();
        let tokens = ["ann", "bob"].map(|name| {
            let scopes = vec![Scope::EventsWrite, Scope::EnforcementsReview];
            let grant = Grant { subject: name.into(), scopes, marketplaces: vec![MARKET.into()], merchant: None, seconds: 3_000 };
            key.sign(&grant, &policy, SystemClock.now()).unwrap()
        });
        let orders = (0..MERCHANTS).map(|i| placed(&format!("first-{i}"), &format!("m{i}"), andon_tests::events::NOW - DAY));
        test.accept(&orders.collect::<Vec<_>>()).await;
        let (rest, mut work) = (test.set_aside().await, Work::default());
        tokio::task::block_in_place(|| {
            for kill in 0..kills(backend) {
                let point = format!("{}:{}", POINTS[kill % POINTS.len()], 1 + kill / POINTS.len() % 4);
                let host = Process::serve_until(&point, BINARY, home.path(), &url);
                work.go_on(host.address(), &tokens);
                host.kill();
            }
        });
        let test = rest.taken_up().await;
        let found = audit(&test.app.store, test.market().id, MARKET, None).await.unwrap();
        assert_eq!(found.problems, Vec::<String>::new());
        let entries = moves(rows(&test, "select kind, after as said from ledger where kind like 'enforcement.%'").await);
        let messages = moves(rows(&test, "select kind, data as said from outbox where kind like 'enforcement.%'").await);
        let told = entries.clone().into_iter().filter(|((kind, ..), _)| kind != "enforcement.observed").collect();
        assert_eq!(messages, told, "each entry's message is there once");
        let reversals = entries.iter().filter(|((.., stage), _)| stage == "reversed");
        assert!(reversals.clone().count() > 0 && reversals.into_iter().all(|(_, times)| *times == 1));
        let known: BTreeSet<&String> = entries.keys().map(|(_, id, _)| id).collect();
        // How many get through before a host dies hangs on how busy the machine is.
        assert!(work.acknowledged.len() > kills(backend) / 10, "{}", work.acknowledged.len());
        assert!(work.acknowledged.iter().all(|id| known.contains(id)), "what was acknowledged is there");
    }
}
