//! `andon plugin backtest` on a database, and through a host that serves it.

use andon_tests::events::{DAY, NOW, event, good_orders};
use andon_tests::{Backend, TestApp};
use serde_json::json;

use super::served::Served;
use super::{bench, plugin};

/// Thirty orders of one shop, claims on three of which were denied.
async fn host() -> TestApp {
    let test = TestApp::new(Backend::Sqlite).await;
    let mut events = good_orders("shop-of-jane", 30, NOW - 30 * DAY);
    for n in 0..3 {
        let order = format!("shop-of-jane-{n}");
        let say = |kind: &str, at, data| event(&format!("{n}-{kind}"), kind, &order, at, data);
        events.push(say("claim.opened", NOW - 20 * DAY, json!({"claim": "c", "kind": "not-received"})));
        events.push(say("claim.closed", NOW - 20 * DAY, json!({"claim": "c", "state": "denied"})));
    }
    test.accept(&events).await;
    test
}

const PERIOD: [&str; 8] =
    ["rules.wasm", "--marketplace", "olist", "--from", "2024-05-20", "--to", "2024-05-24", "--set=counted-claim-states=denied"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_plays_rules_over_a_database() {
    let test = host().await;
    let (url, place) = (test.database_url().to_owned(), bench(&[]));
    let busy = plugin(place.path(), &[&["backtest"], &PERIOD[..], &["--home", "home", "--database-url", &url]].concat());
    assert!(busy.failed().contains("is using this database"), "{}", busy.err);
    let aside = test.set_aside().await;
    let run = |more: &[&str]| {
        plugin(place.path(), &[&["backtest"], &PERIOD[..], &["--home", "home", "--database-url", &url], more].concat())
    };
    let text = run(&[]).ok();
    let coverage = text.find("Coverage").unwrap();
    assert!(coverage < text.find("shop-of-jane: ").unwrap() && text.contains("order shop-of-jane-0 on"), "{text}");
    assert!(run(&["--out", "report.html"]).ok().is_empty());
    let page = std::fs::read_to_string(place.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.contains("shop-of-jane"));
    let json = run(&["--format", "json", "--every", "2d"]);
    assert!(json.succeeded, "{}", json.err);
    assert_eq!((&json.json()["period"]["moments"], &json.json()["changed"]), (&json!(3), &json!(1)));
    assert!(run(&["--every", "1y"]).failed().contains("must be so many hours"));
    let nowhere =
        ["backtest", "rules.wasm", "--marketplace", "nowhere", "--from", "2024-05-20", "--to", "2024-05-24", "--home", "home"];
    assert!(
        plugin(place.path(), &[&nowhere[..], &["--database-url", &url]].concat()).failed().contains("no marketplace nowhere")
    );
    drop(aside);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_author_asks_a_host_that_serves() {
    let served = Served::over(host().await).await;
    let place = bench(&[]);
    let run = |more: &[&str]| served.plugin(place.path(), &[&["backtest"], &PERIOD[..], &["--host"], more].concat());
    let text = run(&[]).ok();
    assert!(text.contains("merchant-") && !text.contains("jane"), "{text}");
    let json = run(&["--format", "json"]);
    assert!(json.succeeded, "{}", json.err);
    assert_eq!((&json.json()["coverage"]["orders"], &json.json()["changed"]), (&json!(30), &json!(1)));
    let by_name = [&["backtest", "amazon@0.1.0"], &PERIOD[1..], &["--host", "--format=csv"]].concat();
    assert!(served.plugin(place.path(), &by_name).ok().starts_with("about,item,"));
}
