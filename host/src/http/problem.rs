//! Errors as clients see them (RFC 9457). The only file that pairs an error with a status code; causes go to the log, never
//! to the client.

use axum::http::header::{ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::titles;
use crate::auth::AuthError;
use crate::enforce::{EnforceError, Refusal as Refused};
use crate::pipeline::ingest::IngestError;
use crate::pipeline::play::PlayError;
use crate::plugins::PluginError;
use crate::registry::RegistryError;
use crate::rules::{Blame, ConfigureError, PluginFault, Refusal};
use crate::setup::MarketError;
use crate::store::StoreError;

/// What every `type` begins with; a slug follows.
pub const TYPE_PREFIX: &str = "urn:andon:problem:";

/// Why a request was not done.
#[derive(Debug)]
pub enum Problem {
    /// The request itself is malformed.
    Malformed(String),
    /// Framing that proxies and servers read differently.
    Smuggling,
    /// No token, or none that is valid.
    Unauthenticated(AuthError),
    /// The token lacks every scope that would do, or is bound to a merchant where an operator is asked for.
    Forbidden(String),
    /// Nothing there, or nothing the caller may know of: the same answer, byte for byte.
    NotFound,
    /// The marketplace's rules measure nothing of what a report reports.
    NoReport(String),
    /// The path knows other methods.
    MethodNotAllowed(Option<HeaderValue>),
    /// The body took too long to arrive.
    Timeout,
    /// It clashes with what is there.
    Conflict(String),
    /// What it is about has no room for more changes.
    SubjectFull,
    /// The first request with this idempotency key is still running.
    StillRunning,
    /// `If-Match` names another state.
    PreconditionFailed,
    /// More than is accepted; says how much is.
    TooLarge(String),
    /// A longer path or query than is accepted.
    UriTooLong,
    /// A content type or encoding that is not accepted here.
    MediaType(String),
    /// Well-formed, but a field says something that cannot be.
    Invalid {
        /// The field, dotted.
        field: String,
        /// What is wrong with it.
        message: String,
    },
    /// A component that is not admitted, with everything that is wrong with it.
    PluginRefused(Refusal),
    /// The idempotency key was used for another payload.
    KeyReused,
    /// No event of the request was good; the answer's body is carried along.
    EventsRejected(Value),
    /// Too many requests.
    TooMany {
        /// Seconds after which to try again.
        retry_after: u64,
    },
    /// Our own fault; the cause is logged here and only here.
    Internal(Box<dyn std::error::Error + Send + Sync>),
    /// The rules failed; facts are kept, and no verdict came of it.
    RulesFailed(PluginFault),
    /// More is waiting to be written than can be taken on.
    Overloaded,
    /// The host is not ready, and why.
    NotReady(String),
    /// Not at the moment; the cause is logged.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
}

impl Problem {
    /// A field that says something impossible.
    pub fn invalid(field: impl Into<String>, message: impl ToString) -> Self {
        Self::Invalid { field: field.into(), message: message.to_string() }
    }

    /// Status, slug and title.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed", "The request is malformed"),
            Self::Smuggling => (StatusCode::BAD_REQUEST, "ambiguous-length", "The request says its length in two ways"),
            Self::Unauthenticated(_) => (StatusCode::UNAUTHORIZED, "unauthenticated", "A valid token is needed"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "The token does not allow this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::NoReport(_) => (StatusCode::NOT_FOUND, "no-such-report", "The marketplace's rules have no such report"),
            Self::MethodNotAllowed(_) => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The path does not know this method")
            }
            Self::Timeout => (StatusCode::REQUEST_TIMEOUT, "timeout", "The body took too long to arrive"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "It clashes with what is there"),
            Self::SubjectFull => (StatusCode::CONFLICT, "subject-full", "There is no room for more changes of this"),
            Self::StillRunning => (StatusCode::CONFLICT, "still-running", "The first request with this key is still running"),
            Self::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "precondition-failed", "It has changed meanwhile"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The request is too large"),
            Self::UriTooLong => (StatusCode::URI_TOO_LONG, "uri-too-long", "The path or query is too long"),
            Self::MediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "The content type or encoding is not accepted here")
            }
            Self::Invalid { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value is not acceptable"),
            Self::PluginRefused(_) => (StatusCode::UNPROCESSABLE_ENTITY, "plugin-refused", "The component is not admitted"),
            Self::KeyReused => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "The idempotency key was used for another request")
            }
            Self::EventsRejected(_) => (StatusCode::UNPROCESSABLE_ENTITY, "events-rejected", "None of the events is acceptable"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side"),
            Self::RulesFailed(_) => (StatusCode::SERVICE_UNAVAILABLE, "rules-failed", "The marketplace's rules gave no answer"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Too much is waiting already"),
            Self::Unavailable(_) | Self::NotReady(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not possible at the moment")
            }
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Malformed(detail) | Self::Conflict(detail) | Self::MediaType(detail) | Self::TooLarge(detail) => {
                Some(detail.clone())
            }
            Self::Forbidden(detail) | Self::NoReport(detail) | Self::NotReady(detail) => Some(detail.clone()),
            Self::Unauthenticated(error) => Some(error.to_string()),
            Self::RulesFailed(fault) => Some(fault.to_string()),
            Self::PluginRefused(refusal) => Some(refusal.to_string()),
            Self::Invalid { field, message } if field.is_empty() => Some(message.clone()),
            Self::Invalid { field, message } => Some(format!("`{field}`: {message}")),
            Self::TooMany { retry_after } => Some(format!("try again in {retry_after} s")),
            _ => None,
        }
    }
}

