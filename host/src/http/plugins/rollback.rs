//! POST rollback.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Which, find, market};
use crate::app::App;
use crate::http::access::{Operator, Run};
use crate::http::extract::{Json, Path};
use crate::http::generations::{Generation, shown};
use crate::http::problem::Problem;

/// Where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// Code of the marketplace.
    marketplace: String,
}

/// Take rules out of force at once: the ones before rule again, and merchants stand as they did before the switch, in verdict,
/// score and standing. Measures that the switch ended or brought about are not undone. A roll-out to a share is ended in the same
/// way.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/rollback", tag = "rules", operation_id = "roll_back_rules",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version")),
    request_body = Back, responses((status = 200, body = Generation)))]
pub async fn rollback(
    State(app): State<Arc<App>>,
    access: Operator<Run>,
    path: Path<Which>,
    Json(body): Json<Back>,
) -> Result<axum::Json<Generation>, Problem> {
    let market = market(&app, &access, &body.marketplace)?;
    let row = find(&app, &path).await?;
    let (market, id) = app.roll_back(&market.code, &row.digest, &access.caller.subject).await?;
    Ok(axum::Json(shown(&app, &market, id).await?))
}
