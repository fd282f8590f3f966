//! GET a version.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::{PluginVersion, Which, find};
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// One version.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}", tag = "plugins", operation_id = "show_plugin_version",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version")),
    responses((status = 200, body = PluginVersion)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Operator<Push>,
    path: Path<Which>,
) -> Result<Json<PluginVersion>, Problem> {
    let row = find(&app, &path).await?;
    Ok(Json(PluginVersion::of(&app, &access.caller, row)))
}
