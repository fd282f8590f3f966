//! POST uphold and release: what somebody else than the one who pulled a cord does about it.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Cord;
use crate::app::App;
use crate::enforce::Letting;
use crate::http::access::{LetGo, OrderRef, Staff};
use crate::http::enforcements::find;
use crate::http::extract::Json;
use crate::http::problem::Problem;

/// What was seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    note: String,
}

/// What was found and done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelease {
    /// Whether it had been right to pull the cord; one that was not is undone, and counts against whoever pulled it.
    upheld: bool,
    /// What had gone wrong.
    root_cause: String,
    /// What was put right.
    correction: String,
    /// What keeps it from happening again.
    prevention: String,
    /// References to what shows it, 50 at most.
    #[serde(default)]
    evidence: Vec<String>,
}

/// Agree to a pull. One in doubt takes the listing off sale now; one in force is reviewed by that, and no longer ends by itself.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/listings/{ref}/cord/uphold", tag = "cords", operation_id = "uphold_cord",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Listing reference")),
    request_body = Seen, responses((status = 200, body = Cord)))]
pub async fn uphold(
    State(app): State<Arc<App>>,
    access: Staff<LetGo>,
    OrderRef(listing): OrderRef,
    Json(body): Json<Seen>,
) -> Result<axum::Json<Cord>, Problem> {
    let row = app.uphold(&access.market.code, &listing, &access.caller.subject, &body.note).await?;
    shown(&app, &access, row.id).await
}

/// Let go of a listing's cord. The exact state from before it comes back: what else keeps the listing off sale still does.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/listings/{ref}/cord/release", tag = "cords", operation_id = "release_cord",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Listing reference")),
    request_body = NewRelease, responses((status = 200, body = Cord)))]
pub async fn release(
    State(app): State<Arc<App>>,
    access: Staff<LetGo>,
    OrderRef(listing): OrderRef,
    Json(body): Json<NewRelease>,
) -> Result<axum::Json<Cord>, Problem> {
    let NewRelease { upheld, root_cause, correction, prevention, evidence } = body;
    let letting = Letting { upheld, root_cause, correction, prevention, evidence };
    let row = app.release(&access.market.code, &listing, letting, &access.caller.subject).await?;
    shown(&app, &access, row.id).await
}

async fn shown(app: &App, access: &Staff<LetGo>, id: Uuid) -> Result<axum::Json<Cord>, Problem> {
    let (row, merchant) = find(app, &access.market, id).await?;
    Ok(axum::Json(Cord::of(row, &merchant, true)))
}
