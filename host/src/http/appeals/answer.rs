//! POST an answer to an appeal.

use std::sync::Arc;

use andon_domain::enforce::appeal::Ruling;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Appeal, Which, find};
use crate::app::App;
use crate::http::access::{Review, Staff};
use crate::http::enforcements::list::known;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;

/// What is answered, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// `uphold` the decision, `overturn` it, or `ask-for-more`, three times at most.
    outcome: String,
    /// The merchant reads it.
    reason: String,
}

/// Answer an appeal, or ask for more. Whoever took part in the decision, drafted the appeal or took part in an earlier one against the
/// same decision may not. Overturning undoes the enforcement at once; a decision is not upheld while the merchant has time to say more.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/appeals/{id}/answer", tag = "appeals", operation_id = "answer_appeal",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id")),
    request_body(content = inline(Given)), responses((status = 200, body = Appeal)))]
pub async fn answer(
    State(app): State<Arc<App>>,
    access: Staff<Review>,
    path: Path<Which>,
    Json(Given { outcome, reason }): Json<Given>,
) -> Result<axum::Json<Appeal>, Problem> {
    let market = &access.market;
    // What is not there is not there, whatever is said of it.
    find(&app, market, path.0.id).await?;
    let ruling = known("outcome", Some(&outcome), Ruling::ALL)?.ok_or(Problem::NotFound)?;
    app.rule(&market.code, path.0.id, ruling, &access.caller.subject, &reason).await?;
    let (row, merchant) = find(&app, market, path.0.id).await?;
    Ok(axum::Json(Appeal::of(row, &merchant, true)))
}