/// What a problem's answer says, kept beside the answer until it is known in which language.
#[derive(Debug, Clone)]
pub struct Spoken {
    document: Map<String, Value>,
    chinese: &'static str,
}

impl Spoken {
    /// The answer's body.
    pub fn in_language(mut self, language: &str) -> String {
        if language == "zh-CN" {
            self.document.insert("title".into(), json!(self.chinese));
        }
        Value::Object(self.document).to_string()
    }
}

/// A problem document: `type`, `title`, `status` where it is an answer's, `detail` where there is one.
pub fn document(slug: &str, title: &str, status: Option<StatusCode>, detail: Option<String>) -> Map<String, Value> {
    let mut document = Map::new();
    document.insert("type".into(), json!(format!("{TYPE_PREFIX}{slug}")));
    document.insert("title".into(), json!(title));
    if let Some(status) = status {
        document.insert("status".into(), json!(status.as_u16()));
    }
    if let Some(detail) = detail {
        document.insert("detail".into(), json!(detail));
    }
    document
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, slug, title) = self.kind();
        let mut document = document(slug, title, Some(status), self.detail());
        match &self {
            Self::Internal(cause) | Self::Unavailable(cause) => {
                let cause = causes(cause.as_ref());
                tracing::error!(%cause, status = status.as_u16(), "a request failed");
            }
            Self::Invalid { field, .. } if !field.is_empty() => {
                document.insert("field".into(), json!(field));
            }
            Self::RulesFailed(fault) => {
                document.insert("code".into(), json!(fault.code()));
            }
            Self::EventsRejected(Value::Object(answer)) => document.extend(answer.clone()),
            Self::PluginRefused(refusal) => {
                let problems = refusal.problems().iter().map(|p| json!({"field": p.field, "reason": p.reason}));
                document.insert("code".into(), json!(refusal.code()));
                document.insert("field".into(), json!(refusal.field()));
                document.insert("reason".into(), json!(refusal.reason()));
                document.insert("problems".into(), problems.collect());
            }
            _ => {}
        }
        let spoken = Spoken { document, chinese: titles::chinese(&self) };
        let body = spoken.clone().in_language("en");
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        response.extensions_mut().insert(spoken);
        let headers = response.headers_mut();
        match self {
            Self::Unauthenticated(AuthError::Missing) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"andon\""));
            }
            Self::Unauthenticated(_) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"andon\", error=\"invalid_token\""));
            }
            Self::MethodNotAllowed(Some(allowed)) => {
                headers.insert(ALLOW, allowed);
            }
            Self::TooMany { retry_after } => {
                headers.insert(RETRY_AFTER, retry_after.into());
            }
            Self::Unavailable(_) | Self::NotReady(_) | Self::Overloaded => {
                headers.insert(RETRY_AFTER, 1.into());
            }
            // What is left of the body would be read as the next request.
            Self::Smuggling | Self::Timeout | Self::TooLarge(_) => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        response
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Makes problems of the plain answers that axum gives by itself: no such path, no such method, a panic caught.
pub fn map_plain(response: Response) -> Response {
    let typed = response.headers().get(CONTENT_TYPE).is_some_and(|t| !t.as_bytes().starts_with(b"text/plain"));
    match response.status() {
        _ if typed => response,
        StatusCode::NOT_FOUND => Problem::NotFound.into_response(),
        StatusCode::METHOD_NOT_ALLOWED => Problem::MethodNotAllowed(response.headers().get(ALLOW).cloned()).into_response(),
        StatusCode::INTERNAL_SERVER_ERROR => Problem::Internal("a handler panicked".into()).into_response(),
        _ => response,
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        Self::Unauthenticated(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::Unavailable(Box::new(error)),
            _ => Self::Internal(Box::new(error)),
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Overloaded => Self::Overloaded,
            IngestError::Closed | IngestError::Store(_) => Self::Unavailable(Box::new(error)),
        }
    }
}

