//! Messages as server-sent events: live, resumed, narrowed, and each merchant's own.

use std::sync::Arc;

use andon::config::Config;
use andon::setup::{NewMessage, RulesSetup};
use andon_tests::events::{NOW, placed};
use andon_tests::{Backend, Door, MARKET, TestApp, on_both};
use serde_json::json;

use super::message;

const STREAM: &str = "/v1/marketplaces/olist/stream";

async fn bare(backend: Backend) -> TestApp {
    let test = TestApp::bare(backend).await;
    test.create_market(MARKET, RulesSetup::default()).await;
    test
}

async fn put(test: &TestApp, kinds: &[&str]) {
    let messages = kinds.iter().map(|kind| message(kind, "s")).collect();
    test.app.put_messages(&test.market(), messages).await.unwrap();
}

on_both! {
    async fn messages_come_as_they_are_committed_and_a_broken_stream_goes_on(backend) {
        let test = bare(backend).await;
        put(&test, &["before.it"]).await;
        let operator = Door::new(&test).operator();
        let mut live = operator.follow(STREAM, &[]).await;
        put(&test, &["first.one", "second.one"]).await;
        let (first, kind, event) = live.message().await;
        assert_eq!((kind.as_str(), &event["type"], &event["subject"]), ("first.one", &json!("andon.first.one"), &json!("s")));
        let (second, kind, _) = live.message().await;
        assert!(second > first && kind == "second.one");
        drop(live);
        put(&test, &["third.one"]).await;
        let mut resumed = operator.follow(STREAM, &[("last-event-id", &first.to_string())]).await;
        let kinds = [resumed.message().await.1, resumed.message().await.1];
        assert_eq!(kinds, ["second.one", "third.one"]);
        put(&test, &["fourth.one"]).await;
        assert_eq!(resumed.message().await.1, "fourth.one");
        let mut all = operator.follow(STREAM, &[("last-event-id", "0")]).await;
        assert_eq!(all.message().await.1, "before.it");
        for bad in ["-1", "x", ""] {
            let answer = operator.send(axum::http::Method::GET, STREAM, &[("last-event-id", bad)], Vec::new()).await;
            assert_eq!(answer.short(), "400 malformed", "{bad}");
        }
    }

    async fn a_choice_of_kinds_and_more_than_a_page(backend) {
        let test = bare(backend).await;
        let operator = Door::new(&test).operator();
        let mut some = operator.follow(&format!("{STREAM}?kind=wanted.*,also.this"), &[]).await;
        let kinds: Vec<&str> = (0..700).map(|i| if i % 3 == 0 { "wanted.one" } else { "other.one" }).chain(["also.this"]).collect();
        put(&test, &kinds).await;
        let mut last = 0;
        for _ in 0..234 {
            let (place, kind, _) = some.message().await;
            assert!(kind == "wanted.one" && place > last);
            last = place;
        }
        assert_eq!(some.message().await.1, "also.this");
        assert_eq!(operator.get(&format!("{STREAM}?kind=%25")).await.short(), "422 invalid kind");
    }

    async fn a_merchant_sees_its_own_and_nothing_else(backend) {
        let test = bare(backend).await;
        test.accept(&[placed("o-1", "m", NOW), placed("o-2", "n", NOW)]).await;
        let ids: Vec<i64> = {
            let store = &test.app.store;
            vec![store.merchant(test.market().id, "m").await.unwrap().unwrap().id, store.merchant(test.market().id, "n").await.unwrap().unwrap().id]
        };
        let door = Door::new(&test);
        let mut own = door.merchant("m").follow(STREAM, &[("last-event-id", "0")]).await;
        let of = |merchant: Option<i64>, subject: &str| NewMessage { merchant, ..message("a.b", subject) };
        let messages = vec![of(None, "operators"), of(Some(ids[1]), "n"), of(Some(ids[0]), "m"), of(Some(ids[1]), "n"), of(Some(ids[0]), "m again")];
        test.app.put_messages(&test.market(), messages).await.unwrap();
        let seen = [own.message().await.2["subject"].clone(), own.message().await.2["subject"].clone()];
        assert_eq!(seen, [json!("m"), json!("m again")]);
        assert_eq!(door.merchant("nobody").get(STREAM).await.short(), "404 not-found");
        let elsewhere = door.merchant("m").get("/v1/marketplaces/other/stream").await;
        assert_eq!(elsewhere.short(), "404 not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_counted_beat_and_end_with_the_host() {
    let test = bare(Backend::Sqlite).await;
    let config = Config { streams: 3, streams_per_caller: 2, stream_heartbeat_seconds: 1, ..Config::default() };
    let door = Door::with(&test, config);
    let operator = door.operator();
    let mut first = operator.follow(STREAM, &[]).await;
    let second = operator.follow(STREAM, &[]).await;
    assert_eq!(operator.get(STREAM).await.short(), "429 too-many-requests");
    drop(second);
    let _third = operator.follow(STREAM, &[]).await;
    assert_eq!(first.next().await.unwrap(), [":"], "a heartbeat");
    let stop = tokio_util::sync::CancellationToken::new();
    stop.cancel();
    let streams = Arc::clone(&door.border().streams);
    streams.end_with(&stop).await;
    while let Some(lines) = first.next().await {
        assert_eq!(lines, [":"]);
    }
}
