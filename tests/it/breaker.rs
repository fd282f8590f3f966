//! Plugins that fail, answer differently each time, or are slow, over time: they rest, they are quarantined, and they hold up nobody
//! but their own marketplace.

use andon::options::Options;
use andon::rules::{BreakerPolicy, Protection};
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, placed};
use andon_tests::guests::{amazon, hostile};
use andon_tests::{Backend, Client, Door, MARKET, TestApp, on_both, options};
use serde_json::{Value, json};

const VERSION: &str = "/v1/plugins/hostile/versions/0.1.0";
const HEALTH: &str = "/v1/marketplaces/olist/merchants/m/health";

/// A marketplace under rules that behave, with one judged order, protected as given.
async fn behaving(backend: Backend, protection: Protection) -> TestApp {
    let test = TestApp::with(backend, Options { protection, ..options() }).await;
    test.install(hostile()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
    test.accept(&[placed("first", "m", NOW - DAY)]).await;
    test.drain().await;
    test
}

async fn misbehave(test: &TestApp, mode: &str) {
    let changed = json!({"settings": {"mode": mode}});
    Door::new(test).operator().patch("/v1/marketplaces/olist", &changed).await.ok();
}

async fn version(test: &TestApp) -> Value {
    Door::new(test).operator().get(VERSION).await.ok()
}

fn orders(names: std::ops::Range<usize>) -> Vec<Value> {
    names.map(|i| placed(&format!("o{i}"), "m", NOW - DAY)).collect()
}

/// Lets the plugin fail on one order after the other until it rests for the n-th time in a row, and its rest is over.
async fn rest(test: &TestApp, next: &mut usize, rests: u64) {
    loop {
        test.accept(&orders(*next..*next + 1)).await;
        *next += 1;
        let now = version(test).await["breaker"].clone();
        if now["rests"] == rests {
            let until = chrono::DateTime::parse_from_rfc3339(now["resting_until"].as_str().unwrap()).unwrap();
            return test.clock.set(until.timestamp_millis());
        }
    }
}

on_both! {
    async fn a_plugin_that_never_recovers_is_quarantined_and_stays_so(backend) {
        let test = behaving(backend, Protection::default()).await;
        let verdict = Door::new(&test).operator().get(HEALTH).await.ok()["verdict"].clone();
        misbehave(&test, "trap").await;
        let mut next = 0;
        rest(&test, &mut next, 1).await;
        assert!(next <= 5, "five failures open it, those over the first order included");
        // While it rests it is not asked.
        test.clock.advance(-1);
        test.accept(&orders(next..next + 1)).await;
        next += 1;
        assert!(test.faults().await.contains(&"E_RESTING".to_owned()));
        test.clock.advance(1);
        rest(&test, &mut next, 2).await;

        // A restart forgets nothing.
        let test = test.restarted().await;
        assert_eq!(version(&test).await["breaker"]["rests"], 2);
        for rests in 3..=10 {
            rest(&test, &mut next, rests).await;
        }
        test.accept(&orders(next..next + 1)).await;
        let test = test.restarted().await;
        let given_up = version(&test).await;
        assert_eq!((&given_up["state"], &given_up["hold"]["by"]), (&json!("quarantined"), &json!("andon")));
        assert_eq!(given_up["hold"]["reason"], "it failed again after 10 rests");

        // Facts are taken in, nothing is asked, the last verdict stands, and nobody else may take these rules.
        test.clock.advance(DAY);
        test.accept(&orders(next + 1..next + 2)).await;
        test.drain().await;
        assert!(test.faults().await.contains(&"E_QUARANTINED".to_owned()));
        let operator = Door::new(&test).operator();
        let told = operator.get("/v1/marketplaces/olist/ledger?kind=plugin.quarantined").await.ok()["items"][0].clone();
        assert_eq!((&told["actor"], &told["reason"]), (&json!("andon"), &given_up["hold"]["reason"]), "whoever runs the host is told");
        let health = operator.get(HEALTH).await.ok();
        assert_eq!((&health["stale"], &health["verdict"]), (&json!(true), &verdict));
        assert_eq!(operator.get(&format!("{HEALTH}?as_of=2024-05-31T00:00:00Z")).await.short(), "503 rules-failed");
        let shop = json!({"code": "shop", "name": "Shop", "currency": "BRL", "time_zone": "UTC", "rules": "hostile"});
        assert_eq!(operator.post("/v1/marketplaces", &shop).await.short(), "409 conflict");
        // What has nothing to do with asking it can still be changed.
        operator.patch("/v1/marketplaces/olist", &json!({"overrides": {"sold": {"min_denominator": 3}}})).await.ok();
        assert_eq!(operator.patch("/v1/marketplaces/olist", &json!({"settings": {"mode": "score"}})).await.short(), "503 rules-failed");

        let released = operator.post(&format!("{VERSION}/release"), &json!({"reason": "mended"})).await.ok();
        assert_eq!((&released["state"], &released["breaker"]["rests"]), (&json!("active"), &json!(0)));
        operator.patch("/v1/marketplaces/olist", &json!({"settings": {"mode": ""}})).await.ok();
        drop(operator);
        // What failed on single orders is asked again minutes later.
        test.clock.advance(5 * 60 * 1000);
        test.drain().await;
        let operator = Door::new(&test).operator();
        let health = operator.get(HEALTH).await.ok();
        assert_eq!((&health["stale"], &health["metrics"][1]["numerator"]), (&json!(false), &json!(next + 3)));
    }

    async fn one_order_that_breaks_the_rules_takes_them_from_nobody(backend) {
        let test = behaving(backend, Protection::default()).await;
        misbehave(&test, "superstition").await;
        let mut unlucky = placed("unlucky", "m", NOW - DAY);
        unlucky["data"]["units"] = json!(13);
        test.accept(&[unlucky]).await;
        for i in 0..40 {
            test.accept(&orders(i..i + 1)).await;
            test.clock.advance(5 * 60 * 1000);
            test.drain().await;
        }
        assert_eq!(version(&test).await["breaker"]["rests"], 0);
        assert_eq!(test.faults().await, ["E_TRAP"]);
        // All but the one are counted, and shown; what is concluded from them moves nothing.
        let health = Door::new(&test).operator().get(HEALTH).await.ok();
        assert_eq!(health["metrics"][1]["numerator"], 41);
    }

    async fn an_order_that_moves_takes_its_fault_along(backend) {
        let test = behaving(backend, Protection::default()).await;
        misbehave(&test, "superstition").await;
        test.drain().await;
        // Each of them says that it was placed with them, before the others say so.
        let unlucky = |merchant: &str, ago: i64, units: u32| {
            let mut order = placed("unlucky", merchant, NOW - ago * DAY);
            (order["id"], order["data"]["units"]) = (json!(format!("unlucky-of-{merchant}")), json!(units));
            order
        };
        for (order, stale) in [
            (unlucky("m", 1, 13), vec![("m", true)]),
            (unlucky("n", 2, 13), vec![("m", false), ("n", true)]),
            (unlucky("o", 3, 1), vec![("m", false), ("n", false), ("o", false)]),
        ] {
            test.accept(&[order]).await;
            test.drain().await;
            assert_eq!(test.faults().await.len(), stale.iter().filter(|(_, stale)| *stale).count(), "{stale:?}");
            let operator = Door::new(&test).operator();
            for (merchant, expected) in &stale {
                let health = operator.get(&format!("/v1/marketplaces/olist/merchants/{merchant}/health")).await.ok();
                assert_eq!(health["stale"], *expected, "{merchant} of {stale:?}");
            }
        }
    }

    async fn a_verdict_that_comes_out_differently_quarantines_its_rules(backend) {
        let test = behaving(backend, Protection { replay_one_in: 1, ..Protection::default() }).await;
        assert_eq!(version(&test).await["state"], "active", "its first verdict came out the same");
        misbehave(&test, "moody").await;
        let others = (0..5).map(|i| placed(&format!("o{i}"), &format!("m{i}"), NOW - DAY));
        test.accept(&others.collect::<Vec<_>>()).await;
        test.drain().await;
        let caught = version(&test).await;
        assert_eq!((&caught["state"], &caught["hold"]["by"]), (&json!("quarantined"), &json!("andon")));
        let reason = caught["hold"]["reason"].as_str().unwrap();
        assert!(reason.starts_with("E_NONDET: verdict ") && reason.contains("gives score 1000 and standing 0, not 999 and 0"), "{reason}");
    }

    async fn slow_rules_leave_what_is_beyond_their_share_for_later(backend) {
        let test = behaving(backend, Protection::default()).await;
        misbehave(&test, "slow").await;
        test.drain().await;
        let open = async || {
            use sea_orm::ConnectionTrait;
            let db = test.app.store.db();
            let sql = sea_orm::Statement::from_string(db.get_database_backend(), "select count(*) as n from revisits where at <= 1717156800000");
            db.query_one_raw(sql).await.unwrap().unwrap().try_get::<i64>("", "n").unwrap()
        };
        assert_eq!(open().await, 0);
        test.accept(&orders(0..3_000)).await;
        let left = open().await;
        // Each lane that events come in by does its share.
        assert!((100..2_800).contains(&left), "{left} of 3000 are left for later");
        // Each turn does a part; in the end everything is counted, once.
        test.drain().await;
        assert_eq!(open().await, 0);
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (3_001, vec![]));
        assert_eq!(Door::new(&test).operator().get(HEALTH).await.ok()["metrics"][1]["numerator"], 3_001);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_rules_are_played_again_and_trusted() {
    let protection = Protection { replay_one_in: 1, ..Protection::default() };
    let test = TestApp::with(Backend::Sqlite, Options { protection, ..options() }).await;
    test.install(amazon()).await;
    test.create_market(MARKET, RulesSetup { rules: Some("amazon".into()), ..RulesSetup::default() }).await;
    let all = (0..30).flat_map(|i| andon_tests::events::good_orders(&format!("m{i}"), 1 + i % 7, NOW - (5 + i as i64) * DAY));
    test.accept(&all.collect::<Vec<_>>()).await;
    test.drain().await;
    let operator = Door::new(&test).operator();
    assert_eq!(state(&operator, "/v1/plugins/amazon/versions/0.1.0").await, "active");
}

async fn state(client: &Client, path: &str) -> Value {
    client.get(path).await.ok()["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn how_much_it_takes_is_a_setting() {
    let breaker = BreakerPolicy { failures: 2, window: 2, rest: 10, longest_rest: 10, rests: 0 };
    let test = behaving(Backend::Sqlite, Protection { breaker, ..Protection::default() }).await;
    misbehave(&test, "trap").await;
    test.accept(&orders(0..2)).await;
    let operator = Door::new(&test).operator();
    assert_eq!(state(&operator, VERSION).await, "quarantined");
}
