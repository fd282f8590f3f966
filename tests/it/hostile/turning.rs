//! Rules that were sound when they were taken in and turn dear, or talkative, or are exchanged while they are asked, in a whole host
//! on both databases.

use andon::options::Options;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, good_orders, placed};
use andon_tests::{Door, MARKET, TestApp, guests, on_both, options};
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::guest;
use super::house::{MARKETPLACE, health, hostile, order, turn};

/// Half a day after the tests' clock begins: until then the hostile rules are `patient`.
const PATIENCE: i64 = NOW + DAY / 2;

/// Another marketplace on the same host, under rules that behave.
const NEIGHBOUR: &str = "beside";

async fn with_neighbour(test: &TestApp) {
    test.install(guests::amazon()).await;
    test.create_market(NEIGHBOUR, RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
}

/// The neighbour's merchants are judged as if nothing were the matter.
async fn neighbour_is_served(test: &TestApp) {
    test.accept_in(NEIGHBOUR, &good_orders("m", 3, NOW - 20 * DAY)).await;
    test.app.drain(NEIGHBOUR).await.unwrap();
    let theirs = Door::new(test).operator().get(&format!("/v1/marketplaces/{NEIGHBOUR}/merchants/m/health")).await.ok();
    assert_eq!((&theirs["stale"], theirs["verdict"].is_string()), (&json!(false), true), "{theirs}");
}

/// Facts that the rules in force were asked about so far, and the fuel that took.
fn classified(test: &TestApp) -> (u64, u64) {
    test.market().generation.as_ref().unwrap().judge.classified().read()
}

/// Judges everybody who is due; answers what the dearest in a hundred calls took for a merchant, as whoever watches the host sees it.
async fn dearest(test: &TestApp) -> f64 {
    let (scheduler, runtime) = (test.app.scheduler(), Handle::current());
    let work = move || {
        let recorder = PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || scheduler.drain(MARKET, &runtime)).unwrap();
        recorder.handle().render()
    };
    let figures = tokio::task::spawn_blocking(work).await.unwrap();
    let parts = ["andon_plugin_fuel{", r#"rules="hostile""#, r#"call="evaluate""#, r#"quantile="0.99""#];
    let line = figures.lines().find(|line| parts.iter().all(|part| line.contains(part)));
    line.and_then(|line| line.rsplit(' ').next()).unwrap_or_else(|| panic!("{figures}")).parse().unwrap()
}

/// Faults of a plugin that are not over, as they are listed.
async fn listed(test: &TestApp, plugin: &str) -> Vec<Value> {
    let page = Door::new(test).operator().get(&format!("/v1/plugins/{plugin}/versions/0.1.0/faults?limit=100")).await.ok();
    page["items"].as_array().unwrap().clone()
}

on_both! {
    /// Nobody who tried them out saw it: they behave until some moment, and from then on every order is dear.
    async fn p26_rules_that_turn_dear_lose_nothing_and_rest(backend) {
        let (test, client) = hostile(backend).await;
        with_neighbour(&test).await;
        turn(&test, &client, "patient").await;
        let early: Vec<Value> = (0..20).map(|i| order(i, &format!("m{i}"), 1)).collect();
        test.accept(&early).await;
        test.drain().await;
        let (before, (asked, cheap)) = (health(&client, "m7").await, classified(&test));
        assert_eq!(before["stale"], false);
        drop(client);

        test.clock.set(PATIENCE);
        for i in 20..40 {
            test.accept(&[order(i, &format!("m{i}"), 1)]).await;
        }
        let mut faults = test.faults().await;
        faults.sort();
        assert_eq!(faults, [vec!["E_FUEL"; 5], vec!["E_RESTING"; 15]].concat(), "five failures open the breaker");
        let (more, dear) = classified(&test);
        assert!((dear - cheap) / (more - asked) > 50 * (cheap / asked), "{cheap} for {asked}, {dear} for {more}");
        test.drain().await;
        let client = Door::new(&test).operator();
        let after = health(&client, "m7").await;
        let kept = |health: &Value| [&health["verdict"], &health["standing"], &health["metrics"][1]["numerator"]].map(Value::clone);
        assert_eq!(kept(&after), kept(&before), "what was answered while they were cheap stands");
        assert_eq!(client.get(&format!("{MARKETPLACE}/merchants/m25/health")).await.short(), "503 rules-failed");
        neighbour_is_served(&test).await;

        // All facts are there, and judged as soon as the rules behave.
        client.patch(MARKETPLACE, &json!({"settings": {"mode": ""}})).await.ok();
        drop(client);
        test.clock.advance(10 * 60_000);
        test.drain().await;
        let client = Door::new(&test).operator();
        for merchant in ["m7", "m25", "m39"] {
            let health = health(&client, merchant).await;
            assert_eq!((&health["stale"], &health["metrics"][1]["numerator"]), (&json!(false), &json!(1)), "{merchant}: {health}");
        }
        assert_eq!(test.faults().await, Vec::<String>::new());
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (41, vec![]));
    }

    /// Cheap for a merchant of few orders, dear from the next one on: the sums since the start hide it, the last minute shows it.
    async fn p26_what_rules_take_of_late_is_shown(backend) {
        let (test, client) = hostile(backend).await;
        turn(&test, &client, "poison").await;
        test.accept(&[order(1, "new", 700)]).await;
        let cheap = dearest(&test).await;
        test.accept(&[order(2, "new", 700)]).await;
        let dear = dearest(&test).await;
        assert!(cheap > 0.0 && dear > 50.0 * cheap, "{cheap}, then {dear}");
        assert_eq!(test.faults().await, ["E_FUEL"]);
    }

    /// The only words that rules have are those of a fault: cut, plain, told once for each fact, and nobody waits for them.
    async fn p47_floods_of_words_are_cut_where_they_are_kept(backend) {
        // Of several lanes, whoever comes second finds the rules at rest.
        let test = TestApp::with(backend, Options { lanes: 1, ..options() }).await;
        let flood = "secret\r\n\u{1b}[31m\u{202e}<script>".repeat(4_000);
        let talkative = guest().answering("classify", json!({"err": {"facts": flood}})).pages(16);
        test.install(&talkative.component()).await;
        with_neighbour(&test).await;
        test.create_market(MARKET, RulesSetup { rules: Some("text".into()), ..RulesSetup::default() }).await;
        let orders: Vec<Value> = (0..300).map(|i| placed(&format!("o{i}"), &format!("m{i}"), NOW - DAY)).collect();
        test.accept(&orders).await;
        test.drain().await;
        let (asked, _) = classified(&test);
        let faults = listed(&test, "text").await;
        assert_eq!((asked, faults.len()), (300, 100), "the first page of them");
        for fault in &faults {
            let told = fault["message"].as_str().unwrap();
            assert_eq!(fault["code"], "E_FACTS");
            assert!(told.len() < 600 && !told.contains(|c: char| c.is_control() || c == '\u{202e}'), "{told:?}");
        }
        // Asked again, they are not even asked.
        test.accept(&[placed("late", "late", NOW - DAY)]).await;
        assert_eq!((classified(&test).0, test.faults().await.iter().filter(|code| *code == "E_RESTING").count()), (asked, 1));
        neighbour_is_served(&test).await;
    }

    /// Whatever is put in force or taken back while events come in: each verdict names the version that gave it, and that version
    /// gives it again.
    async fn p48_versions_exchanged_while_events_come_in(backend) {
        let (test, client) = hostile(backend).await;
        test.install(&guests::hostile_with("version:0.1.0", "version:0.2.0")).await;
        let send = async {
            for i in 0..40 {
                test.accept(&[order(i, &format!("m{}", i % 4), 1)]).await;
            }
        };
        let exchange = async {
            for version in ["0.2.0", "0.1.0", "0.2.0"] {
                client.patch(MARKETPLACE, &json!({"rules": format!("hostile@{version}")})).await.ok();
                test.drain().await;
                let judged = health(&client, "m").await;
                assert_eq!((&judged["rules"]["version"], &judged["stale"]), (&json!(version), &json!(false)), "{judged}");
            }
        };
        tokio::join!(send, exchange);
        test.drain().await;
        for merchant in 0..4 {
            let judged = health(&client, &format!("m{merchant}")).await;
            assert_eq!((&judged["stale"], &judged["metrics"][1]["numerator"]), (&json!(false), &json!(10)), "{judged}");
            let path = format!("/v1/verdicts/{}", judged["verdict"].as_str().unwrap());
            assert_eq!(client.get(&path).await.ok()["rules"]["version"], "0.2.0");
            assert_eq!(client.post(&format!("{path}/replay"), &json!({})).await.ok()["equal"], true);
        }
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (41, vec![]));
    }
}
