//! Generations of rules: built while events arrive, switched and taken back, watched in the shadow, rolled out, announced.

mod announced;
mod build;
mod failing;
mod killed;
mod rollout;
mod shadow;
mod switch;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon::markets::Market;
use andon::setup::{RulesSetup, Wanted};
use andon_domain::rollout::{Plan, State};
use andon_tests::events::{DAY, NOW, good_orders, placed, rated};
use andon_tests::{Backend, MARKET, TestApp, guests};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::Value;

/// Restrictions are proposed on the 31st day of a breach, not the seventh: who is restricted would be at risk only.
const LENIENT: [(&str, &str); 1] = [("preview-days", "31")];

/// Claims that were denied or withdrawn count too: orders are classified otherwise.
const ALL_CLAIMS: [(&str, &str); 1] =
    [("counted-claim-states", "open refunded-by-merchant granted granted-at-platform-cost denied withdrawn")];

fn settings(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Amazon's rules with settings, for a plan.
fn wanted(of: &[(&str, &str)], plan: Plan) -> Wanted {
    Wanted { rules: "amazon@0.1.0".into(), settings: Some(settings(of)), plan, author: "somebody".into() }
}

fn share(share: u8) -> Plan {
    Plan { share, ..Plan::default() }
}

/// A host whose marketplace was judged by amazon's rules with these settings from the start.
async fn from_the_start(backend: Backend, of: &[(&str, &str)]) -> TestApp {
    let test = TestApp::bare(backend).await;
    test.install(guests::amazon()).await;
    let rules = Some("amazon".into());
    test.create_market(MARKET, RulesSetup { rules, settings: settings(of), ..RulesSetup::default() }).await;
    test
}

async fn begin(test: &TestApp, wanted: Wanted) -> i64 {
    test.app.begin(MARKET, wanted).await.unwrap().1
}

/// Takes amazon's rules, as they were last changed, out of force.
async fn roll_back(test: &TestApp) -> Arc<Market> {
    let digest = test.market().generation.as_ref().unwrap().judge.digest().to_owned();
    test.app.roll_back(MARKET, &digest, "somebody").await.unwrap().0
}

fn state(test: &TestApp, id: i64) -> Option<State> {
    test.market().lineup.get(id).map(|entry| entry.state)
}

/// Events of each merchant of [`shops`], good and bad ones alike.
const EVENTS: usize = 30 * 4 + 4;

/// `pairs` merchants who are restricted, since three of their thirty orders were rated 1, and as many good ones; judged until
/// nothing changes any more.
async fn shops(backend: Backend, pairs: usize) -> TestApp {
    let test = TestApp::new(backend).await;
    let merchants: Vec<String> = (0..pairs).flat_map(|i| [format!("bad-{i}"), format!("good-{i}")]).collect();
    for merchant in &merchants {
        let stars = if merchant.starts_with("bad") { 1 } else { 5 };
        let mut events = good_orders(merchant, 30, NOW - 20 * DAY);
        events.extend((0..3).map(|n| rated(&format!("{merchant}-{n}"), stars, NOW - 15 * DAY)));
        test.accept(&events).await;
    }
    test.drain().await;
    // A verdict is shown the standing before it, so the second is the one that stays.
    test.accept(&merchants.iter().map(|m| placed(&format!("{m}-more"), m, NOW - 16 * DAY)).collect::<Vec<_>>()).await;
    test.drain().await;
    test
}

/// The first column of every row, a text.
async fn lines(test: &TestApp, sql: &str) -> Vec<String> {
    let db = test.app.store.db();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// How every merchant stands, to the number of its verdict.
async fn standing(test: &TestApp) -> Vec<String> {
    let text = |column: &str| format!("coalesce(cast({column} as text), '-')");
    let columns =
        ["m.ref", "standing", "level", "since", "projected", "score", "statuses", "judged_day", "v.seq", "v.generation"];
    let columns = columns.map(text).join(" || ' ' || ");
    lines(test, &format!("select {columns} from merchants m left join verdicts v on v.id = m.verdict order by 1")).await
}

/// References of the merchants whose newest verdict is a generation's.
async fn ruled_by(test: &TestApp, generation: i64) -> Vec<String> {
    let sql =
        format!("select m.ref from merchants m join verdicts v on v.id = m.verdict where v.generation = {generation} order by 1");
    lines(test, &sql).await
}

/// References of the merchants with a standing.
async fn with_standing(test: &TestApp, code: &str) -> Vec<String> {
    lines(test, &format!("select ref from merchants where standing = '{code}' order by 1")).await
}

async fn audited(test: &TestApp, events: usize) {
    let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
    assert_eq!((audit.events, audit.differences), (events, vec![]));
}

/// So many lives of orders, the same every time, as events.
fn lives(count: usize) -> Vec<Value> {
    use proptest::strategy::{Strategy, ValueTree};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let lives = proptest::collection::vec(crate::flow::life(), count);
    crate::flow::whole(&lives.new_tree(&mut runner).unwrap().current())
}
