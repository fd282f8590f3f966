//! GET deliveries: the log of what was sent to an endpoint.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Numbered;
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::border::Border;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit, time};
use crate::store::deliveries::{Delivery as Row, DeliveryState};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only `due`, `delivered` or `failed`.
    state: Option<String>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// The message's id, which deliveries bear as `webhook-id`.
    #[schema(value_type = String, format = Uuid)]
    message: Uuid,
    kind: String,
    subject: String,
    /// `due`, `delivered` or `failed`.
    state: &'static str,
    attempts: i64,
    next_attempt_at: Option<String>,
    last_attempt_at: Option<String>,
    /// Status code of the last attempt's answer.
    status: Option<i64>,
    /// Why the last attempt failed.
    error: Option<String>,
}

impl Delivery {
    pub(super) fn of(row: Row) -> Self {
        Self {
            message: row.message.id,
            kind: row.message.kind,
            subject: row.message.subject,
            state: row.state.word(),
            attempts: row.attempts,
            next_attempt_at: row.next_at.map(time),
            last_attempt_at: row.last_at.map(time),
            status: row.status,
            error: row.error,
        }
    }
}

/// What was sent to an endpoint and what came of it, newest message first.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/webhooks/{id}/deliveries", tag = "webhooks", operation_id = "list_deliveries",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "The endpoint's number"), Asked),
    responses((status = 200, body = Listed<Delivery>)))]
pub async fn deliveries(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Delivery>>, Problem> {
    let endpoint = app.store.webhook(access.market.id, path.0.id).await?.ok_or(Problem::NotFound)?.id;
    let known = |word: &str| {
        DeliveryState::of_word(word).ok_or_else(|| Problem::invalid("state", "must be `due`, `delivered` or `failed`"))
    };
    let state = asked.state.as_deref().map(known).transpose()?;
    let list = format!("deliveries {endpoint} {}", state.map_or("", DeliveryState::word));
    let before = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let rows = app.store.deliveries(endpoint, state, before, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.message.place)?;
    Ok(Json(Listed { items: rows.into_iter().map(Delivery::of).collect(), next }))
}
