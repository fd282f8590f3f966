//! Ledgers: what is entered, that it stays, and that whatever is changed behind the host's back is found and named.

mod append;
mod entered;
mod tampered;

use andon::ledger::audit::{Audit, Published, audit};
use andon::store::ledger::{Head, Wanted};
use andon_domain::ledger::Record;
use andon_tests::events::{DAY, NOW, event, placed, rated};
use andon_tests::{Backend, MARKET, TestApp};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

/// A change of an order's feedback, a day after NOW's yesterday and `n` milliseconds.
fn changed(order: &str, n: i64, state: &str, actor: Option<&str>) -> Value {
    let data = json!({"state": state, "reason": format!("for {state}"), "actor": actor});
    event(&format!("{order}-{n}-{state}"), "feedback.changed", order, NOW - DAY + n, data)
}

/// A host whose marketplace has no rules, and three orders rated by their buyers, two of them struck: four entries.
async fn struck(backend: Backend) -> TestApp {
    let test = TestApp::bare(backend).await;
    test.create_market(MARKET, andon::setup::RulesSetup { notice_days: Some(20), ..Default::default() }).await;
    let orders = ["a", "b", "c"];
    for order in orders {
        // Two lanes that make one merchant known use up two numbers, and the merchant's must be 1.
        test.accept(&[placed(order, "m", NOW - 9 * DAY)]).await;
    }
    test.accept(&orders.map(|order| rated(order, 1, NOW - 5 * DAY))).await;
    test.accept(&[changed("a", 0, "struck", Some("reviewer-1"))]).await;
    // Events about different orders of one request may be entered in any order, so each is sent by itself.
    test.accept(&[changed("b", 0, "struck", Some("reviewer-1"))]).await;
    test.accept(&[changed("a", 1, "counted", Some("reviewer-2"))]).await;
    test
}

/// All entries, oldest first.
async fn entries(test: &TestApp, market: &str) -> Vec<Record> {
    let id = test.app.markets.get(market).unwrap().id;
    let mut newest = test.app.store.ledger(id, &Wanted::default(), None, 10_000).await.unwrap();
    newest.reverse();
    newest
}

async fn checked(test: &TestApp, published: Option<Published>) -> Audit {
    audit(&test.app.store, test.market().id, MARKET, published).await.unwrap()
}

async fn problems(test: &TestApp) -> Vec<String> {
    checked(test, None).await.problems
}

async fn published(test: &TestApp) -> Published {
    let Head { size, root, .. } = test.app.store.ledger_head(test.market().id).await.unwrap();
    Published { size, root }
}

/// Plain SQL, past the host.
async fn sql(test: &TestApp, sql: &str) {
    test.app.store.db().execute_unprepared(sql).await.unwrap_or_else(|e| panic!("{e}: {sql}"));
}
