//! Probes, the description of the API, its page, and what every answer has in common.

use andon_tests::{Backend, Door, TestApp};
use axum::http::Method;
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
    let m = "/v1/marketplaces/{m}";
    let expected = [
        "GET /v1/fault-codes".into(),
        "GET /v1/marketplaces".into(),
        format!("GET {m}"),
        format!("GET {m}/generations"),
        format!("GET {m}/generations/{{id}}"),
        format!("GET {m}/generations/{{id}}/shadow"),
        format!("GET {m}/generations/{{id}}/shadow/merchants"),
        format!("GET {m}/merchants"),
        format!("GET {m}/merchants/{{ref}}"),
        format!("GET {m}/merchants/{{ref}}/health"),
        format!("GET {m}/merchants/{{ref}}/health/evidence"),
        format!("GET {m}/merchants/{{ref}}/health/history"),
        format!("GET {m}/merchants/{{ref}}/health/recovery"),
        format!("GET {m}/merchants/{{ref}}/notices"),
        format!("GET {m}/merchants/{{ref}}/orders"),
        format!("GET {m}/merchants/{{ref}}/snapshot"),
        format!("GET {m}/orders/{{ref}}"),
        format!("GET {m}/orders/{{ref}}/feedback"),
        format!("GET {m}/stream"),
        format!("GET {m}/webhooks"),
        format!("GET {m}/webhooks/{{id}}"),
        format!("GET {m}/webhooks/{{id}}/deliveries"),
        "GET /v1/plugins".into(),
        "GET /v1/plugins/{name}".into(),
        "GET /v1/plugins/{name}/versions/{v}".into(),
        "GET /v1/plugins/{name}/versions/{v}/backtests".into(),
        "GET /v1/plugins/{name}/versions/{v}/backtests/{id}".into(),
        "GET /v1/plugins/{name}/versions/{v}/backtests/{id}/report".into(),
        "GET /v1/plugins/{name}/versions/{v}/component".into(),
        "GET /v1/plugins/{name}/versions/{v}/faults".into(),
        "GET /v1/verdicts/{id}".into(),
        format!("DELETE {m}/webhooks/{{id}}"),
        format!("PATCH {m}"),
        format!("PATCH {m}/webhooks/{{id}}"),
        "POST /v1/marketplaces".into(),
        format!("POST {m}/events"),
        format!("POST {m}/generations/{{id}}/cancel"),
        format!("POST {m}/generations/{{id}}/pause"),
        format!("POST {m}/generations/{{id}}/resume"),
        format!("POST {m}/merchants/{{ref}}/health/what-if"),
        format!("POST {m}/webhooks"),
        format!("POST {m}/webhooks/messages/{{id}}/confirm"),
        format!("POST {m}/webhooks/{{id}}/deliveries/{{message}}/replay"),
        format!("POST {m}/webhooks/{{id}}/recover"),
        format!("POST {m}/webhooks/{{id}}/rotate"),
        format!("POST {m}/webhooks/{{id}}/test"),
        "POST /v1/plugins".into(),
        "POST /v1/plugins/{name}/versions/{v}/activate".into(),
        "POST /v1/plugins/{name}/versions/{v}/backtests".into(),
        "POST /v1/plugins/{name}/versions/{v}/backtests/{id}/cancel".into(),
        "POST /v1/plugins/{name}/versions/{v}/quarantine".into(),
        "POST /v1/plugins/{name}/versions/{v}/release".into(),
        "POST /v1/plugins/{name}/versions/{v}/retire".into(),
        "POST /v1/plugins/{name}/versions/{v}/rollback".into(),
        "POST /v1/plugins/{name}/versions/{v}/shadow".into(),
        "POST /v1/verdicts/{id}/replay".into(),
        format!("POST {m}/orders/{{ref}}/feedback/{{ruling}}"),
        format!("DELETE {m}/merchants/{{ref}}/overrides/{{action}}"),
        format!("GET {m}/buyers/signals"),
        format!("GET {m}/cords/figures"),
        format!("GET {m}/enforcements"),
        format!("GET {m}/enforcements/{{id}}"),
        format!("GET {m}/ledger"),
        format!("GET {m}/ledger/export"),
        format!("GET {m}/ledger/head"),
        format!("GET {m}/ledger/{{seq}}"),
        format!("GET {m}/ledger/{{seq}}/proof"),
        format!("GET {m}/listings/{{ref}}/cord"),
        format!("GET {m}/merchants/{{ref}}/account"),
        format!("GET {m}/merchants/{{ref}}/overrides"),
        format!("GET {m}/merchants/{{ref}}/reports/amazon-account-health"),
        format!("GET {m}/merchants/{{ref}}/reports/ebay-seller-standards"),
        format!("POST {m}/buyers/{{ref}}/feedback/{{ruling}}"),
        format!("POST {m}/enforcements"),
        format!("POST {m}/enforcements/{{id}}/approve"),
        format!("POST {m}/enforcements/{{id}}/decline"),
        format!("POST {m}/enforcements/{{id}}/lift"),
        format!("POST {m}/enforcements/{{id}}/reverse"),
        format!("POST {m}/listings/{{ref}}/cord"),
        format!("POST {m}/listings/{{ref}}/cord/release"),
        format!("POST {m}/listings/{{ref}}/cord/uphold"),
        format!("PUT {m}/merchants/{{ref}}/overrides/{{action}}"),
        format!("PUT {m}/merchants/{{ref}}"),
        format!("PUT {m}/orders/{{ref}}"),
        format!("PUT {m}/orders/{{ref}}/feedback"),
    ];
    let mut expected: Vec<String> = expected.into();
    expected.sort();
    assert_eq!(operations, expected);
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
