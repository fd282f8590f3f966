//! The rule of the house, in a whole host on both databases: whatever the rules do, facts are kept, the old verdict stands and is
//! shown as stale, the fault is named, nobody else is held up, and once they behave again all is well.

use std::collections::BTreeSet;

use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{Backend, Client, Door, MARKET, TestApp, guests, on_both};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{DEAR, guest, refused};

pub(super) const MARKETPLACE: &str = "/v1/marketplaces/olist";

/// A host judged by rules that misbehave when they are told to, with one order in it and its verdict.
pub(super) async fn hostile(backend: Backend) -> (TestApp, Client) {
    let test = TestApp::bare(backend).await;
    test.install(guests::hostile()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..Default::default() }).await;
    test.accept(&[placed("o", "m", NOW - DAY)]).await;
    test.drain().await;
    let client = Door::new(&test).operator();
    (test, client)
}

/// Has the rules behave so from now on, and judges everybody anew.
pub(super) async fn turn(test: &TestApp, client: &Client, mode: &str) {
    client.patch(MARKETPLACE, &json!({"settings": {"mode": mode}})).await.ok();
    test.drain().await;
}

pub(super) async fn health(client: &Client, merchant: &str) -> Value {
    client.get(&format!("{MARKETPLACE}/merchants/{merchant}/health")).await.ok()
}

pub(super) fn order(number: usize, merchant: &str, units: u32) -> Value {
    let mut placed = placed(&format!("o{number}"), merchant, NOW - DAY);
    placed["data"]["units"] = json!(units);
    placed
}

