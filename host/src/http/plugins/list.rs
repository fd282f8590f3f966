//! GET plugins: every version, the last pushed first.

use std::sync::Arc;

use andon_domain::ids::Instant;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::PluginVersion;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit};

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Every version of all rules, the last pushed first; those that cannot be run with the reason.
#[utoipa::path(get, path = "/v1/plugins", tag = "plugins", operation_id = "list_plugins", params(Asked),
    responses((status = 200, body = Listed<PluginVersion>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Operator<Push>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<PluginVersion>>, Problem> {
    const LIST: &str = "plugins";
    let after = asked.cursor.as_deref().map(|cursor| border.cursors.open::<(Instant, String)>(LIST, cursor)).transpose()?;
    let limit = limit(asked.limit)?;
    app.registry.settled().await;
    let mut rows = app.store.components(after.as_ref(), limit + 1).await?;
    let more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    let next = match rows.last() {
        Some(last) if more => Some(border.cursors.seal(LIST, &(last.pushed_at, &last.digest))?),
        _ => None,
    };
    let items = rows.into_iter().map(|row| PluginVersion::of(&app, &access.caller, row)).collect();
    Ok(Json(Listed { items, next }))
}
