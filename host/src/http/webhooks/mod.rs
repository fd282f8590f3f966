//! `.../webhooks`: endpoints that messages are sent to, what became of each delivery, and confirmations.

pub mod change;
pub mod confirm;
pub mod create;
pub mod deliveries;
pub mod list;
pub mod remove;
pub mod replay;
pub mod rotate;
pub mod show;
pub mod test;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Problem;
use super::shapes::time;
use crate::setup::WebhookError;
use crate::store::webhooks::Webhook as Row;

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    id: i64,
    url: String,
    description: String,
    /// Kinds of messages that it wants, such as `enforcement.taken` or `enforcement.*`; all where none are named.
    events: Vec<String>,
    /// Whether messages are sent to it.
    enabled: bool,
    /// Why not.
    reason: Option<String>,
    /// Since when every delivery has failed; after five days the endpoint is disabled.
    failing_since: Option<String>,
    /// Until when it has asked to be left alone.
    resume_at: Option<String>,
    /// Until when messages are signed with the secret before as well.
    old_secret_until: Option<String>,
    created_by: String,
    created_at: String,
    updated_at: String,
}

impl Webhook {
    fn of(row: Row) -> Self {
        Self {
            id: row.id,
            events: row.topics.patterns().to_vec(),
            url: row.url,
            description: row.description,
            enabled: row.disabled.is_none(),
            reason: row.disabled,
            failing_since: row.failing_since.map(time),
            resume_at: row.resume_at.map(time),
            old_secret_until: row.old_secret.map(|(_, until)| time(until)),
            created_by: row.created_by,
            created_at: time(row.created_at),
            updated_at: time(row.updated_at),
        }
    }
}

/// An endpoint with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    #[serde(flatten)]
    webhook: Webhook,
    /// What messages are signed with (Standard Webhooks 1.0): `whsec_` and base64.
    secret: String,
}

impl WebhookWithSecret {
    fn of(row: Row) -> Self {
        Self { secret: row.secret.clone(), webhook: Webhook::of(row) }
    }
}

/// A message that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queued {
    /// Its id, which deliveries bear as `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    message: Uuid,
}

/// Which endpoint, from the path.
#[derive(Debug, Deserialize)]
pub struct Numbered {
    id: i64,
}

/// Which delivery, from the path.
#[derive(Debug, Deserialize)]
pub struct OfMessage {
    id: i64,
    message: Uuid,
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        let field = match &error {
            WebhookError::Unknown => return Self::NotFound,
            WebhookError::Url(..) => "url",
            WebhookError::Topics(_) => "events",
            WebhookError::Secret(_) => "secret",
            WebhookError::Description => "description",
            WebhookError::TooMany | WebhookError::Disabled | WebhookError::NotAsked => return Self::Conflict(error.to_string()),
            WebhookError::Random => return Self::Unavailable(Box::new(error)),
            WebhookError::Store(_) | WebhookError::Write(_) => "",
        };
        match error {
            WebhookError::Store(error) => error.into(),
            WebhookError::Write(error) => error.into(),
            error => Self::invalid(field, error),
        }
    }
}
