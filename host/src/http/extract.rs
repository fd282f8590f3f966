//! Body, path and query as handlers take them, with problems instead of axum's plain-text rejections.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::border::Border;
use super::json;
use super::problem::Problem;

/// Most bytes of a body that is too large which are read before the answer.
const MAX_THROWN_AWAY: usize = 128 << 20;

/// A JSON body: typed, strict, bounded in size and time.
#[derive(Debug)]
pub struct Json<T>(pub T);

/// No body, or an empty object: what a client believes that it asks for is refused rather than passed over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A path's parameters. One that does not parse names nothing, so the answer is that there is nothing.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// A query's parameters.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T>
where
    Arc<Border>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let border = Arc::<Border>::from_ref(state);
        let (media, _) = media_type(request.headers())?;
        if media != "application/json" && media != "application/merge-patch+json" {
            return Err(Problem::MediaType("application/json is expected".into()));
        }
        if request.headers().contains_key(CONTENT_ENCODING) {
            return Err(Problem::MediaType("a content encoding is accepted for events only".into()));
        }
        let limits = &border.limits;
        let bytes = body(request, limits.body_bytes, limits.body_deadline).await?;
        json::read(&bytes).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for Nothing
where
    Arc<Border>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let border = Arc::<Border>::from_ref(state);
        let bytes = body(request, border.limits.body_bytes, border.limits.body_deadline).await?;
        if bytes.is_empty() { Ok(Self {}) } else { json::read(&bytes) }
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::NotFound)
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Self(value)).map_err(|e| Problem::Malformed(e.body_text()))
    }
}

/// A request's whole body, if it is at most `limit` bytes and arrives within `deadline`. What is too much is read on and thrown
/// away for a while, because a client that is still writing would not see the answer.
pub(super) async fn body(request: Request, limit: usize, deadline: Duration) -> Result<Bytes, Problem> {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|l| l.to_str().ok()?.parse::<usize>().ok());
    let waits = request.headers().contains_key(EXPECT);
    let too_large = || Problem::TooLarge(format!("at most {limit} bytes are accepted"));
    if waits && said.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let collected = collect(request.into_body(), limit, said.unwrap_or(0));
    let whole = tokio::time::timeout(deadline, collected).await.map_err(|_| Problem::Timeout)?;
    whole.map_err(|_| Problem::Malformed("the body ended early".into()))?.ok_or_else(too_large)
}

/// The body, or `None` where it is, or was said to be, longer than `limit`.
async fn collect(mut body: Body, limit: usize, said: usize) -> Result<Option<Bytes>, axum::Error> {
    let mut whole = Vec::with_capacity(said.min(limit).min(1 << 20));
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len();
        if length.max(said) <= limit {
            whole.extend_from_slice(&data);
        } else if length > MAX_THROWN_AWAY {
            break;
        } else {
            whole = Vec::new();
        }
    }
    Ok((length.max(said) <= limit).then(|| whole.into()))
}

/// The media type in lower case, with its parameters; a charset other than UTF-8 is not accepted.
pub(super) fn media_type(headers: &HeaderMap) -> Result<(String, Option<String>), Problem> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Problem::MediaType("exactly one content-type is needed".into()));
    };
    let text = value.to_str().map_err(|_| Problem::MediaType("the content-type is not ASCII".into()))?.to_ascii_lowercase();
    let (media, parameters) = text.split_once(';').map_or((text.as_str(), None), |(m, p)| (m, Some(p.trim().to_owned())));
    let charset = parameters.iter().flat_map(|p| p.split(';')).find_map(|p| p.trim().strip_prefix("charset=").map(str::to_owned));
    if charset.is_some_and(|c| !matches!(c.trim_matches('"'), "utf-8" | "utf8")) {
        return Err(Problem::MediaType("the charset must be UTF-8".into()));
    }
    Ok((media.trim().to_owned(), parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, value.parse().unwrap());
        media_type(&headers).ok().map(|(media, _)| media)
    }

    #[test]
    fn media_types_are_compared_without_case_and_charsets_must_be_utf_8() {
        assert_eq!(media("Application/JSON").as_deref(), Some("application/json"));
        assert_eq!(media("application/json; charset=\"UTF-8\"").as_deref(), Some("application/json"));
        assert_eq!(media("application/json;charset=utf-7"), None);
        assert!(media_type(&HeaderMap::new()).is_err());
    }

    #[tokio::test]
    async fn bodies_are_bounded_in_size_and_time() {
        let second = Duration::from_secs(1);
        let request = |body: Body| Request::builder().body(body).unwrap();
        assert_eq!(body(request(Body::from("12345")), 5, second).await.unwrap(), "12345");
        assert!(matches!(body(request(Body::from("123456")), 5, second).await, Err(Problem::TooLarge(_))));
        let said = Request::builder().header(CONTENT_LENGTH, "99999999999").body(Body::empty()).unwrap();
        assert!(matches!(body(said, 5, second).await, Err(Problem::TooLarge(_))));
        let pieces =
            |n: usize| Body::from_stream(futures::stream::iter((0..n).map(|_| Ok::<_, std::io::Error>(Bytes::from("12")))));
        assert_eq!(body(request(pieces(2)), 5, second).await.unwrap(), "1212");
        assert!(matches!(body(request(pieces(3)), 5, second).await, Err(Problem::TooLarge(_))));
        let never = Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
        assert!(matches!(body(request(never), 5, Duration::ZERO).await, Err(Problem::Timeout)));
        let broken = Body::from_stream(futures::stream::iter([Ok(Bytes::from("1")), Err(std::io::Error::other("gone"))]));
        assert!(matches!(body(request(broken), 5, second).await, Err(Problem::Malformed(_))));
    }
}
