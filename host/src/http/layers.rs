//! What happens around every request: its id, its span and timing, safe headers, a catch for panics, and who is calling.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, histogram};
use tracing::Instrument;

use super::border::Border;
use super::problem::Problem;
use crate::auth::AuthError;
use crate::telemetry::{REQUEST_SECONDS, TOKENS_REFUSED};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest path with query, bytes.
const MAX_URI: usize = 8_192;
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// The page at `/docs` runs its own scripts only; its library sets styles on elements.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Gives the request an id (the sender's, if it is a plain one), a span and a line in the metrics, and the answer its headers.
pub async fn observe(State(border): State<Arc<Border>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(request.headers()).unwrap_or_else(|| border.clock.new_id().to_string());
    let method = known(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let docs = request.uri().path().starts_with("/docs");
    let span = tracing::info_span!("request", %id, %method, %route);
    let mut response = match acceptable(request.uri()) {
        Ok(()) => next.run(request).instrument(span.clone()).await,
        Err(problem) => problem.into_response(),
    };
    let (seconds, status) = (began.elapsed().as_secs_f64(), response.status().as_u16());
    span.in_scope(|| tracing::debug!(status, seconds, "answered"));
    histogram!(REQUEST_SECONDS, "route" => route, "method" => method, "status" => status.to_string()).record(seconds);
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // A page that a handler makes brings its own.
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(if docs { DOCS_POLICY } else { API_POLICY }));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// Whether a path and query are looked at any further. NUL is refused here for every route at once, as it is in every body: not
/// every database can be asked for it. Other control characters are only found nowhere.
fn acceptable(uri: &Uri) -> Result<(), Problem> {
    match uri.path_and_query().map(PathAndQuery::as_str) {
        Some(target) if target.len() > MAX_URI => Err(Problem::UriTooLong),
        Some(target) if target.contains("%00") => Err(Problem::Malformed("the path or query holds NUL".into())),
        _ => Ok(()),
    }
}

/// A method's name; one that nobody knows must not become a label of its own.
fn known(method: &Method) -> &'static str {
    const ALL: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    ALL.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// An id that may go into a log as it is.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    plain.then(|| id.to_owned())
}

/// The answer to a panic; its message was logged where it happened.
pub fn panicked(_: Box<dyn Any + Send>) -> Response {
    Problem::Internal("a handler panicked".into()).into_response()
}

/// Lets requests with a valid token through, as long as their caller's budget lasts.
pub async fn authenticate(State(border): State<Arc<Border>>, mut request: Request, next: Next) -> Response {
    let checked = match bearer(request.headers()) {
        Ok(token) => border.verifier.verify(token).await,
        Err(error) => Err(error),
    };
    let caller = match checked {
        Ok(caller) => caller,
        Err(error) => {
            counter!(TOKENS_REFUSED, "reason" => error.word()).increment(1);
            let refused = border.rates.stranger(address(&request)).err();
            return refused.unwrap_or(Problem::Unauthenticated(error)).into_response();
        }
    };
    if let Err(problem) = border.rates.caller(border.keys.digest("caller", caller.subject.as_bytes())) {
        return problem.into_response();
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Result<&str, AuthError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(AuthError::Missing)?;
    if values.next().is_some() {
        return Err(AuthError::Malformed);
    }
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or(AuthError::Malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim_matches(' ')) } else { Err(AuthError::Missing) }
}

fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|v| (name.clone(), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn one_bearer_token_or_none() {
        assert_eq!(bearer(&headers(AUTHORIZATION, &["Bearer a.b.c"])), Ok("a.b.c"));
        assert_eq!(bearer(&headers(AUTHORIZATION, &["bearer  a.b.c"])), Ok("a.b.c"));
        assert_eq!(bearer(&headers(AUTHORIZATION, &[])), Err(AuthError::Missing));
        assert_eq!(bearer(&headers(AUTHORIZATION, &["Basic YTpi"])), Err(AuthError::Missing));
        assert_eq!(bearer(&headers(AUTHORIZATION, &["Bearer a", "Bearer b"])), Err(AuthError::Malformed));
    }

    #[test]
    fn nul_is_refused_wherever_it_stands_and_whatever_decodes_to_something_else_is_not() {
        let refused = |target: &'static str| matches!(acceptable(&Uri::from_static(target)), Err(Problem::Malformed(_)));
        assert!(refused("/v1/plugins/%00") && refused("/v1/plugins?a=b%00c") && refused("/v1/plugins?%00") && refused("/%%00"));
        assert!(!refused("/v1/plugins/%2500") && !refused("/v1/plugins?text=%01") && !refused("/v1/plugins/00"));
    }

    #[test]
    fn a_senders_id_is_taken_only_if_it_is_plain() {
        assert_eq!(request_id(&headers(REQUEST_ID, &["abc-1.2_3"])).as_deref(), Some("abc-1.2_3"));
        for bad in ["", "a b", "a\"b", "ü"] {
            assert_eq!(
                request_id(&HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_bytes(bad.as_bytes()).unwrap())])),
                None,
                "{bad}"
            );
        }
    }
}