on_both! {
    async fn p23_p28_p30_p36_p43_a_fault_is_never_a_verdict(backend) {
        let (test, client) = hostile(backend).await;
        let sound = health(&client, "m").await;
        assert_eq!(sound["stale"], false);
        for (number, (mode, code)) in [
            ("trap", "E_TRAP"), ("loop", "E_FUEL"), ("eat-memory", "E_MEMORY"), ("recurse", "E_STACK"),
            ("few-answers", "E_OUTPUT"), ("huge-answer", "E_OUTPUT"), ("not-utf8", "E_OUTPUT"), ("facts", "E_FACTS"),
        ].into_iter().enumerate() {
            turn(&test, &client, mode).await;
            let stale = health(&client, "m").await;
            assert_eq!((&stale["stale"], &stale["proposals"]), (&json!(true), &json!([])), "{mode}: {stale}");
            assert_eq!(stale["standing"], sound["standing"], "{mode}: nothing moves");
            assert!(stale["verdict"].is_string(), "{mode}: the old verdict stands");
            // What comes in while they fail is kept.
            let day = NOW - DAY + number as i64 + 1;
            let shipped = event(&format!("s{number}"), "order.shipped", "o", day, json!({"tracking": format!("T{number}")}));
            assert_eq!(client.post(&format!("{MARKETPLACE}/events"), &shipped).await.ok()["accepted"], 1, "{mode}");
            test.drain().await;
            assert_eq!(health(&client, "m").await["verdict"], stale["verdict"], "{mode}");
            let faults: BTreeSet<String> = test.faults().await.into_iter().collect();
            assert_eq!(faults, BTreeSet::from([code.to_owned()]), "{mode}");
            let told = client.get("/v1/plugins/hostile/versions/0.1.0/faults").await.ok();
            for fault in told["items"].as_array().unwrap() {
                assert!(fault["fuel"].as_i64().unwrap() > 0, "{mode}: {fault}");
                assert_eq!((fault["input"].as_str().unwrap().len(), &fault["code"]), ("sha256:".len() + 64, &json!(code)), "{mode}");
            }
            turn(&test, &client, "").await;
            assert_eq!((health(&client, "m").await["stale"].clone(), test.faults().await.len()), (json!(false), 0), "after {mode}");
        }
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (9, vec![]));
    }

    async fn p27_p43_data_that_is_dear_to_judge_costs_only_its_merchant(backend) {
        let (test, client) = hostile(backend).await;
        turn(&test, &client, "poison").await;
        let events: Vec<Value> = (0..60).map(|i| order(i, &format!("m{}", i % 6), if i % 20 == 7 { DEAR } else { 1 })).collect();
        test.accept(&events).await;
        test.drain().await;
        // Orders 7, 27 and 47 are of merchants 1, 3 and 5.
        for merchant in 0..6 {
            let health = health(&client, &format!("m{merchant}")).await;
            assert_eq!(health["stale"], json!(merchant % 2 == 1), "m{merchant}: {health}");
        }
        assert_eq!(test.faults().await, ["E_FUEL"; 3]);
    }

    async fn p27_merchants_that_are_dear_to_judge_cost_nobody_behind_them_a_verdict(backend) {
        let (test, client) = hostile(backend).await;
        turn(&test, &client, "poison").await;
        // Two orders of 700 are more than the rules can judge, and neither is more than they can classify.
        let dear: Vec<Value> = (0..6).map(|i| order(i, &format!("dear{}", i % 3), 700)).collect();
        test.accept(&dear).await;
        let fine: Vec<Value> = (6..12).map(|i| order(i, &format!("m{i}"), 1)).collect();
        test.accept(&fine).await;
        test.drain().await;
        for merchant in 6..12 {
            let health = health(&client, &format!("m{merchant}")).await;
            assert_eq!((&health["stale"], &health["fault"]), (&json!(false), &Value::Null), "m{merchant}: {health}");
            assert!(health["verdict"].is_string(), "m{merchant}: {health}");
        }
        assert_eq!(test.faults().await, ["E_FUEL"; 3]);
    }

    async fn p42_text_that_others_might_run_is_answered_as_data(backend) {
        let test = TestApp::bare(backend).await;
        let text = "<script>alert(1)</script>=cmd|'/C calc'!A0";
        test.install(&guest().declaring(|manifest| manifest["wording"][1][2] = json!(text)).component()).await;
        test.create_market(MARKET, RulesSetup { rules: Some("text".into()), ..Default::default() }).await;
        test.accept(&[placed("o", "m", NOW - DAY)]).await;
        test.drain().await;
        let answer = Door::new(&test).operator().get(&format!("{MARKETPLACE}/merchants/m/health")).await;
        assert_eq!(answer.ok()["metrics"][0]["title"], text);
        assert_eq!((answer.header("content-type"), answer.header("x-content-type-options")), ("application/json", "nosniff"));
    }

    /// Whoever sends while rules are exchanged finds each event judged once, by the rules that are in force in the end.
    async fn p48_rules_exchanged_while_events_come_in(backend) {
        let (test, client) = hostile(backend).await;
        let send = async {
            for i in 0..40 {
                test.accept(&[order(i, "m", 2)]).await;
            }
        };
        let exchange = async {
            for mode in ["trap", "remember", "poison", "few-answers", "bad-cause", ""] {
                client.patch(MARKETPLACE, &json!({"settings": {"mode": mode}})).await.ok();
            }
        };
        tokio::join!(send, exchange);
        // What failed in between, or waits because the rules rest, is asked again.
        drop(client);
        test.clock.advance(10 * 60_000);
        test.drain().await;
        let client = Door::new(&test).operator();
        let health = health(&client, "m").await;
        assert_eq!((&health["stale"], &health["metrics"][1]["numerator"]), (&json!(false), &json!(81)), "{health}");
        assert_eq!(test.faults().await.len(), 0);
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (41, vec![]));
    }

    async fn p15_the_same_bytes_twice_at_once(backend) {
        let test = TestApp::bare(backend).await;
        let component = guest().component();
        let add = async || test.app.registry.add(component.clone(), NOW).await.unwrap();
        let (one, other) = tokio::join!(add(), add());
        assert_eq!(one.digest(), other.digest());
        assert_eq!(test.app.store.components_named("text").await.unwrap().len(), 1);
        let changed = guest().with("(func)").component();
        let refused = test.app.registry.add(changed, NOW).await.unwrap_err().to_string();
        assert!(refused.contains("text@0.1.0"), "{refused}");
        let again = test.app.registry.by_digest(one.digest()).await.unwrap();
        assert_eq!(again.digest(), one.digest(), "what was there is what it was");
    }
}

#[test]
fn p5_compressed_bytes_are_not_unpacked() {
    use std::io::Write;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&vec![0; 100 << 20]).unwrap();
    refused(&packed.finish().unwrap(), "E_INVALID", "is not WebAssembly");
    let sound = zstd::encode_all(&guest().component()[..], 1).unwrap();
    refused(&sound, "E_INVALID", "is not WebAssembly");
}
