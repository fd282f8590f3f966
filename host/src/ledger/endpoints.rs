//! Changes of endpoints as a marketplace's ledger has them: where messages go, and by whose secret they are known, is part of its set-up.

use serde_json::json;
use url::Url;

use super::Note;
use super::fields::{Fields, difference, fields};
use crate::rules::digest;
use crate::store::webhooks::Webhook;

/// What kinds about endpoints begin with.
pub(crate) const ENDPOINT: &str = "endpoint.";

/// What is entered of an endpoint that was set up, changed or removed; `None` where nothing is otherwise.
pub(crate) fn changed(old: Option<&Webhook>, new: Option<&Webhook>) -> Option<Note> {
    let id = old.or(new)?.id;
    let all = |webhook: Option<&Webhook>| webhook.map(of_webhook).unwrap_or_default();
    let (before, after) = difference(&all(old), &all(new))?;
    let kind = match (old, new) {
        (None, _) => "endpoint.created",
        (_, None) => "endpoint.removed",
        (Some(old), Some(new)) if old.disabled.is_none() && new.disabled.is_some() => "endpoint.disabled",
        (Some(old), Some(new)) if old.secret != new.secret => "endpoint.rotated",
        _ => "endpoint.changed",
    };
    Some(Note { kind, about: about(id), before: old.map(|_| before), after: Some(after) })
}

/// What entries about an endpoint are about.
pub(crate) fn about(id: i64) -> String {
    format!("endpoint/{id}")
}

/// An endpoint's fields. A path may hold what only its owner should know, and a ledger is never cleared: of the address it has the
/// host, and of address and secret a digest.
pub(crate) fn of_webhook(webhook: &Webhook) -> Fields {
    let Webhook { url, description, topics, secret, disabled, .. } = webhook;
    fields([
        ("host", json!(Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned)))),
        ("url_digest", json!(digest(url.as_bytes()))),
        ("secret_digest", json!(digest(secret.as_bytes()))),
        ("description", json!(description)),
        ("events", json!(topics.patterns())),
        ("disabled", json!(disabled)),
    ])
}
