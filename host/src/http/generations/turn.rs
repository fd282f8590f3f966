//! POST pause, resume and cancel.

use std::sync::Arc;

use andon_domain::rollout::{LineUp, Refusal, Step};
use axum::Json;
use axum::extract::State;

use super::{Generation, Numbered, find, shown};
use crate::app::App;
use crate::http::access::{Run, Staff};
use crate::http::extract::{Nothing, Path};
use crate::http::problem::Problem;
use crate::ledger::Cause;

/// Pause a build. Events that come meanwhile are classified under it all the same.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/generations/{id}/pause", tag = "rules", operation_id = "pause_build",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Generation)))]
pub async fn pause(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    _: Nothing,
) -> Result<Json<Generation>, Problem> {
    turn(&app, &access, &path, LineUp::pause).await
}

/// Go on with a build where it was paused.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/generations/{id}/resume", tag = "rules", operation_id = "resume_build",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Generation)))]
pub async fn resume(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    _: Nothing,
) -> Result<Json<Generation>, Problem> {
    turn(&app, &access, &path, LineUp::resume).await
}

/// Take a generation away: a build, a shadow, an announcement, a roll-out, or the one kept to go back to. What it had made is
/// removed in the background; the rules in force stay.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/generations/{id}/cancel", tag = "rules", operation_id = "cancel_generation",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Generation)))]
pub async fn cancel(
    State(app): State<Arc<App>>,
    access: Staff<Run>,
    path: Path<Numbered>,
    _: Nothing,
) -> Result<Json<Generation>, Problem> {
    let why = format!("cancelled by {}", access.caller.subject);
    turn(&app, &access, &path, |lineup, id| lineup.cancel(id, why)).await
}

async fn turn(
    app: &App,
    access: &Staff<Run>,
    path: &Path<Numbered>,
    step: impl FnOnce(&LineUp, i64) -> Result<Step, Refusal>,
) -> Result<Json<Generation>, Problem> {
    let id = find(app, &access.market, path.0.id).await?.entry.id;
    let cause = Cause::by(&access.caller.subject, "");
    let market = app.line_up(&access.market.code, cause, |market| step(&market.lineup, id)).await?;
    Ok(Json(shown(app, &market, id).await?))
}
