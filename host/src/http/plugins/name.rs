//! GET a plugin: all its versions, and which of them its name alone stands for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::PluginVersion;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::registry::highest;

/// Rules of one name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plugin {
    name: String,
    /// The version that a marketplace gets which names none: the highest release that may be used, of the versions that an operator
    /// has used before in any marketplace, be it in the shadow; where none of the name ever was, of all drafts.
    highest: Option<String>,
    /// The last pushed first.
    versions: Vec<PluginVersion>,
}

/// The versions of one name.
#[utoipa::path(get, path = "/v1/plugins/{name}", tag = "plugins", operation_id = "show_plugin",
    params(("name" = String, Path, description = "Name of the rules")), responses((status = 200, body = Plugin)))]
pub async fn name(
    State(app): State<Arc<App>>,
    access: Operator<Push>,
    Path(name): Path<String>,
) -> Result<Json<Plugin>, Problem> {
    app.registry.settled().await;
    let rows = app.store.components_named(&name).await?;
    if rows.is_empty() {
        return Err(Problem::NotFound);
    }
    let used = app.store.components_used(&name).await?;
    let highest = highest(&rows, &used).map(|row| row.version.clone());
    let versions = rows.into_iter().map(|row| PluginVersion::of(&app, &access.caller, row)).collect();
    Ok(Json(Plugin { name, highest, versions }))
}
