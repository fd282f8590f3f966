//! PUT a merchant: registered, or renamed.

use std::sync::Arc;

use andon_domain::change::Change;
use andon_domain::ids::check_reference;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Merchant, find};
use crate::app::App;
use crate::http::access::{AtMerchant, Register};
use crate::http::deliver::{deliver, moment as now_after};
use crate::http::extract::Json;
use crate::http::language::Language;
use crate::http::problem::Problem;
use crate::http::shapes::moment;

/// What to register.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    name: String,
    /// RFC 3339; the moment of registering where none is given.
    joined_at: Option<String>,
}

/// Register a merchant, or change what was registered.
#[utoipa::path(put, path = "/v1/marketplaces/{m}/merchants/{ref}", tag = "merchants", operation_id = "register_merchant",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    request_body = Registration, responses((status = 200, body = Merchant), (status = 201, body = Merchant)))]
pub async fn register(
    State(app): State<Arc<App>>,
    access: AtMerchant<Register>,
    language: Language,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, axum::Json<Merchant>), Problem> {
    let (market, reference) = (&access.market, access.merchant.as_str());
    check_reference(reference).map_err(|e| Problem::invalid("ref", e))?;
    let known = app.store.merchant(market.id, reference).await?;
    let asked = body.joined_at.as_deref().map(|text| moment("joined_at", text)).transpose()?;
    let last = known.as_ref().map(|row| row.registered_at).filter(|at| *at > 0);
    let at = now_after(&app, market, last);
    let joined_at = asked.or_else(|| known.as_ref()?.joined_at).unwrap_or(at);
    let same = known.as_ref().is_some_and(|row| row.name == body.name && row.joined_at == Some(joined_at));
    if !same {
        deliver(&app, market, reference, vec![(at, Change::MerchantRegistered { name: body.name.into(), joined_at })]).await?;
    }
    let row = find(&app, market, reference).await?;
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, axum::Json(Merchant::of(&row, market, &language))))
}
