//! Probes, the description of the API, its page, and what every answer has in common.

use std::io::{Read, Write};
use std::net::TcpStream;

use andon::auth::Scope;
use andon::config::Config;
use andon_tests::process::Process;
use andon_tests::{Answer, Backend, Client, Door, TestApp, on_both};
use axum::http::Method;
use futures::future::join_all;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn probes_need_no_token() {
    let test = TestApp::new(Backend::Sqlite).await;
    let stranger = Door::new(&test).stranger();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(stranger.get(path).await.status, 200, "{path}");
    }
    for path in ["/", "/v1", "/v1/nothing", "/healthz/x"] {
        let answer = stranger.get(path).await.short();
        assert!(["404 not-found", "401 unauthenticated"].contains(&answer.as_str()), "{path}: {answer}");
    }
    assert_eq!(stranger.send(Method::DELETE, "/healthz", &[], Vec::new()).await.short(), "405 method-not-allowed");
}

on_both! {
    async fn a_host_without_its_database_is_alive_but_not_ready(backend) {
        let test = TestApp::new(backend).await;
        let stranger = Door::new(&test).stranger();
        test.app.store.db().close_by_ref().await.unwrap();
        let answer = stranger.get("/readyz").await;
        assert_eq!((answer.short(), answer.header("retry-after")), ("503 unavailable".into(), "1"));
        assert_eq!(stranger.get("/healthz").await.status, 200);
    }
}

/// An answer of a host's, head and body.
fn read(host: &Process, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(host.address()).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), body.to_owned())
}

#[test]
fn a_host_tells_its_figures_as_prometheus_reads_them() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", home.path().join("andon.db").display());
    let host = Process::serve(env!("CARGO_BIN_EXE_andon-in-tests"), home.path(), &url);
    assert!(read(&host, "/readyz").0.starts_with("http/1.1 200 "));
    let (head, body) = read(&host, "/metrics");
    assert!(head.starts_with("http/1.1 200 ") && head.contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert!(body.contains("# TYPE andon_http_request_seconds "), "{body}");
    let of_ready = |line: &&str| line.starts_with("andon_http_request_seconds_count{") && line.contains(r#"route="/readyz""#);
    assert!(body.lines().find(of_ready).unwrap().ends_with(" 1"), "{body}");
    for line in body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("andon_") && value.parse::<f64>().is_ok(), "{line}");
    }
}

/// Those of many requests at once that were turned away; all others must be answered as said.
async fn turned_away(client: &Client, path: &str, otherwise: u16) -> Vec<Answer> {
    let answers = join_all((0..20).map(|_| client.get(path))).await;
    let (refused, others): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 429);
    assert!(!others.is_empty() && others.iter().all(|answer| answer.status == otherwise));
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_too_often_is_told_when_to_come_back_and_nobody_else_is() {
    let test = TestApp::new(Backend::Sqlite).await;
    let door = Door::with(&test, Config { rate: 1, rate_anonymous: 1, ..Config::default() });
    let (one, other) = (door.person("one", &[Scope::Admin]), door.person("other", &[Scope::Admin]));
    let path = "/v1/marketplaces";
    for refused in [turned_away(&door.stranger(), path, 401).await, turned_away(&one, path, 200).await] {
        assert!(!refused.is_empty(), "twenty in a second");
        for answer in refused {
            assert_eq!((answer.short(), answer.header("retry-after")), ("429 too-many-requests".into(), "1"));
        }
    }
    assert_eq!(other.get(path).await.status, 200);
    assert_eq!(door.with_token("no.such.token").get("/healthz").await.status, 200, "probes are not counted");
}

