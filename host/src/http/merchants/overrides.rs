//! GET, PUT and DELETE overrides: what must not happen to a merchant by itself for a while, and why.

use std::sync::Arc;

use andon_domain::enforce::measure::Kind;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find;
use crate::app::App;
use crate::http::access::{Review, StaffAt};
use crate::http::enforcements::list::known;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, moment, time};
use crate::store::overrides::{self, ALL, Override as Row};

/// Until when, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    /// RFC 3339, within a year.
    until: String,
    reason: String,
}

/// An override.
#[derive(Debug, Serialize, ToSchema)]
pub struct Override {
    /// What must not happen by itself; `all` for whatever weighs on the merchant.
    action: &'static str,
    reason: String,
    author: String,
    at: String,
    until: String,
}

/// Which action, from the path.
#[derive(Debug, Deserialize)]
pub struct Which {
    action: String,
}

impl Override {
    fn of(row: Row) -> Self {
        let action = row.kind.map_or(ALL, Kind::word);
        Self { action, reason: row.reason, author: row.author, at: time(row.at), until: time(row.until) }
    }
}

impl Which {
    fn kind(&self) -> Result<Option<Kind>, Problem> {
        if self.action == ALL { Ok(None) } else { known("action", Some(&self.action), Kind::ALL) }
    }
}

/// What is held back of a merchant.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/overrides", tag = "enforcements", operation_id = "list_overrides",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = Listed<Override>)))]
pub async fn list(State(app): State<Arc<App>>, access: StaffAt<Review>) -> Result<axum::Json<Listed<Override>>, Problem> {
    let merchant = find(&app, &access.market, &access.merchant).await?.id;
    let now = access.market.now(app.clock.now());
    let held = app.store.read(move |session| overrides::list(session, merchant, now)).await?;
    Ok(axum::Json(Listed { items: held.into_iter().map(Override::of).collect(), next: None }))
}

/// Hold an action back, or all that weighs, until a moment. Rules go on being followed and what they propose is noted.
#[utoipa::path(put, path = "/v1/marketplaces/{m}/merchants/{ref}/overrides/{action}", tag = "enforcements",
    operation_id = "set_override",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"),
        ("action" = String, Path, description = "An action, or `all`")),
    request_body = NewOverride, responses((status = 200, body = Override)))]
pub async fn set(
    State(app): State<Arc<App>>,
    access: StaffAt<Review>,
    path: Path<Which>,
    Json(body): Json<NewOverride>,
) -> Result<axum::Json<Override>, Problem> {
    let (kind, until) = (path.0.kind()?, moment("until", &body.until)?);
    let merchant = find(&app, &access.market, &access.merchant).await?.id;
    let who = (access.caller.subject.as_str(), body.reason.as_str());
    Ok(axum::Json(Override::of(app.hold_back(&access.market.code, (merchant, kind), until, who).await?)))
}

/// Let go of what was held back.
#[utoipa::path(delete, path = "/v1/marketplaces/{m}/merchants/{ref}/overrides/{action}", tag = "enforcements",
    operation_id = "drop_override",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"),
        ("action" = String, Path, description = "An action, or `all`")),
    responses((status = 204)))]
pub async fn drop(State(app): State<Arc<App>>, access: StaffAt<Review>, path: Path<Which>) -> Result<StatusCode, Problem> {
    let kind = path.0.kind()?;
    let merchant = find(&app, &access.market, &access.merchant).await?.id;
    app.let_go(&access.market.code, (merchant, kind), &access.caller.subject).await?;
    Ok(StatusCode::NO_CONTENT)
}