impl From<PlayError> for Problem {
    fn from(error: PlayError) -> Self {
        match error {
            PlayError::Store(error) => error.into(),
            PlayError::Fault(fault) => Self::RulesFailed(fault),
        }
    }
}

impl From<ConfigureError> for Problem {
    fn from(error: ConfigureError) -> Self {
        match error {
            ConfigureError::Setting { key, why } => Self::invalid(format!("settings.{key}"), why),
            ConfigureError::Fault(fault) => Self::RulesFailed(fault),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unknown(_) => Self::invalid("rules", error),
            RegistryError::Store(error) => error.into(),
            RegistryError::Refused(refusal) if refusal.blame() == Blame::Host => Self::Unavailable(Box::new(refusal)),
            RegistryError::Refused(refusal) => Self::PluginRefused(refusal),
            RegistryError::Taken(_) | RegistryError::Full | RegistryError::Withheld { .. } | RegistryError::Broken { .. } => {
                Self::Conflict(error.to_string())
            }
            RegistryError::Compiler(_) => Self::Unavailable(Box::new(error)),
            RegistryError::Interrupted => Self::Internal(Box::new(error)),
        }
    }
}

impl From<PluginError> for Problem {
    fn from(error: PluginError) -> Self {
        match error {
            PluginError::Unknown(..) => Self::NotFound,
            PluginError::InUse(_) | PluginError::State(_) => Self::Conflict(error.to_string()),
            PluginError::Store(error) => error.into(),
        }
    }
}

impl From<EnforceError> for Problem {
    fn from(error: EnforceError) -> Self {
        match error {
            EnforceError::Refused(refusal) => match refusal {
                Refused::Unknown => Self::NotFound,
                Refused::OwnCase(_) => Self::Forbidden(refusal.to_string()),
                Refused::Field { field, why } => Self::invalid(field, why),
                Refused::Illegal(_) | Refused::Barred(_) | Refused::Clash(_) => Self::Conflict(refusal.to_string()),
            },
            EnforceError::Store(error) => error.into(),
            EnforceError::Write(error) => error.into(),
        }
    }
}

impl From<MarketError> for Problem {
    fn from(error: MarketError) -> Self {
        match error {
            MarketError::Field { field, value, why } if value.is_empty() => Self::invalid(field, why),
            MarketError::Field { field, value, why } => Self::invalid(field, format!("`{value}` {why}")),
            MarketError::Taken(_) | MarketError::Refused(_) => Self::Conflict(error.to_string()),
            MarketError::Unknown(_) => Self::NotFound,
            MarketError::Waiting => Self::Overloaded,
            MarketError::Configure(error) => error.into(),
            MarketError::Registry(error) => error.into(),
            MarketError::Store(error) => error.into(),
            MarketError::Write(error) => error.into(),
        }
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
