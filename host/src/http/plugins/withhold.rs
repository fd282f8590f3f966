//! POST retire, quarantine and release: whether a version may be used. Which version is used where is decided elsewhere.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PluginVersion, Which};
use crate::app::App;
use crate::http::access::{House, Run};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::shapes::reason;
use crate::ledger::Cause;
use crate::store::components::{Hold, Withheld};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// 1 to 500 bytes.
    reason: String,
}

/// Retire a version that nobody uses any more. It can be released again.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/retire", tag = "plugins", operation_id = "retire_plugin",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version")),
    request_body = Reason, responses((status = 200, body = PluginVersion)))]
pub async fn retire(
    app: State<Arc<App>>,
    access: House<Run>,
    path: Path<Which>,
    body: Json<Reason>,
) -> Result<axum::Json<PluginVersion>, Problem> {
    withhold(app, access, path, body, Hold::Retired).await
}

/// Quarantine a version: it is asked nothing any more wherever it is in force. Facts are still taken in, and the last verdicts
/// stand, shown as stale.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/quarantine", tag = "plugins", operation_id = "quarantine_plugin",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version")),
    request_body = Reason, responses((status = 200, body = PluginVersion)))]
pub async fn quarantine(
    app: State<Arc<App>>,
    access: House<Run>,
    path: Path<Which>,
    body: Json<Reason>,
) -> Result<axum::Json<PluginVersion>, Problem> {
    withhold(app, access, path, body, Hold::Quarantined).await
}

/// Release a version from quarantine or retirement. Where it is in force, everybody who waits is judged at once.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/release", tag = "plugins", operation_id = "release_plugin",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version")),
    request_body = Reason, responses((status = 200, body = PluginVersion)))]
pub async fn release(
    State(app): State<Arc<App>>,
    access: House<Run>,
    Path(Which { name, v }): Path<Which>,
    Json(body): Json<Reason>,
) -> Result<axum::Json<PluginVersion>, Problem> {
    let cause = Cause::by(&access.caller.subject, reason(&body.reason)?);
    let row = app.release_plugin(&name, &v, cause).await?;
    Ok(axum::Json(PluginVersion::of(&app, &access.caller, row)))
}

async fn withhold(
    State(app): State<Arc<App>>,
    access: House<Run>,
    Path(Which { name, v }): Path<Which>,
    Json(body): Json<Reason>,
    hold: Hold,
) -> Result<axum::Json<PluginVersion>, Problem> {
    let held = Withheld { hold, reason: reason(&body.reason)?, by: access.caller.subject.clone(), at: app.clock.now() };
    let row = app.withhold_plugin(&name, &v, held).await?;
    Ok(axum::Json(PluginVersion::of(&app, &access.caller, row)))
}
