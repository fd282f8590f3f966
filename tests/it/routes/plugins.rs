//! `/v1/plugins`: authors push and follow, operators decide.

use andon::auth::{Grant, MerchantClaim, Scope};
use andon::config::Config;
use andon::setup::RulesSetup;
use andon_tests::events::{DAY, NOW, placed};
use andon_tests::guests::{hostile, hostile_again, hostile_with};
use andon_tests::{Answer, Backend, Client, Door, MARKET, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};

const VERSION: &str = "/v1/plugins/hostile/versions/0.1.0";

async fn push(client: &Client, component: &[u8]) -> Answer {
    client.send(Method::POST, "/v1/plugins", &[("content-type", "application/wasm")], component.to_vec()).await
}

fn author(door: &Door) -> Client {
    door.with_scopes(&[Scope::PluginsWrite])
}

/// A marketplace that the hostile rules judge, pushed by an author, with one judged order.
async fn judged(backend: Backend) -> (TestApp, Door) {
    let test = TestApp::bare(backend).await;
    let door = Door::new(&test);
    assert_eq!(push(&author(&door), hostile()).await.status, 201);
    test.create_market(MARKET, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
    test.accept(&[placed("o", "m", NOW - DAY)]).await;
    test.drain().await;
    (test, door)
}

fn reason(text: &str) -> Value {
    json!({ "reason": text })
}

on_both! {
    async fn what_is_pushed_becomes_a_draft_for_good(backend) {
        let test = TestApp::bare(backend).await;
        let door = Door::new(&test);
        let author = author(&door);
        let first = push(&author, hostile()).await;
        assert_eq!((first.status, first.header("location")), (201, VERSION));
        let draft = first.json();
        let digest = draft["digest"].as_str().unwrap();
        assert!(digest.starts_with("sha256:") && digest.len() == 71);
        let breaker = json!({"rests": 0, "resting_until": null});
        assert_eq!(draft, json!({"name": "hostile", "version": "0.1.0", "digest": digest, "state": "draft", "pushed_by": "somebody",
            "pushed_at": "2024-05-31T12:00:00Z", "bytes": hostile().len(), "marketplaces": [], "hold": null, "error": null, "breaker": breaker}));
        test.clock.advance(1_000);
        let again = push(&author, hostile()).await;
        assert_eq!((again.status, again.json()), (200, draft.clone()));
        assert_eq!(push(&author, &hostile_again()).await.short(), "409 conflict");
        assert_eq!(push(&author, &hostile_with("version:0.1.0", "version:0.2.0")).await.status, 201);

        assert_eq!(author.get(VERSION).await.ok(), draft);
        let plugin = author.get("/v1/plugins/hostile").await.ok();
        assert_eq!((&plugin["highest"], &plugin["versions"][1]), (&json!("0.2.0"), &draft));
        let page = author.get("/v1/plugins?limit=1").await.ok();
        assert_eq!(page["items"][0]["version"], "0.2.0");
        let next = author.get(&format!("/v1/plugins?limit=1&cursor={}", page["next"].as_str().unwrap())).await.ok();
        assert_eq!((&next["items"], &next["next"]), (&json!([draft]), &Value::Null));
        for path in ["/v1/plugins/nobodys", "/v1/plugins/hostile/versions/9.9.9", "/v1/plugins/hostile/versions/9.9.9/faults"] {
            assert_eq!(author.get(path).await.short(), "404 not-found", "{path}");
        }
        let kept = door.operator().get(&format!("{VERSION}/component")).await;
        assert_eq!((kept.header("content-type"), &kept.body[..]), ("application/wasm", hostile()));
    }

    async fn a_push_changes_nothing_that_is_in_force(backend) {
        let (test, door) = judged(backend).await;
        assert_eq!(push(&author(&door), &hostile_with("version:0.1.0", "version:0.2.0")).await.status, 201);
        let operator = door.operator();
        let in_force = async || operator.get("/v1/marketplaces/olist").await.ok()["rules"]["version"].clone();
        operator.patch("/v1/marketplaces/olist", &json!({"name": "Olist again", "settings": {"mode": "score"}})).await.ok();
        assert_eq!(in_force().await, "0.1.0");
        operator.patch("/v1/marketplaces/olist", &json!({"rules": "hostile"})).await.ok();
        assert_eq!(in_force().await, "0.1.0", "named as before");
        // What an author pushed is not had by its name until an operator has named it.
        let by_name = async |code: &str| {
            test.create_market(code, RulesSetup { rules: Some("hostile".into()), ..RulesSetup::default() }).await;
            operator.get(&format!("/v1/marketplaces/{code}")).await.ok()["rules"]["version"].clone()
        };
        let highest = async || operator.get("/v1/plugins/hostile").await.ok()["highest"].clone();
        assert_eq!((by_name("early").await, highest().await), (json!("0.1.0"), json!("0.1.0")));
        operator.patch("/v1/marketplaces/olist", &json!({"rules": "hostile@0.2.0"})).await.ok();
        assert_eq!(in_force().await, "0.2.0");
        assert_eq!((by_name("shop").await, highest().await), (json!("0.2.0"), json!("0.2.0")));
        let states = async |version: &str| operator.get(&format!("/v1/plugins/hostile/versions/{version}")).await.ok();
        assert_eq!(states("0.1.0").await["marketplaces"], json!(["early"]));
        let active = states("0.2.0").await;
        assert_eq!((&active["state"], &active["marketplaces"]), (&json!("active"), &json!(["olist", "shop"])));
    }

    async fn a_quarantine_stops_every_call_and_a_release_brings_them_back(backend) {
        let (test, door) = judged(backend).await;
        let operator = door.operator();
        let health = async || operator.get("/v1/marketplaces/olist/merchants/m/health").await.ok();
        let before = health().await;
        assert_eq!(before["stale"], false);
        let held = operator.post(&format!("{VERSION}/quarantine"), &reason("it smells")).await.ok();
        assert_eq!(held["state"], "quarantined");
        assert_eq!(held["hold"], json!({"how": "quarantined", "reason": "it smells", "by": "somebody", "at": "2024-05-31T12:00:00Z"}));
        assert_eq!(operator.post(&format!("{VERSION}/quarantine"), &reason("again")).await.short(), "409 conflict");
        test.accept(&[placed("p", "m", NOW - DAY)]).await;
        test.drain().await;
        assert_eq!(test.faults().await, ["E_QUARANTINED"]);
        let during = health().await;
        assert_eq!((&during["stale"], &during["verdict"]), (&json!(true), &before["verdict"]));
        assert_eq!(operator.post("/v1/marketplaces/olist/merchants/m/health/what-if", &json!({"add": {"ordered": 1}})).await.status, 503);
        // A verdict can be played again whatever is thought of its rules now.
        let replay = operator.post(&format!("/v1/verdicts/{}/replay", before["verdict"].as_str().unwrap()), &json!({})).await.ok();
        assert_eq!(replay["equal"], true);

        assert_eq!(operator.post(&format!("{VERSION}/release"), &reason("washed")).await.ok()["state"], "active");
        assert_eq!(operator.post(&format!("{VERSION}/release"), &reason("again")).await.short(), "409 conflict");
        test.clock.advance(5 * 60 * 1000);
        test.drain().await;
        assert_eq!(test.faults().await, Vec::<String>::new());
        let after = Door::new(&test).operator().get("/v1/marketplaces/olist/merchants/m/health").await.ok();
        assert_eq!((&after["stale"], &after["metrics"][1]["numerator"]), (&json!(false), &json!(2)));
    }

    async fn only_what_nobody_uses_is_retired(backend) {
        let (test, door) = judged(backend).await;
        let operator = door.operator();
        assert_eq!(operator.post(&format!("{VERSION}/retire"), &reason("old")).await.short(), "409 conflict");
        let old = "/v1/plugins/hostile/versions/0.0.9";
        push(&operator, &hostile_with("version:0.1.0", "version:0.0.9")).await.ok();
        assert_eq!(operator.post(&format!("{old}/retire"), &reason("old")).await.ok()["state"], "retired");
        let take = json!({"rules": "hostile@0.0.9"});
        assert_eq!(operator.patch("/v1/marketplaces/olist", &take).await.short(), "409 conflict");
        assert_eq!(operator.post(&format!("{old}/release"), &reason("needed")).await.ok()["state"], "draft");
        operator.patch("/v1/marketplaces/olist", &take).await.ok();
        assert_eq!(operator.get(old).await.ok()["state"], "active");
        operator.post(&format!("{VERSION}/quarantine"), &reason("bad")).await.ok();
        assert_eq!(operator.post(&format!("{VERSION}/retire"), &reason("old")).await.short(), "409 conflict");
        drop((operator, door));
        let test = test.restarted().await;
        assert_eq!(Door::new(&test).operator().get(VERSION).await.ok()["state"], "quarantined");
    }

    async fn faults_are_listed_to_whoever_reaches_their_marketplace(backend) {
        let (test, door) = judged(backend).await;
        door.operator().patch("/v1/marketplaces/olist", &json!({"settings": {"mode": "facts"}})).await.ok();
        test.accept(&[placed("p", "n", NOW - DAY)]).await;
        let list = format!("{VERSION}/faults");
        let reader = || door.with_scopes(&[Scope::PluginsWrite, Scope::HealthRead]);
        let page = reader().get(&format!("{list}?limit=1")).await.ok();
        let next = reader().get(&format!("{list}?limit=1&cursor={}", page["next"].as_str().unwrap())).await.ok();
        assert_eq!(next["next"], Value::Null);
        let fault = &next["items"][0];
        assert_eq!((&fault["marketplace"], &fault["merchant"], &fault["subject"]), (&json!("olist"), &json!("n"), &json!("p")));
        assert_eq!((&fault["code"], &fault["count"]), (&json!("E_FACTS"), &json!(1)));
        assert!(fault["fuel"].as_i64().unwrap() > 0, "{fault}");
        // Whoever may not see health learns who is the same as whom, and no name.
        let hashed = author(&door).get(&list).await.ok();
        for (key, kind, name) in [("merchant", "merchant-", "n"), ("subject", "subject-", "p")] {
            let hash = hashed["items"][1][key].as_str().unwrap();
            assert!(hash.starts_with(kind) && hash.len() == kind.len() + 16 && hash != name, "{hash}");
            assert_ne!(hashed["items"][0][key], hashed["items"][1][key]);
        }
        assert_eq!(hashed, author(&door).get(&list).await.ok());
        assert_eq!(hashed["items"][1]["input"], fault["input"]);
        assert_eq!(fault["message"], "E_FACTS: the plugin could not read the facts: delivered beforeit was placed [31m");
        let elsewhere = Grant { scopes: vec![Scope::PluginsWrite], marketplaces: vec!["elsewhere".into()], ..door.grant() };
        let elsewhere = door.with_token(door.token(&elsewhere, door.policy(), NOW));
        assert_eq!(elsewhere.get(&list).await.ok()["items"], json!([]));
        assert_eq!(elsewhere.get(VERSION).await.ok()["marketplaces"], json!([]));
        // The same question again has the same digest; another has another.
        let input = |fault: &Value| fault["input"].as_str().unwrap().to_owned();
        assert_ne!(input(fault), input(&page["items"][0]));
        test.clock.advance(DAY);
        test.drain().await;
        let again = author(&door).get(&list).await.ok();
        let again = again["items"].as_array().unwrap().iter().find(|again| again["subject"] == hashed["items"][1]["subject"]).unwrap();
        assert!(again["count"].as_i64() > Some(1), "{again}");
        assert_eq!(input(again), input(fault));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_author_pushes_and_follows_and_decides_nothing() {
    let (_test, door) = judged(Backend::Sqlite).await;
    let bound = MerchantClaim { marketplace: MARKET.into(), reference: "m".into() };
    let bound = Grant { scopes: vec![Scope::PluginsWrite], merchant: Some(bound), ..door.grant() };
    let callers = [
        ("stranger", door.stranger(), 401, 401),
        ("reader", door.with_scopes(&[Scope::HealthRead, Scope::EventsWrite]), 403, 403),
        ("merchant", door.with_token(door.token(&bound, door.policy(), NOW)), 403, 403),
        ("author", author(&door), 200, 403),
    ];
    for (who, client, follow, decide) in callers {
        let faults = format!("{VERSION}/faults");
        for path in ["/v1/plugins", "/v1/plugins/hostile", VERSION, &faults, "/v1/fault-codes"] {
            assert_eq!(client.get(path).await.status, follow, "{who} {path}");
        }
        assert_eq!(push(&client, hostile()).await.status, follow, "{who}");
        assert_eq!(client.get(&format!("{VERSION}/component")).await.status, decide, "{who}");
        for verb in ["retire", "quarantine", "release"] {
            assert_eq!(client.post(&format!("{VERSION}/{verb}"), &reason("because")).await.status, decide, "{who} {verb}");
        }
    }
    assert_eq!(door.operator().get(VERSION).await.ok()["state"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_everything_that_is_wrong_with_it() {
    let test = TestApp::bare(Backend::Sqlite).await;
    let author = author(&Door::new(&test));
    let imports = wat::parse_str(r#"(component (import "wasi:clocks/wall-clock" (func)) (import "log" (func)))"#).unwrap();
    let refused = push(&author, &imports).await;
    assert_eq!(refused.short(), "422 plugin-refused wasi:clocks/wall-clock");
    let refused = refused.json();
    let reason = "is imported; rules import nothing";
    assert_eq!((&refused["code"], &refused["reason"]), (&json!("E_IMPORT"), &json!(reason)));
    assert_eq!(refused["problems"][1], json!({"field": "log", "reason": reason}));
    for (component, code) in [
        (b"".to_vec(), "E_INVALID"),
        (b"\x7fELF\x02\x01\x01\0machine code".to_vec(), "E_INVALID"),
        (hostile_with("describe:quietly", "describe:forever"), "E_FUEL"),
        (hostile_with("bungled-rate", "bungled_rate"), "E_MANIFEST"),
        (hostile_with("version:0.1.0", "version:../.."), "E_MANIFEST"),
    ] {
        assert_eq!(push(&author, &component).await.json()["code"], code);
    }
    assert_eq!(author.get("/v1/plugins").await.ok()["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_bounded_and_of_one_kind() {
    let test = TestApp::bare(Backend::Sqlite).await;
    let author = author(&Door::with(&test, Config { plugin_bytes: 2_000, ..Config::default() }));
    assert_eq!(push(&author, &[0; 2_001]).await.short(), "413 too-large");
    assert_eq!(push(&author, &[0; 2_000]).await.json()["code"], "E_INVALID");
    let sent =
        async |headers: &[(&str, &str)]| author.send(Method::POST, "/v1/plugins", headers, hostile().to_vec()).await.short();
    assert_eq!(sent(&[]).await, "415 media-type");
    assert_eq!(sent(&[("content-type", "application/json")]).await, "415 media-type");
    assert_eq!(sent(&[("content-type", "application/wasm"), ("content-encoding", "gzip")]).await, "415 media-type");
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_are_given_and_bounded() {
    let (_test, door) = judged(Backend::Sqlite).await;
    let operator = door.operator();
    for text in ["", "  ", "a\u{1b}[31m", &"x".repeat(501)] {
        assert_eq!(operator.post(&format!("{VERSION}/quarantine"), &reason(text)).await.short(), "422 invalid reason", "{text}");
    }
    assert_eq!(operator.post(&format!("{VERSION}/quarantine"), &json!({})).await.status, 422);
    assert_eq!(operator.post("/v1/plugins/hostile/versions/7.0.0/quarantine", &reason("bad")).await.short(), "404 not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_code_has_its_meaning() {
    use andon::rules::PluginFault as Fault;
    let test = TestApp::bare(Backend::Sqlite).await;
    let listed = author(&Door::new(&test)).get("/v1/fault-codes").await.ok();
    let codes: Vec<_> =
        listed["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect();
    let text = String::new;
    let output = Fault::Output { field: text(), why: text() };
    let faults =
        [Fault::Trap(text()), Fault::Fuel, Fault::Deadline, Fault::Memory, Fault::Stack, output, Fault::Declared(text())];
    let hosts = [Fault::Unavailable(text()), Fault::Resting, Fault::Quarantined(text())];
    let refusals = ["E_INVALID", "E_LIMIT_SIZE", "E_IMPORT", "E_WIT", "E_COMPILE", "E_MANIFEST", "E_NONDET"];
    for code in faults.iter().chain(&hosts).map(Fault::code).chain(refusals) {
        assert!(codes.iter().any(|listed| listed == code), "{code}");
    }
    assert_eq!(codes.len(), 17);
}
