//! Requests to a host's router, in process and without a port, and answers in the short form that tests compare.

use std::sync::Arc;

use andon::auth::{Grant, KeySource, MerchantClaim, Policy, Scope, TrialKey, Verifier, install_crypto};
use andon::clock::Clock;
use andon::config::Config;
use andon::http::border::Border;
use andon::http::problem::TYPE_PREFIX;
use andon::http::router;
use andon::http::state::Http;
use axum::Router;
use axum::body::{Body, BodyDataStream, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, Request};
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::app::{MARKET, TestApp};

/// Largest answer that a test reads.
const MAX_ANSWER: usize = 64 << 20;

/// A host's router with the keys to it.
pub struct Door {
    router: Router,
    border: Arc<Border>,
    key: TrialKey,
    policy: Policy,
    clock: Arc<dyn Clock>,
    _home: TempDir,
}

/// Somebody with a token, or with none.
#[derive(Clone)]
pub struct Client {
    router: Router,
    token: Option<String>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The head.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Door {
    /// Opens it, with limits on rates that no test reaches.
    pub fn new(test: &TestApp) -> Self {
        Self::with(test, Config { rate: 1_000_000, rate_anonymous: 1_000_000, ..Config::default() })
    }

    /// Opens it with a test's own limits.
    pub fn with(test: &TestApp, config: Config) -> Self {
        install_crypto();
        let home = tempfile::tempdir().unwrap();
        let key = TrialKey::of_home(home.path()).unwrap();
        let seconds = config.token_seconds as i64;
        let policy = Policy { issuer: config.issuer.clone(), audience: config.audience.clone(), longest: seconds };
        let clock: Arc<dyn Clock> = test.clock.clone();
        let verifier = Verifier::new(KeySource::fixed(key.ring().unwrap()), policy.clone(), clock.clone());
        let border = Arc::new(Border::new(&config, verifier, test.app.keys, test.app.store.clone(), clock.clone()));
        let router = router(Http { app: test.app.clone(), border: border.clone(), metrics: None });
        Self { router, border, key, policy, clock, _home: home }
    }

    /// A token for anything, as its claims are to be.
    pub fn token(&self, grant: &Grant, policy: &Policy, now: i64) -> String {
        self.key.sign(grant, policy, now).unwrap()
    }

    /// The border itself.
    pub fn border(&self) -> &Arc<Border> {
        &self.border
    }

    /// What tokens must say.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Somebody with these scopes in all marketplaces.
    pub fn with_scopes(&self, scopes: &[Scope]) -> Client {
        self.bearing(&Grant { scopes: scopes.to_vec(), marketplaces: vec!["*".into()], ..self.grant() })
    }

    /// Somebody by name, with these scopes in all marketplaces: for what nobody may do in their own case.
    pub fn person(&self, name: &str, scopes: &[Scope]) -> Client {
        let subject = name.to_owned();
        self.bearing(&Grant { subject, scopes: scopes.to_vec(), marketplaces: vec!["*".into()], ..self.grant() })
    }

    /// Somebody who may do everything.
    pub fn operator(&self) -> Client {
        self.with_scopes(&[Scope::Admin])
    }

    /// A merchant of [`MARKET`] who may see its own health and appeal.
    pub fn merchant(&self, reference: &str) -> Client {
        let merchant = Some(MerchantClaim { marketplace: MARKET.into(), reference: reference.into() });
        self.bearing(&Grant { scopes: vec![Scope::HealthRead, Scope::AppealsWrite], merchant, ..self.grant() })
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Client {
        Client { router: self.router.clone(), token: None }
    }

    /// Somebody with a token of any make.
    pub fn with_token(&self, token: impl Into<String>) -> Client {
        Client { router: self.router.clone(), token: Some(token.into()) }
    }

    /// A grant that reaches nothing yet, for a minute.
    pub fn grant(&self) -> Grant {
        Grant { subject: "somebody".into(), seconds: 60, ..Grant::default() }
    }

    fn bearing(&self, grant: &Grant) -> Client {
        self.with_token(self.token(grant, &self.policy, self.clock.now()))
    }
}

impl Client {
    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    /// Any method with JSON.
    pub async fn json(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.send(method, path, &[(CONTENT_TYPE.as_str(), "application/json")], body.to_string().into_bytes()).await
    }

    /// A stream of server-sent events, from its beginning.
    pub async fn follow(&self, path: &str, headers: &[(&str, &str)]) -> Followed {
        let response = self.request(Method::GET, path, headers, Body::empty()).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()[CONTENT_TYPE]),
            (200, &HeaderValue::from_static("text/event-stream"))
        );
        Followed { body: response.into_body().into_data_stream(), read: String::new() }
    }

    /// Anything at all.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.send_body(method, path, headers, Body::from(body)).await
    }

    /// The same with a body that may be read in pieces.
    pub async fn send_body(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Answer {
        let (head, body) = self.request(method, path, headers, body).await.into_parts();
        Answer { status: head.status.as_u16(), headers: head.headers, body: to_bytes(body, MAX_ANSWER).await.unwrap().to_vec() }
    }

    async fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }
}

/// A stream of server-sent events.
pub struct Followed {
    body: BodyDataStream,
    read: String,
}

impl Followed {
    /// The next event's lines, or a comment; none at the end.
    pub async fn next(&mut self) -> Option<Vec<String>> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event: String = self.read.drain(..end + 2).collect();
                return Some(event.trim_end().lines().map(str::to_owned).collect());
            }
            let part = self.body.next().await?.unwrap();
            self.read += std::str::from_utf8(&part).unwrap();
        }
    }

    /// The next message: its place, its kind, its CloudEvent.
    pub async fn message(&mut self) -> (i64, String, Value) {
        let lines = self.next().await.unwrap();
        let field =
            |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap().trim().to_owned();
        (field("id").parse().unwrap(), field("event"), serde_json::from_str(&field("data")).unwrap())
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The body of a success.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{}", self.short());
        self.json()
    }

    /// A header, empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and, of a problem, its type and field: `422 invalid data.rating`.
    pub fn short(&self) -> String {
        if self.header("content-type") != "application/problem+json" {
            return self.status.to_string();
        }
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let slug = problem["type"].as_str().unwrap().strip_prefix(TYPE_PREFIX).unwrap();
        let parts = [Some(self.status.to_string()), Some(slug.to_owned()), problem["field"].as_str().map(str::to_owned)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}