/// Every route that is described.
const ROUTES: &[&str] = &[
    "DELETE /v1/marketplaces/{m}/merchants/{ref}/overrides/{action}",
    "DELETE /v1/marketplaces/{m}/webhooks/{id}",
    "GET /v1/fault-codes",
    "GET /v1/marketplaces",
    "GET /v1/marketplaces/{m}",
    "GET /v1/marketplaces/{m}/appeals",
    "GET /v1/marketplaces/{m}/appeals/{id}",
    "GET /v1/marketplaces/{m}/buyers/signals",
    "GET /v1/marketplaces/{m}/cords/figures",
    "GET /v1/marketplaces/{m}/enforcements",
    "GET /v1/marketplaces/{m}/enforcements/{id}",
    "GET /v1/marketplaces/{m}/enforcements/{id}/statement",
    "GET /v1/marketplaces/{m}/generations",
    "GET /v1/marketplaces/{m}/generations/{id}",
    "GET /v1/marketplaces/{m}/generations/{id}/shadow",
    "GET /v1/marketplaces/{m}/generations/{id}/shadow/merchants",
    "GET /v1/marketplaces/{m}/ledger",
    "GET /v1/marketplaces/{m}/ledger/export",
    "GET /v1/marketplaces/{m}/ledger/head",
    "GET /v1/marketplaces/{m}/ledger/{seq}",
    "GET /v1/marketplaces/{m}/ledger/{seq}/proof",
    "GET /v1/marketplaces/{m}/listings/{ref}/cord",
    "GET /v1/marketplaces/{m}/merchants",
    "GET /v1/marketplaces/{m}/merchants/{ref}",
    "GET /v1/marketplaces/{m}/merchants/{ref}/account",
    "GET /v1/marketplaces/{m}/merchants/{ref}/attachments/{digest}",
    "GET /v1/marketplaces/{m}/merchants/{ref}/health",
    "GET /v1/marketplaces/{m}/merchants/{ref}/health/evidence",
    "GET /v1/marketplaces/{m}/merchants/{ref}/health/history",
    "GET /v1/marketplaces/{m}/merchants/{ref}/health/recovery",
    "GET /v1/marketplaces/{m}/merchants/{ref}/notices",
    "GET /v1/marketplaces/{m}/merchants/{ref}/orders",
    "GET /v1/marketplaces/{m}/merchants/{ref}/overrides",
    "GET /v1/marketplaces/{m}/merchants/{ref}/reports/amazon-account-health",
    "GET /v1/marketplaces/{m}/merchants/{ref}/reports/ebay-seller-standards",
    "GET /v1/marketplaces/{m}/merchants/{ref}/snapshot",
    "GET /v1/marketplaces/{m}/orders/{ref}",
    "GET /v1/marketplaces/{m}/orders/{ref}/feedback",
    "GET /v1/marketplaces/{m}/stream",
    "GET /v1/marketplaces/{m}/webhooks",
    "GET /v1/marketplaces/{m}/webhooks/{id}",
    "GET /v1/marketplaces/{m}/webhooks/{id}/deliveries",
    "GET /v1/plugins",
    "GET /v1/plugins/{name}",
    "GET /v1/plugins/{name}/versions/{v}",
    "GET /v1/plugins/{name}/versions/{v}/backtests",
    "GET /v1/plugins/{name}/versions/{v}/backtests/{id}",
    "GET /v1/plugins/{name}/versions/{v}/backtests/{id}/report",
    "GET /v1/plugins/{name}/versions/{v}/component",
    "GET /v1/plugins/{name}/versions/{v}/faults",
    "GET /v1/verdicts/{id}",
    "PATCH /v1/marketplaces/{m}",
    "PATCH /v1/marketplaces/{m}/webhooks/{id}",
    "POST /v1/marketplaces",
    "POST /v1/marketplaces/{m}/appeals/{id}/answer",
    "POST /v1/marketplaces/{m}/appeals/{id}/more",
    "POST /v1/marketplaces/{m}/buyers/{ref}/feedback/{ruling}",
    "POST /v1/marketplaces/{m}/enforcements",
    "POST /v1/marketplaces/{m}/enforcements/{id}/appeals",
    "POST /v1/marketplaces/{m}/enforcements/{id}/approve",
    "POST /v1/marketplaces/{m}/enforcements/{id}/decline",
    "POST /v1/marketplaces/{m}/enforcements/{id}/lift",
    "POST /v1/marketplaces/{m}/enforcements/{id}/reverse",
    "POST /v1/marketplaces/{m}/events",
    "POST /v1/marketplaces/{m}/generations/{id}/cancel",
    "POST /v1/marketplaces/{m}/generations/{id}/pause",
    "POST /v1/marketplaces/{m}/generations/{id}/resume",
    "POST /v1/marketplaces/{m}/listings/{ref}/cord",
    "POST /v1/marketplaces/{m}/listings/{ref}/cord/release",
    "POST /v1/marketplaces/{m}/listings/{ref}/cord/uphold",
    "POST /v1/marketplaces/{m}/merchants/{ref}/attachments",
    "POST /v1/marketplaces/{m}/merchants/{ref}/health/what-if",
    "POST /v1/marketplaces/{m}/orders/{ref}/feedback/{ruling}",
    "POST /v1/marketplaces/{m}/webhooks",
    "POST /v1/marketplaces/{m}/webhooks/messages/{id}/confirm",
    "POST /v1/marketplaces/{m}/webhooks/{id}/deliveries/{message}/replay",
    "POST /v1/marketplaces/{m}/webhooks/{id}/recover",
    "POST /v1/marketplaces/{m}/webhooks/{id}/rotate",
    "POST /v1/marketplaces/{m}/webhooks/{id}/test",
    "POST /v1/plugins",
    "POST /v1/plugins/{name}/versions/{v}/activate",
    "POST /v1/plugins/{name}/versions/{v}/backtests",
    "POST /v1/plugins/{name}/versions/{v}/backtests/{id}/cancel",
    "POST /v1/plugins/{name}/versions/{v}/quarantine",
    "POST /v1/plugins/{name}/versions/{v}/release",
    "POST /v1/plugins/{name}/versions/{v}/retire",
    "POST /v1/plugins/{name}/versions/{v}/rollback",
    "POST /v1/plugins/{name}/versions/{v}/shadow",
    "POST /v1/verdicts/{id}/replay",
    "PUT /v1/marketplaces/{m}/merchants/{ref}",
    "PUT /v1/marketplaces/{m}/merchants/{ref}/overrides/{action}",
    "PUT /v1/marketplaces/{m}/orders/{ref}",
    "PUT /v1/marketplaces/{m}/orders/{ref}/feedback",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_description_names_every_route_and_its_page_works_offline() {
    let test = TestApp::new(Backend::Sqlite).await;
    let stranger = Door::new(&test).stranger();
    let document = stranger.get("/openapi.json").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let mut operations: Vec<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    operations.sort();
    assert_eq!(operations, ROUTES);
    let described = |op: &Value| op["operationId"].is_string() && op["summary"].is_string();
    assert!(paths.values().flat_map(|p| p.as_object().unwrap().values()).all(described));

    let page = stranger.get("/docs/").await;
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert_eq!(page.status, 200);
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_an_id_and_safe_headers() {
    let test = TestApp::new(Backend::Sqlite).await;
    let client = Door::new(&test).operator();
    for path in ["/v1/marketplaces", "/v1/marketplaces/none", "/nowhere"] {
        let answer = client.send(Method::GET, path, &[("x-request-id", "mine-1")], Vec::new()).await;
        assert_eq!((answer.header("x-request-id"), answer.header("x-content-type-options")), ("mine-1", "nosniff"), "{path}");
    }
    assert!(!client.get("/healthz").await.header("x-request-id").is_empty());
    let long = format!("/v1/marketplaces?x={}", "a".repeat(9_000));
    assert_eq!(client.get(&long).await.short(), "414 uri-too-long");
}
