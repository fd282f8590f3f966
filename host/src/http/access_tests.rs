//! Every kind of caller at every kind of place: who gets in, and that a foreign thing looks like none.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::routing::get;
use tower::ServiceExt;

use super::*;
use crate::auth::Caller;
use crate::keys::Keys;
use crate::store::marketplaces::MarketRow;

fn market(id: i64, code: &str) -> Arc<Market> {
    let row = MarketRow {
        id,
        code: code.into(),
        name: code.into(),
        currency: "EUR".into(),
        time_zone: "UTC".into(),
        locale: "en".into(),
        clock: "system".into(),
        latest_event: 0,
        rules: None,
        settings: BTreeMap::new(),
        overrides: BTreeMap::new(),
        action_modes: BTreeMap::new(),
        policy: andon_domain::enforce::policy::Policy::default(),
        notice_days: None,
        generation: None,
        created_at: 0,
        updated_at: 0,
    };
    Arc::new(Market::of_row(row, Keys::new([0; 16])))
}

fn router() -> Router {
    let markets = Arc::new(Markets::default());
    for (id, code) in [(1, "a"), (2, "b")] {
        markets.put(market(id, code));
    }
    Router::new()
        .route("/run", get(async |_: Operator<Run>| "run"))
        .route("/house", get(async |_: House<Run>| "house"))
        .route("/{m}/staff", get(async |_: Staff<Deliver>| "staff"))
        .route("/{m}/member", get(async |access: Member<See>| access.check(Some("1")).map(|()| "member")))
        .route("/{m}/merchants/{ref}", get(async |access: AtMerchant<See>| access.merchant))
        .with_state(markets)
}

/// Status and body of a GET by whoever bears these claims.
async fn answer(claims: &str, path: &str) -> (StatusCode, String) {
    let mut request = Request::get(path).body(Body::empty()).unwrap();
    if !claims.is_empty() {
        let caller = Caller::of_claims(&format!(r#"{{"iss":"i","aud":"a","sub":"s","exp":1,{claims}}}"#)).unwrap();
        request.extensions_mut().insert(Arc::new(caller));
    }
    let response = router().oneshot(request).await.unwrap();
    let status = response.status();
    (status, String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap())
}

const ADMIN: &str = r#""scope":"admin","marketplaces":"*""#;
const READER_OF_A: &str = r#""scope":"health:read","marketplaces":["a"]"#;
const SENDER_TO_A: &str = r#""scope":"events:write","marketplaces":["a"]"#;
const MERCHANT_1_OF_A: &str = r#""scope":"health:read","merchant":{"marketplace":"a","ref":"1"}"#;
const GREEDY_MERCHANT: &str = r#""scope":"admin","marketplaces":"*","merchant":{"marketplace":"a","ref":"1"}"#;

#[tokio::test]
async fn each_caller_gets_where_they_may_and_nowhere_else() {
    for (claims, path, status) in [
        ("", "/run", 401),
        ("", "/a/staff", 401),
        (ADMIN, "/run", 200),
        (ADMIN, "/house", 200),
        (r#""scope":"admin","marketplaces":["a","b"]"#, "/house", 403),
        (ADMIN, "/a/staff", 200),
        (ADMIN, "/a/merchants/1", 200),
        (ADMIN, "/c/staff", 404),
        (READER_OF_A, "/run", 403),
        (READER_OF_A, "/a/staff", 403),
        (READER_OF_A, "/b/staff", 403),
        (READER_OF_A, "/a/member", 200),
        (READER_OF_A, "/b/member", 404),
        (READER_OF_A, "/a/merchants/2", 200),
        (READER_OF_A, "/b/merchants/1", 404),
        (SENDER_TO_A, "/a/staff", 200),
        (SENDER_TO_A, "/b/staff", 404),
        (SENDER_TO_A, "/a/merchants/1", 403),
        (MERCHANT_1_OF_A, "/a/merchants/1", 200),
        (MERCHANT_1_OF_A, "/a/merchants/2", 404),
        (MERCHANT_1_OF_A, "/a/merchants/1%20", 404),
        (MERCHANT_1_OF_A, "/b/merchants/1", 404),
        (MERCHANT_1_OF_A, "/a/member", 200),
        (MERCHANT_1_OF_A, "/a/staff", 403),
        (GREEDY_MERCHANT, "/run", 403),
        (GREEDY_MERCHANT, "/house", 403),
        (GREEDY_MERCHANT, "/a/staff", 403),
        (GREEDY_MERCHANT, "/b/staff", 403),
        (GREEDY_MERCHANT, "/a/merchants/2", 404),
        (r#""scope":"admin""#, "/a/staff", 404),
    ] {
        assert_eq!(answer(claims, path).await.0, status, "{claims} {path}");
    }
}

#[tokio::test]
async fn a_foreign_thing_and_none_are_told_in_the_same_words() {
    assert_eq!(answer(READER_OF_A, "/b/member").await, answer(READER_OF_A, "/nowhere/member").await);
    assert_eq!(answer(READER_OF_A, "/b/merchants/1").await, answer(READER_OF_A, "/nowhere/merchants/1").await);
    assert_eq!(answer(MERCHANT_1_OF_A, "/a/merchants/2").await, answer(MERCHANT_1_OF_A, "/b/merchants/1").await);
    assert_eq!(answer(MERCHANT_1_OF_A, "/b/staff").await, answer(MERCHANT_1_OF_A, "/nowhere/staff").await);
}
