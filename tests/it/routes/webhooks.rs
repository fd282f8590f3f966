//! `.../webhooks`: set up, shown, changed and removed by operators; what is wrong with one is named.

use andon::auth::{Grant, Scope};
use andon::setup::RulesSetup;
use andon_tests::events::NOW;
use andon_tests::{Client, Door, MARKET, TestApp, on_both};
use axum::http::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

const WEBHOOKS: &str = "/v1/marketplaces/olist/webhooks";

/// An address of the internet, which needs no looking up.
const URL: &str = "https://1.1.1.1/hook";

async fn bare(backend: andon_tests::Backend) -> (TestApp, Door) {
    let test = TestApp::bare(backend).await;
    test.create_market(MARKET, RulesSetup::default()).await;
    let door = Door::new(&test);
    (test, door)
}

async fn made(operator: &Client, body: &Value) -> (String, Value) {
    let made = operator.post(WEBHOOKS, body).await;
    assert_eq!(made.status, 201, "{}", made.short());
    (made.header("location").to_owned(), made.json())
}

on_both! {
    async fn set_up_shown_listed_changed_and_removed(backend) {
        let (test, door) = bare(backend).await;
        let operator = door.operator();
        let (place, mut whole) = made(&operator, &json!({"url": URL, "description": "till", "events": ["enforcement.*"]})).await;
        assert_eq!(place, format!("{WEBHOOKS}/{}", whole["id"]));
        let secret = whole.as_object_mut().unwrap().remove("secret").unwrap();
        assert!(secret.as_str().unwrap().starts_with("whsec_"));
        assert_eq!((&whole["url"], &whole["enabled"], &whole["created_by"]), (&json!(URL), &json!(true), &json!("somebody")));
        // The secret is not shown again.
        assert_eq!(operator.get(&place).await.ok(), whole);
        assert_eq!(operator.get(WEBHOOKS).await.ok(), json!({"items": [whole], "next": null}));
        test.clock.advance(1_000);
        let changed = operator.patch(&place, &json!({"url": "https://1.1.1.1:8443/other", "events": []})).await.ok();
        assert_eq!((&changed["url"], &changed["events"], &changed["description"]), (&json!("https://1.1.1.1:8443/other"), &json!([]), &json!("till")));
        assert_ne!(changed["updated_at"], changed["created_at"]);
        let (_, other) = made(&operator, &json!({"url": URL})).await;
        assert_ne!(other["secret"], secret);
        assert_eq!(operator.send(Method::DELETE, &place, &[], Vec::new()).await.status, 204);
        assert_eq!(operator.send(Method::DELETE, &place, &[], Vec::new()).await.short(), "404 not-found");
        assert_eq!(operator.get(WEBHOOKS).await.ok()["items"].as_array().unwrap().len(), 1);
    }

    async fn the_ledger_tells_of_each_change_and_finds_one_that_was_not_told(backend) {
        let (test, door) = bare(backend).await;
        let operator = door.operator();
        let (place, whole) = made(&operator, &json!({"url": "https://1.1.1.1/hook?key=private"})).await;
        operator.patch(&place, &json!({"enabled": false})).await.ok();
        operator.patch(&place, &json!({"enabled": true, "events": ["cord.*"]})).await.ok();
        operator.patch(&place, &json!({"events": ["cord.*"]})).await.ok();
        operator.post(&format!("{place}/rotate"), &json!({})).await.ok();
        let entries = operator.get(&format!("/v1/marketplaces/olist/ledger?about=endpoint/{}", whole["id"])).await.ok();
        let entries = entries["items"].as_array().unwrap().clone();
        let kinds: Vec<&str> = entries.iter().rev().map(|e| e["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["endpoint.created", "endpoint.disabled", "endpoint.changed", "endpoint.rotated"], "what changed nothing is no entry");
        let text = json!(entries).to_string();
        assert!(text.contains("1.1.1.1") && !text.contains("private") && !text.contains("whsec_"), "{text}");
        let problems = async || {
            andon::ledger::audit::audit(&test.app.store, test.market().id, MARKET, None).await.unwrap().problems
        };
        assert_eq!(problems().await, Vec::<String>::new());
        test.app.store.db().execute_unprepared("update webhooks set url = 'https://1.1.1.1/elsewhere'").await.unwrap();
        assert!(problems().await[0].contains("it left `url_digest` of endpoint/"));
        operator.send(Method::DELETE, &place, &[], Vec::new()).await;
        assert_eq!(problems().await, Vec::<String>::new());
    }

    async fn a_log_is_read_by_the_page_and_by_state(backend) {
        let (test, door) = bare(backend).await;
        let operator = door.operator();
        let (place, _) = made(&operator, &json!({"url": URL})).await;
        let message = |i: usize| andon::setup::NewMessage {
            kind: "a.b".into(), subject: i.to_string(), merchant: None, data: json!({}), confirm: false
        };
        test.app.put_messages(&test.market(), (0..7).map(message).collect()).await.unwrap();
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = operator.get(&format!("{place}/deliveries?state=due&limit=3{cursor}")).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|d| d["subject"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
        assert_eq!(operator.get(&format!("{place}/deliveries?state=failed")).await.ok()["items"], json!([]));
        assert_eq!(operator.get(&format!("{place}/deliveries?state=lost")).await.short(), "422 invalid state");
        assert_eq!(operator.get(&format!("{place}/deliveries?limit=0")).await.short(), "422 invalid limit");
        let other = operator.get(&format!("{place}/deliveries?limit=3")).await.ok()["next"].as_str().unwrap().to_owned();
        assert_eq!(operator.get(&format!("{place}/deliveries?state=due&cursor={other}")).await.short(), "400 malformed");
    }

    async fn only_operators_of_the_marketplace_know_of_them(backend) {
        let (test, door) = bare(backend).await;
        test.create_market("other", RulesSetup::default()).await;
        let operator = door.operator();
        let (place, _) = made(&operator, &json!({"url": URL})).await;
        let elsewhere = place.replace("/olist/", "/other/");
        let grant = Grant { scopes: vec![Scope::Admin], marketplaces: vec!["other".into()], ..door.grant() };
        let foreigner = door.with_token(door.token(&grant, door.policy(), NOW));
        let log = |place: &str| format!("{place}/deliveries");
        for (client, path, expected) in [
            (&operator, elsewhere.clone(), "404 not-found"),
            (&operator, log(&elsewhere), "404 not-found"),
            (&operator, format!("{WEBHOOKS}/999"), "404 not-found"),
            (&operator, format!("{WEBHOOKS}/x"), "404 not-found"),
            (&foreigner, place.clone(), "404 not-found"),
            (&door.with_scopes(&[Scope::EnforcementsReview, Scope::HealthRead]), place.clone(), "403 forbidden"),
            (&door.merchant("m"), place.clone(), "403 forbidden"),
            (&door.stranger(), place.clone(), "401 unauthenticated"),
        ] {
            assert_eq!(client.get(&path).await.short(), expected, "{path}");
        }
        for (action, body) in [("test", json!({})), ("rotate", json!({})), ("recover", json!({"since": "2024-05-01T00:00:00Z"}))] {
            assert_eq!(operator.post(&format!("{elsewhere}/{action}"), &body).await.short(), "404 not-found", "{action}");
        }
        assert_eq!(operator.patch(&elsewhere, &json!({"enabled": false})).await.short(), "404 not-found");
        assert_eq!(operator.send(Method::DELETE, &elsewhere, &[], Vec::new()).await.short(), "404 not-found");
        assert_eq!(operator.get(&place).await.ok()["enabled"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_set_up_is_named_and_changes_nothing() {
    let (_test, door) = bare(andon_tests::Backend::Sqlite).await;
    let operator = door.operator();
    let long = "x".repeat(201);
    for (with, expected) in [
        (json!({"url": "http://1.1.1.1/"}), "422 invalid url"),
        (json!({"url": "https://127.1/"}), "422 invalid url"),
        (json!({"url": "https://1.1.1.1:22/"}), "422 invalid url"),
        (json!({"url": "https://u:p@1.1.1.1/"}), "422 invalid url"),
        (json!({"url": "no url"}), "422 invalid url"),
        (json!({"url": URL, "events": ["a b"]}), "422 invalid events"),
        (json!({"url": URL, "events": ["*"]}), "422 invalid events"),
        (json!({"url": URL, "secret": "whsec_c2hvcnQ="}), "422 invalid secret"),
        (json!({"url": URL, "description": long}), "422 invalid description"),
        (json!({"url": URL, "description": "a\nb"}), "422 invalid description"),
    ] {
        assert_eq!(operator.post(WEBHOOKS, &with).await.short(), expected, "{with}");
    }
    for body in [json!({}), json!({"url": URL, "id": 7}), json!({"url": URL, "enabled": true})] {
        assert_eq!(operator.post(WEBHOOKS, &body).await.status, 422, "{body}");
    }
    let (place, before) = made(&operator, &json!({"url": URL})).await;
    assert_eq!(operator.patch(&place, &json!({"url": "https://10.0.0.1/", "enabled": false})).await.short(), "422 invalid url");
    assert_eq!(
        operator.post(&format!("{place}/rotate"), &json!({"keep_seconds": 2_592_001})).await.short(),
        "422 invalid keep_seconds"
    );
    assert_eq!(operator.post(&format!("{place}/recover"), &json!({"since": "yesterday"})).await.short(), "422 invalid since");
    let after = operator.get(&place).await.ok();
    assert_eq!((&after["url"], &after["enabled"], &after["updated_at"]), (&before["url"], &json!(true), &before["updated_at"]));
    for _ in 1..20 {
        made(&operator, &json!({"url": URL})).await;
    }
    assert_eq!(operator.post(WEBHOOKS, &json!({"url": URL})).await.short(), "409 conflict");
}
