//! Entity tags: a strong one over every answer that can be cached, 304 for who has it already, 412 for who would write over
//! a state they have not seen.

use std::hash::Hasher;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use siphasher::sip128::{Hasher128, SipHasher13};
use tokio::sync::RwLock;
use tower::ServiceExt;

use super::border::Border;
use super::problem::Problem;
use crate::auth::Caller;

/// Answers up to this many bytes get a tag.
const MAX_TAGGED: u64 = 16 << 20;

/// Locks by path: a conditional write holds its path alone from check to end, plain writes share it.
pub struct Paths([RwLock<()>; 256]);

impl Default for Paths {
    fn default() -> Self {
        Self(std::array::from_fn(|_| RwLock::new(())))
    }
}

impl Paths {
    fn of(&self, path: &str) -> &RwLock<()> {
        &self.0[usize::from(hash(&[path.as_bytes()])[0])]
    }
}

/// What conditions are checked with.
#[derive(Clone)]
pub struct Conditions {
    /// Holds the locks.
    pub border: Arc<Border>,
    /// The resources themselves, to look at what a write would change.
    pub resources: Router,
}

/// Tags answers to GET and checks the conditions of PUT and PATCH.
pub async fn conditional(State(conditions): State<Conditions>, request: Request, next: Next) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => {
            let known = request.headers().get(IF_NONE_MATCH).cloned();
            tagged(next.run(request).await, known.as_ref()).await
        }
        Method::PUT | Method::PATCH => {
            let lock = conditions.border.paths.of(request.uri().path());
            if !has_condition(request.headers()) {
                let _shared = lock.read().await;
                return next.run(request).await;
            }
            let _alone = lock.write().await;
            let seen = conditions.resources.oneshot(look(&request)).await.unwrap_or_else(|never| match never {});
            let now = tagged(seen, None).await;
            match now.status() {
                StatusCode::OK | StatusCode::NOT_FOUND => {}
                _ => return now,
            }
            let tag = now.headers().get(ETAG).filter(|_| now.status() == StatusCode::OK);
            if holds(request.headers(), tag) { next.run(request).await } else { Problem::PreconditionFailed.into_response() }
        }
        _ => next.run(request).await,
    }
}

fn has_condition(headers: &HeaderMap) -> bool {
    headers.contains_key(IF_MATCH) || headers.contains_key(IF_NONE_MATCH)
}

/// The GET that shows what a write would change.
fn look(request: &Request) -> Request {
    let mut get = Request::new(Body::empty());
    get.uri_mut().clone_from(request.uri());
    get.headers_mut().clone_from(request.headers());
    for name in [IF_MATCH, IF_NONE_MATCH, CONTENT_TYPE, axum::http::header::CONTENT_LENGTH] {
        get.headers_mut().remove(name);
    }
    if let Some(caller) = request.extensions().get::<Arc<Caller>>() {
        get.extensions_mut().insert(caller.clone());
    }
    get
}

fn holds(headers: &HeaderMap, tag: Option<&HeaderValue>) -> bool {
    let matches = |wanted: &HeaderValue, weak: bool| {
        let wanted = wanted.to_str().unwrap_or_default();
        tag.is_some_and(|tag| {
            let tag = tag.to_str().unwrap_or_default();
            wanted.trim() == "*" || list(wanted).any(|w| w == tag || weak && w.strip_prefix("W/") == Some(tag))
        })
    };
    let if_match = headers.get(IF_MATCH).is_none_or(|wanted| matches(wanted, false));
    let if_none = headers.get(IF_NONE_MATCH).is_none_or(|wanted| !matches(wanted, true));
    if_match && if_none
}

/// The tags of a list; a tag's own commas are none of ours, ours hold none.
fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let whole = response.body().size_hint().exact().is_some_and(|length| length <= MAX_TAGGED);
    if response.status() != StatusCode::OK || !whole {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match to_bytes(body, MAX_TAGGED as usize).await {
        Ok(bytes) => bytes,
        Err(error) => return Problem::Internal(Box::new(error)).into_response(),
    };
    let kind = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(hash(&[kind, &bytes])));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    set(&mut parts.headers, CACHE_CONTROL, "private, no-cache");
    set(&mut parts.headers, VARY, "authorization, accept-language");
    let known = known.and_then(|k| k.to_str().ok()).unwrap_or_default();
    if known.trim() == "*" || list(known).any(|k| k.strip_prefix("W/").unwrap_or(k) == tag) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(CONTENT_TYPE);
        parts.headers.remove(axum::http::header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// 128 bits that differ when the content does; nobody gains by making two alike.
fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = SipHasher13::new();
    for part in parts {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    hasher.finish128().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> Response {
        ([(CONTENT_TYPE, "application/json")], body).into_response()
    }

    #[tokio::test]
    async fn a_known_tag_spares_the_body() {
        let first = tagged(answer("{}"), None).await;
        let tag = first.headers()[ETAG].clone();
        assert!(tag.to_str().unwrap().starts_with('"'));
        assert_ne!(tag, tagged(answer("[]"), None).await.headers()[ETAG]);
        for known in [tag.to_str().unwrap().to_owned(), format!("\"x\", W/{}", tag.to_str().unwrap()), "*".into()] {
            let again = tagged(answer("{}"), Some(&known.parse().unwrap())).await;
            assert_eq!((again.status(), again.headers()[ETAG].clone()), (StatusCode::NOT_MODIFIED, tag.clone()));
            assert!(to_bytes(again.into_body(), 100).await.unwrap().is_empty());
        }
        assert_eq!(tagged(answer("{}"), Some(&"\"x\"".parse().unwrap())).await.status(), StatusCode::OK);
    }

    #[test]
    fn conditions_hold_as_rfc_9110_says() {
        let tag = HeaderValue::from_static("\"a\"");
        let check = |name: HeaderName, value: &'static str, tag: Option<&HeaderValue>| {
            holds(&HeaderMap::from_iter([(name, HeaderValue::from_static(value))]), tag)
        };
        assert!(
            check(IF_MATCH, "\"a\"", Some(&tag))
                && check(IF_MATCH, "*", Some(&tag))
                && check(IF_MATCH, "\"b\", \"a\"", Some(&tag))
        );
        assert!(!check(IF_MATCH, "\"b\"", Some(&tag)) && !check(IF_MATCH, "W/\"a\"", Some(&tag)) && !check(IF_MATCH, "*", None));
        assert!(
            check(IF_NONE_MATCH, "*", None)
                && !check(IF_NONE_MATCH, "*", Some(&tag))
                && !check(IF_NONE_MATCH, "W/\"a\"", Some(&tag))
        );
    }
}
