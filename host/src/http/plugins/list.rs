//! GET plugins: every version, the last pushed first.

use std::sync::Arc;

use andon_domain::ids::Instant;
use axum::Json;
use axum::extract::State;

use super::PluginVersion;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit};

/// Every version of all rules, the last pushed first; those that cannot be run with the reason.
#[utoipa::path(get, path = "/v1/plugins", tag = "plugins", operation_id = "list_plugins", params(Paged),
    responses((status = 200, body = Listed<PluginVersion>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Operator<Push>,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<PluginVersion>>, Problem> {
    const LIST: &str = "plugins";
    let after = border.cursors.after::<(Instant, String)>(LIST, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    app.registry.settled().await;
    let rows = app.store.components(after.as_ref(), limit + 1).await?;
    let (rows, next) = border.cursors.cut(LIST, rows, limit, |last| (last.pushed_at, last.digest.clone()))?;
    let items = rows.into_iter().map(|row| PluginVersion::of(&app, &access.caller, row)).collect();
    Ok(Json(Listed { items, next }))
}
