//! GET a version's component: the bytes that were pushed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::{Which, find};
use crate::app::App;
use crate::http::access::{Operator, Run};
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::http::shapes::Binary;
use crate::store::StoreError;

/// The component of a version, as it was pushed.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/component", tag = "plugins", operation_id = "download_plugin",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Version")),
    responses((status = 200, content_type = "application/wasm", body = Binary)))]
pub async fn component(State(app): State<Arc<App>>, _: Operator<Run>, path: Path<Which>) -> Result<Response, Problem> {
    let row = find(&app, &path).await?;
    let bytes = app.store.component(&row.digest).await?;
    let bytes = bytes.ok_or_else(|| StoreError::undecodable("components", &row.digest))?;
    // Names and versions were checked when they were admitted: nothing in them ends a header.
    let file = format!("attachment; filename=\"{}-{}.wasm\"", row.name, row.version);
    Ok(([(CONTENT_TYPE, "application/wasm".to_owned()), (CONTENT_DISPOSITION, file)], bytes).into_response())
}
