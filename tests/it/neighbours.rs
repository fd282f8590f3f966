//! Two marketplaces on one host: rules that loop, or take all that they may, hold up nobody but their own. Counted in fuel and not
//! in time: a transaction of the writer's, which all marketplaces share, waits for so much of it and no more.

use andon::options::Options;
use andon::pipeline::accept::Outcome;
use andon::rules::Protection;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, good_orders, placed};
use andon_tests::{Answer, Backend, Door, TestApp, guests, on_both, options};
use serde_json::{Value, json};

const LOUD: &str = "loud";
const ORDERS: usize = 300;

/// A marketplace under rules that behave and another, with orders of its own, under rules that do not. Answers how many orders
/// those were asked about in the transaction that brought them in, and the fuel that took.
async fn neighbours(backend: Backend, component: &[u8], mode: &str) -> (TestApp, (u64, u64)) {
    let test = TestApp::with(backend, Options { lanes: 1, ..options() }).await;
    test.install(guests::amazon()).await;
    test.install(component).await;
    test.create_market("olist", RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
    let settings = [("mode".to_owned(), mode.to_owned())].into();
    test.create_market(LOUD, RulesSetup { rules: Some("hostile".into()), settings, ..RulesSetup::default() }).await;
    let loud: Vec<Value> = (0..ORDERS).map(|i| placed(&format!("o{i}"), "m", NOW - DAY)).collect();
    let ours = good_orders("m", 30, NOW - 20 * DAY);
    let (theirs, ours) = tokio::join!(test.accept_in(LOUD, &loud), test.accept(&ours));
    assert!(theirs.iter().chain(&ours).all(|outcome| *outcome == Outcome::Accepted), "{mode}");
    let asked = classified(&test);
    (test, asked)
}

/// Orders that the loud rules were asked about so far, and the fuel that took.
fn classified(test: &TestApp) -> (u64, u64) {
    test.app.markets.get(LOUD).unwrap().generation.as_ref().unwrap().judge.classified().read()
}

async fn health(test: &TestApp, market: &str) -> Answer {
    Door::new(test).operator().get(&format!("/v1/marketplaces/{market}/merchants/m/health")).await
}

/// The allowance, and one call that began within it.
fn most() -> u64 {
    2 * Protection::default().transaction_fuel
}

on_both! {
    async fn rules_that_loop_hold_up_nobody(backend) {
        for component in [guests::hostile().to_vec(), guests::hostile_padded()] {
            let (test, (asked, fuel)) = neighbours(backend, &component, "loop").await;
            assert!((1..10).contains(&asked) && fuel <= most(), "{asked} orders, {fuel} fuel");
            test.drain().await;
            let ours = health(&test, "olist").await.ok();
            assert_eq!(ours["stale"], json!(false), "{ours}");
            assert!(ours["verdict"].is_string(), "{ours}");
            // Whatever is left is asked about until the rules are left alone.
            test.app.drain(LOUD).await.unwrap();
            let (asked, fuel) = classified(&test);
            assert!(asked < 100 && fuel <= 6 * most(), "{asked} orders, {fuel} fuel");
            assert_eq!(health(&test, LOUD).await.short(), "503 rules-failed", "there never was a verdict");
        }
    }

    async fn rules_that_take_all_they_may_hold_up_nobody(backend) {
        let (test, (asked, fuel)) = neighbours(backend, &guests::hostile_padded(), "slower").await;
        assert!((10..200).contains(&asked) && fuel <= most(), "{asked} orders, {fuel} fuel");
        test.drain().await;
        let ours = health(&test, "olist").await.ok();
        assert_eq!((&ours["stale"], ours["verdict"].is_string()), (&json!(false), true), "{ours}");
        // A part in each turn; in the end all of it is counted, once.
        test.app.drain(LOUD).await.unwrap();
        let theirs = health(&test, LOUD).await.ok();
        assert_eq!((&theirs["stale"], &theirs["metrics"][1]["numerator"]), (&json!(false), &json!(ORDERS)), "{theirs}");
    }
}
