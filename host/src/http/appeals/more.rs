//! POST more: what a merchant says when asked for more.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Appeal, Reference, Which, evidence, find, speaker};
use crate::app::App;
use crate::enforce;
use crate::http::access::{self, Member};
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;

/// More.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoreSaid)]
pub struct More {
    note: String,
    /// Digests of files that were uploaded before; with those before them at most 10.
    #[serde(default)]
    attachments: Vec<String>,
    /// With those before them at most 50.
    #[serde(default)]
    references: Vec<Reference>,
}

/// Say more in an appeal, once that was asked for and until the time given.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/appeals/{id}/more", tag = "appeals", operation_id = "say_more",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id")),
    request_body = More, responses((status = 200, body = Appeal)))]
pub async fn more(
    State(app): State<Arc<App>>,
    access: Member<access::Appeal>,
    path: Path<Which>,
    Json(body): Json<More>,
) -> Result<axum::Json<Appeal>, Problem> {
    let (market, by) = (&access.market, speaker(&access.caller));
    let staff = by.merchant.is_none();
    let more = enforce::More { text: body.note, evidence: evidence(body.attachments, body.references)? };
    app.say_more(&market.code, path.0.id, more, by).await?;
    let (row, merchant) = find(&app, market, path.0.id).await?;
    Ok(axum::Json(Appeal::of(row, &merchant, staff)))
}
