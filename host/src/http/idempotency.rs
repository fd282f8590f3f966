//! `Idempotency-Key`: a write sent again with the same key gets the first answer again, and is done once.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::access::caller;
use super::border::Border;
use super::extract::body;
use super::problem::Problem;
use crate::store::idempotency::{KeptAnswer, Known};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// What of an answer's head is kept with it.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];
/// Largest answer that is kept.
const MAX_ANSWER: usize = 16 << 20;
/// How long answers are kept, milliseconds: a day.
const KEEP: i64 = 86_400_000;
/// After this a request that never finished (its process died) no longer blocks its key, milliseconds.
const ABANDONED: i64 = 60_000;

/// Runs a write once for each key, caller and route. The work goes on when its client goes away.
pub async fn once(State(border): State<Arc<Border>>, request: Request, next: Next) -> Response {
    let writes = [Method::POST, Method::PUT, Method::PATCH].contains(request.method());
    if !writes || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    match keyed(border, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn keyed(border: Arc<Border>, request: Request, next: Next) -> Result<Response, Problem> {
    let name = name(request.headers())?;
    let subject = caller(request.extensions())?.subject.clone();
    let target = request.uri().path_and_query().map_or("", |t| t.as_str());
    let key = stored_key(&border, &[&subject, request.method().as_str(), target, &name]);
    let (parts, payload) = request.into_parts();
    let kind = parts.headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    let bytes = body(Request::new(payload), border.limits.batch_bytes, border.limits.body_deadline).await?;
    let fingerprint = border.keys.digest("idempotency-payload", &[kind, b"\n", &bytes[..]].concat()) as i64;
    let now = border.clock.now();
    match border.store.begin_once(&key, fingerprint, now, now - KEEP, now - ABANDONED).await? {
        Known::Running => return Err(Problem::StillRunning),
        Known::Other => return Err(Problem::KeyReused),
        Known::Done(answer) => return Ok(replayed(answer)),
        Known::Fresh => {}
    }
    let request = Request::from_parts(parts, Body::from(bytes));
    let work = async move {
        let (response, answer) = kept(next.run(request).await).await?;
        border.store.finish_once(&key, answer).await?;
        Ok(response)
    };
    tokio::spawn(work).await.map_err(|e| Problem::Internal(Box::new(e)))?
}

/// The key's text: 1 to 255 visible ASCII characters, bare or as a quoted string.
fn name(headers: &HeaderMap) -> Result<String, Problem> {
    let malformed = || Problem::Malformed("`idempotency-key` must be one text of 1 to 255 visible ASCII characters".into());
    let mut values = headers.get_all(KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(malformed()) };
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    let good = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if good { Ok(text.to_owned()) } else { Err(malformed()) }
}

/// 128 bits over caller, route and key, in hexadecimal: nothing a client sends becomes part of a query's text.
fn stored_key(border: &Border, parts: &[&str]) -> String {
    let mut message = Vec::new();
    for part in parts {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part.as_bytes());
    }
    let half = |domain| border.keys.digest(domain, &message);
    format!("{:016x}{:016x}", half("idempotency-a"), half("idempotency-b"))
}

/// The response again, with what of it is to be kept: nothing of a failure of ours, which a repeat may overcome.
async fn kept(response: Response) -> Result<(Response, Option<KeptAnswer>), Problem> {
    if response.status().is_server_error() || response.status() == StatusCode::TOO_MANY_REQUESTS {
        return Ok((response, None));
    }
    let (parts, body) = response.into_parts();
    let bytes: Bytes = to_bytes(body, MAX_ANSWER).await.map_err(|e| Problem::Internal(Box::new(e)))?;
    let line = |name: &HeaderName| Some(format!("{name}: {}\n", parts.headers.get(name)?.to_str().ok()?));
    let answer =
        KeptAnswer { status: parts.status.as_u16(), headers: KEPT.iter().filter_map(line).collect(), body: bytes.to_vec() };
    Ok((Response::from_parts(parts, Body::from(bytes)), Some(answer)))
}

fn replayed(answer: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    for (name, value) in answer.headers.lines().filter_map(|line| line.split_once(": ")) {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&'static str]) -> Option<String> {
        name(&values.iter().map(|v| (KEY, HeaderValue::from_static(v))).collect()).ok()
    }

    #[test]
    fn keys_are_short_visible_and_single() {
        assert_eq!(parsed(&["8e03978e-40d5-43dd-bc93-6894a57f9324"]).as_deref(), Some("8e03978e-40d5-43dd-bc93-6894a57f9324"));
        assert_eq!(parsed(&["\"quoted\""]).as_deref(), Some("quoted"));
        let long: &'static str = "a".repeat(256).leak();
        for bad in [&[][..], &[""], &["\"\""], &["a b"], &["a\tb"], &["a", "b"], &["\"a"], &["a\\b"], &[long]] {
            assert_eq!(parsed(bad), None, "{bad:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_as_it_was_but_marked() {
        let response = (StatusCode::CREATED, [(CONTENT_TYPE, "application/json"), (LOCATION, "/v1/x")], "{}").into_response();
        let (_, answer) = kept(response).await.unwrap();
        let again = replayed(answer.unwrap());
        assert_eq!((again.status(), &again.headers()[LOCATION]), (StatusCode::CREATED, &HeaderValue::from_static("/v1/x")));
        assert_eq!(again.headers()[REPLAYED], "true");
        assert_eq!(to_bytes(again.into_body(), 10).await.unwrap(), "{}");
        assert_eq!(kept(StatusCode::INTERNAL_SERVER_ERROR.into_response()).await.unwrap().1, None);
    }
}
