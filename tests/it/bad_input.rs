//! Each bad thing gets its clear answer, and nothing else is lost by it.

use andon::auth::{Grant, Scope};
use andon::config::Config;
use andon_tests::events::{DAY, NOW, good_orders, lines, placed, rated, rfc3339};
use andon_tests::{Answer, Client, Door, MARKET, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};

const EVENTS: &str = "/v1/marketplaces/olist/events";

async fn send(client: &Client, body: impl Into<Vec<u8>>) -> Answer {
    client.send(Method::POST, EVENTS, &[("content-type", "application/json")], body.into()).await
}

/// `accepted/duplicates`, then of each rejected event its index, the end of its problem's type, and the field at fault.
fn outcome(answer: &Answer) -> String {
    let body = answer.json();
    let word = |value: &Value| value.as_str().map(|t| format!(" {}", t.rsplit(':').next().unwrap())).unwrap_or_default();
    let rejected = body["rejected"].as_array().unwrap().iter();
    let rejected = rejected.map(|r| format!("; {}{}{}", r["index"], word(&r["problem"]["type"]), word(&r["problem"]["field"])));
    format!("{} {}/{}{}", answer.status, body["accepted"], body["duplicates"], rejected.collect::<String>())
}

fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[member] = value;
    event
}

on_both! {
    async fn an_event_that_cannot_be_is_named_with_its_field(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let good = || placed("o", "m", NOW - DAY);
        let feedback = || rated("o", 1, NOW - DAY);
        let amount = "9".repeat(40);
        for (what, bad, expected) in [
            ("unknown type", with(good(), "/type", json!("andon.order.teleported")), "event-unknown-type type"),
            ("another marketplace", with(good(), "/marketplace", json!("ebay")), "event-wrong-marketplace marketplace"),
            ("in the future", with(good(), "/time", json!(rfc3339(NOW + DAY))), "event-future-time time"),
            ("a rating of 0", with(feedback(), "/data/rating", json!(0)), "event-invalid-field data.rating"),
            ("negative units", with(good(), "/data/units", json!(-1)), "event-invalid-field data.units"),
            ("unknown currency", with(good(), "/data/amount/currency", json!("XXQ")), "event-wrong-currency data.amount.currency"),
            ("NUL", with(good(), "/data/merchant", json!("m\u{0}")), "event-invalid-field data.merchant"),
            ("unknown member", with(good(), "/data/colour", json!("red")), "event-unknown-field data.colour"),
        ] {
            let answer = send(&client, bad.to_string()).await;
            assert_eq!(answer.short(), "422 events-rejected", "{what}");
            assert_eq!(outcome(&answer), format!("422 0/0; 0 {expected}"), "{what}");
        }
        let text = good().to_string();
        let long = text.replace("1999", &amount);
        assert_eq!(outcome(&send(&client, long).await), "422 0/0; 0 event-invalid-field data.amount.minor", "a 40-digit amount");
        let lone = text.replace("buyer-of-o", "\\ud800");
        assert!(outcome(&send(&client, lone).await).starts_with("422 0/0; 0 event-"), "a lone surrogate");
        assert_eq!(outcome(&send(&client, text).await), "200 1/0", "and the good one is welcome");
    }

    async fn the_same_id_with_another_body_is_a_conflict(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite, Scope::HealthRead]);
        let first = placed("o", "m", NOW - DAY);
        let other = with(first.clone(), "/data/units", json!(7));
        let later = with(first.clone(), "/time", json!(rfc3339(NOW)));
        assert_eq!(outcome(&send(&client, first.to_string()).await), "200 1/0");
        assert_eq!(outcome(&send(&client, first.to_string()).await), "200 0/1");
        assert_eq!(outcome(&send(&client, other.to_string()).await), "422 0/0; 0 event-conflict");
        assert_eq!(outcome(&send(&client, later.to_string()).await), "422 0/0; 0 event-conflict");
        let batch = json!([first, other, placed("p", "m", NOW - DAY), placed("p", "m", NOW - DAY)]);
        assert_eq!(outcome(&send(&client, batch.to_string()).await), "200 1/2; 1 event-conflict");
        assert_eq!(client.get("/v1/marketplaces/olist/orders/o").await.ok()["units"], 1);
    }

    async fn one_bad_item_among_a_thousand_costs_only_itself(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let mut all = good_orders("m", 250, NOW - 20 * DAY);
        assert_eq!(all.len(), 1000);
        all[500] = with(all[500].clone(), "/type", json!("andon.nothing"));
        assert_eq!(outcome(&send(&client, json!(all).to_string()).await), "200 999/0; 500 event-unknown-type type");
        let mut text = lines(&good_orders("n", 250, NOW - 20 * DAY));
        text = text.replacen("{\"data\"", "{broken", 1);
        let answer = client.send(Method::POST, EVENTS, &[("content-type", "application/x-ndjson")], text.into()).await;
        assert_eq!(outcome(&answer), "200 999/0; 0 event-malformed");
        let audit = andon::pipeline::rebuild::audit(&test.app.store, test.market()).await.unwrap();
        assert_eq!((audit.events, audit.differences), (1998, vec![]));
    }
}

