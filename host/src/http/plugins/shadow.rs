//! POST shadow.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::rollout::Plan;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Which, begin, market};
use crate::app::App;
use crate::http::access::{Operator, Run};
use crate::http::extract::{Json, Path};
use crate::http::generations::Generation;
use crate::http::marketplaces::setting_texts;
use crate::http::problem::Problem;
use crate::setup::Wanted;

/// Where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Watched {
    /// Code of the marketplace.
    marketplace: String,
    /// All settings for the rules; the marketplace's own where none are given.
    #[schema(value_type = Option<Object>)]
    settings: Option<BTreeMap<String, Value>>,
    /// What colleagues are told about it.
    note: Option<String>,
}

/// Watch rules beside those in force: every merchant is judged by both, and these move nothing. A roll-out of them ends by this,
/// and whoever they ruled is ruled as before.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/shadow", tag = "rules", operation_id = "shadow_rules",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version")),
    request_body = Watched, responses((status = 200, body = Generation), (status = 202, body = Generation)))]
pub async fn shadow(
    State(app): State<Arc<App>>,
    access: Operator<Run>,
    path: Path<Which>,
    Json(body): Json<Watched>,
) -> Result<Response, Problem> {
    let market = market(&app, &access, &body.marketplace)?;
    let settings = body.settings.map(setting_texts).transpose()?;
    let plan = Plan { note: body.note, ..Plan::default() };
    let author = access.caller.subject.clone();
    begin(&app, &market, &path, Wanted { rules: path.0.rules(), settings, plan, author }).await
}
