//! GET a backtest's report, in the form that suits the reader.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Numbered, numbered};
use crate::app::App;
use crate::auth::Scope;
use crate::backtest::{Format, Report};
use crate::http::access::{Operator, Push};
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::page;
use crate::store::StoreError;

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `json`, `csv`, `html` or `text`; what the request accepts where none is named, JSON where that says nothing.
    format: Option<String>,
}

/// What a backtest found: coverage first. Without `health:read`, merchants and orders are named by hashes of this report's own.
#[utoipa::path(get, path = "/v1/plugins/{name}/versions/{v}/backtests/{id}/report", tag = "backtests",
    operation_id = "backtest_report",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version"),
        ("id" = i64, Path, description = "Its number"), Asked),
    responses((status = 200, content((Report = "application/json"), (String = "text/csv"), (String = "text/html"), (String = "text/plain")))))]
pub async fn report(
    State(app): State<Arc<App>>,
    access: Operator<Push>,
    path: Path<Numbered>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let named = asked.format.as_deref().map(|word| word.parse().map_err(|why| Problem::invalid("format", why))).transpose()?;
    let format = named.unwrap_or_else(|| accepted(&headers));
    let row = numbered(&app, &access.caller, path).await?;
    let stored = app.store.backtest_report(row.id).await?;
    let stored = stored.ok_or_else(|| Problem::Conflict(format!("there is no report: it is {}", row.state.word())))?;
    let report: Report = serde_json::from_str(&stored).map_err(|_| StoreError::undecodable("backtests", row.id))?;
    let report = if access.caller.may(Scope::HealthRead) { report } else { masked(&app, row.id, report) };
    // Numbers, and names of rules, which were checked when they were admitted.
    let file = format!("inline; filename=\"backtest-{}-{}-{}.{}\"", row.name, row.version, row.id, format.extension());
    let mut response =
        ([(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, file)], format.write(&report)).into_response();
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    if let (Format::Html, Ok(policy)) = (format, HeaderValue::from_str(&page::policy())) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// The first form that the request accepts, in its own order.
fn accepted(headers: &HeaderMap) -> Format {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = |range: &str| match range.split(';').next().unwrap_or_default().trim() {
        "application/json" => Some(Format::Json),
        "text/csv" => Some(Format::Csv),
        "text/html" => Some(Format::Html),
        "text/plain" => Some(Format::Text),
        _ => None,
    };
    accept.split(',').take(20).find_map(known).unwrap_or(Format::Json)
}

/// Who is the same as whom within this report, and nothing else.
fn masked(app: &App, id: i64, report: Report) -> Report {
    report.masked(|kind, reference| {
        let bytes = [&id.to_le_bytes()[..], kind.as_bytes(), b"\0", reference.as_bytes()].concat();
        format!("{kind}-{:016x}", app.keys.digest("backtest", &bytes))
    })
}