async fn sqlite() -> (TestApp, Client) {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
    (test, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_too_large_too_deep_or_damaged() {
    let (_test, client) = sqlite().await;
    let json = ("content-type", "application/json");
    let post = async |headers: &[(&str, &str)], body: Vec<u8>| client.send(Method::POST, EVENTS, headers, body).await;

    let gzipped = gzip(placed("o", "m", NOW - DAY).to_string().as_bytes());
    let cut = gzipped[..gzipped.len() - 6].to_vec();
    assert_eq!(post(&[json, ("content-encoding", "gzip")], cut).await.short(), "400 malformed", "truncated gzip");
    assert_eq!(outcome(&post(&[json, ("content-encoding", "gzip")], gzipped).await), "200 1/0");
    let bomb = gzip(&vec![b' '; 100 << 20]);
    assert_eq!(post(&[json, ("content-encoding", "gzip")], bomb).await.short(), "413 too-large", "100 MB of JSON, packed");
    assert_eq!(post(&[json], vec![b'['; 100 << 20]).await.short(), "413 too-large", "100 MB of JSON");
    assert_eq!(post(&[json, ("content-encoding", "br")], vec![1]).await.short(), "415 media-type");
    assert_eq!(post(&[("content-type", "text/plain")], b"{}".to_vec()).await.short(), "415 media-type");

    let deep = |n: usize| format!("{}1{}", "{\"a\":".repeat(n), "}".repeat(n));
    let nested = with(placed("p", "m", NOW - DAY), "/data/merchant", json!("M")).to_string().replace("\"M\"", &deep(10_000));
    assert!(outcome(&post(&[json], nested.into()).await).starts_with("422 0/0; 0 event-"), "nesting 10,000 deep");
    let arrays = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(post(&[json], arrays.into()).await.status < 500, "arrays 10,000 deep");
    assert_eq!(post(&[json], b"{\"specversion\": \xff}".to_vec()).await.short(), "422 events-rejected", "no UTF-8");
    assert_eq!(post(&[json], b"".to_vec()).await.short(), "400 malformed", "nothing");
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_allowed() {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let config = Config { batch_events: 3, ..Config::default() };
    let client = Door::with(&test, config).with_scopes(&[Scope::EventsWrite]);
    let four = good_orders("m", 1, NOW - 9 * DAY);
    assert_eq!(send(&client, json!(four).to_string()).await.short(), "413 too-large");
    assert_eq!(outcome(&send(&client, json!(four[..3]).to_string()).await), "200 3/0");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_not_good_enough() {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let door = Door::new(&test);
    let grant = Grant { scopes: vec![Scope::HealthRead], marketplaces: vec![MARKET.into()], ..door.grant() };
    let policy = door.policy().clone();
    let good = door.token(&grant, &policy, NOW);
    let path = "/v1/marketplaces/olist";
    assert_eq!(door.with_token(&good).get(path).await.short(), "200");

    let other = |issuer: &str, audience: &str| {
        let policy = andon::auth::Policy { issuer: issuer.into(), audience: audience.into(), ..policy.clone() };
        door.token(&grant, &policy, NOW)
    };
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = base64_url(br#"{"alg":"none","typ":"JWT"}"#);
    let stranger = Door::new(&test);
    for (what, token) in [
        ("expired", door.token(&grant, &policy, NOW - 3_600_000)),
        ("not valid yet", door.token(&grant, &policy, NOW + 3_600_000)),
        ("unsigned", format!("{none}.{claims}.")),
        ("signature left away", format!("{head}.{claims}.")),
        ("claims of another token", format!("{head}.{}.{signature}", base64_url(br#"{"scope":"admin"}"#))),
        ("another issuer", other("elsewhere", &policy.audience)),
        ("another audience", other(&policy.issuer, "elsewhere")),
        ("another key", stranger.token(&grant, &policy, NOW)),
        ("too long a life", door.token(&Grant { seconds: 86_400 * 365, ..grant.clone() }, &policy, NOW)),
        ("no token at all", "abc".into()),
    ] {
        let answer = door.with_token(token).get(path).await;
        assert_eq!(answer.short(), "401 unauthenticated", "{what}");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{what}");
    }
    assert_eq!(door.stranger().get(path).await.short(), "401 unauthenticated");
}

fn base64_url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
