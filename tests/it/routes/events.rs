//! POST events: one, a batch, lines, packed; and sent again with an idempotency key.

use andon::auth::Scope;
use andon_tests::events::{DAY, NOW, good_orders, lines, placed};
use andon_tests::{Door, TestApp, on_both};
use axum::http::Method;
use serde_json::json;

const EVENTS: &str = "/v1/marketplaces/olist/events";

on_both! {
    async fn every_shape_is_taken_and_repeats_are_told(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let all = good_orders("m", 3, NOW - 9 * DAY);
        for (kind, body, accepted, duplicates) in [
            ("application/cloudevents+json", all[0].to_string(), 1, 0),
            ("application/cloudevents-batch+json", json!(all[..4]).to_string(), 3, 1),
            ("application/x-ndjson", lines(&all[2..6]), 2, 2),
            ("application/json; charset=utf-8", json!(all).to_string(), 6, 6),
            ("application/cloudevents-batch+json", "[]".into(), 0, 0),
        ] {
            let answer = client.send(Method::POST, EVENTS, &[("content-type", kind)], body.into()).await;
            assert_eq!(answer.ok(), json!({"accepted": accepted, "duplicates": duplicates, "rejected": []}), "{kind}");
        }
        let packed = zstd::encode_all(lines(&all).as_bytes(), 1).unwrap();
        let headers = [("content-type", "application/x-ndjson"), ("content-encoding", "zstd")];
        assert_eq!(client.send(Method::POST, EVENTS, &headers, packed).await.ok()["duplicates"], 12);
    }

    async fn a_key_makes_a_write_happen_once(backend) {
        let test = TestApp::new(backend).await;
        let client = Door::new(&test).with_scopes(&[Scope::EventsWrite]);
        let headers = [("content-type", "application/json"), ("idempotency-key", "k-1")];
        let post = async |order: &str| client.send(Method::POST, EVENTS, &headers, placed(order, "m", NOW).to_string().into()).await;
        let first = post("o").await;
        assert_eq!(first.ok()["accepted"], 1);
        let again = post("o").await;
        assert_eq!((again.ok(), again.header("idempotency-replayed")), (first.ok(), "true"));
        assert_eq!(post("p").await.short(), "422 idempotency-key-reused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_senders_may_send() {
    let test = TestApp::new(andon_tests::Backend::Sqlite).await;
    let door = Door::new(&test);
    let event = placed("o", "m", NOW);
    assert_eq!(door.with_scopes(&[Scope::HealthRead]).post(EVENTS, &event).await.short(), "403 forbidden");
    assert_eq!(door.merchant("m").post(EVENTS, &event).await.short(), "403 forbidden");
    let sender = door.with_scopes(&[Scope::EventsWrite]);
    assert_eq!(sender.post("/v1/marketplaces/nowhere/events", &event).await.short(), "404 not-found");
    assert_eq!(sender.get(EVENTS).await.short(), "405 method-not-allowed");
}
