//! POST a backtest.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Backtest;
use crate::app::App;
use crate::backtest::Every;
use crate::http::access::{Operator, Push};
use crate::http::extract::{Json, Path};
use crate::http::marketplaces::setting_texts;
use crate::http::plugins::{Which, find, market};
use crate::http::problem::Problem;
use crate::setup::WantedBacktest;

/// Where, and over which moments.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Code of the marketplace.
    marketplace: String,
    /// First moment: RFC 3339, or a date, which stands for its first moment in the marketplace.
    from: String,
    /// Last moment, the same way; not after the marketplace's now.
    to: String,
    /// Step between moments: hours (`6h`), days (`1d`, where none is given) or weeks (`1w`). At most 1,000 moments.
    every: Option<String>,
    /// All settings for the version; the marketplace's own where none are given.
    #[schema(value_type = Option<Object>)]
    settings: Option<BTreeMap<String, Value>>,
}

/// Hold a version against the rules in force over stored facts, as they were known at each moment. It is worked on in the
/// background, one at a time; facts stay as they are.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/backtests", tag = "backtests", operation_id = "begin_backtest",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version")),
    request_body(content = inline(Asked)), responses((status = 202, body = Backtest)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    access: Operator<Push>,
    path: Path<Which>,
    Json(body): Json<Asked>,
) -> Result<Response, Problem> {
    let row = find(&app, &path).await?;
    let market = market(&app, &access, &body.marketplace)?;
    let every = body.every.as_deref().unwrap_or("1d");
    let every: Every = every.parse().map_err(|why| Problem::invalid("every", format!("`{every}` {why}")))?;
    let settings = body.settings.map(setting_texts).transpose()?;
    let author = access.caller.subject.clone();
    let place = format!("/v1/plugins/{}/versions/{}/backtests", row.name, row.version);
    let id = app.queue_backtest(&market, row, WantedBacktest { settings, from: body.from, to: body.to, every, author }).await?;
    let row = app.store.backtest(id).await?.ok_or(Problem::NotFound)?;
    Ok((StatusCode::ACCEPTED, [(LOCATION, format!("{place}/{id}"))], axum::Json(Backtest::of(&app, row))).into_response())
}
