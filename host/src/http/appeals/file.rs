//! POST an appeal.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Appeal, Reference, evidence, find, speaker};
use crate::app::App;
use crate::enforce::Filing;
use crate::http::access::{self, Member};
use crate::http::enforcements::Which;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::store::appeals::Plan;

/// What the merchant has to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAppeal {
    plan: Plan,
    /// Digests of files that were uploaded before, at most 10.
    #[serde(default)]
    attachments: Vec<String>,
    /// Orders, contacts and violations of the merchant's that speak for it, at most 50.
    #[serde(default)]
    references: Vec<Reference>,
}

/// Appeal against a decision: within the days its statement says, once, and once more within as many days of the answer where there is
/// an attachment or a reference that the first appeal did not have. The merchant's own token files it, or staff do on their behalf.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/enforcements/{id}/appeals", tag = "appeals", operation_id = "file_appeal",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "The enforcement's id")),
    request_body = NewAppeal, responses((status = 201, body = Appeal)))]
pub async fn file(
    State(app): State<Arc<App>>,
    access: Member<access::Appeal>,
    path: Path<Which>,
    Json(body): Json<NewAppeal>,
) -> Result<Response, Problem> {
    let (market, by) = (&access.market, speaker(&access.caller));
    let staff = by.merchant.is_none();
    let filing = Filing { plan: body.plan, evidence: evidence(body.attachments, body.references)? };
    let filed = app.file_appeal(&market.code, path.0.id, filing, by).await?;
    let place = format!("/v1/marketplaces/{}/appeals/{}", market.code, filed.id);
    let (row, merchant) = find(&app, market, filed.id).await?;
    Ok((StatusCode::CREATED, [(LOCATION, place)], axum::Json(Appeal::of(row, &merchant, staff))).into_response())
}
