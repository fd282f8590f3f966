//! GET the statement of reasons for an enforcement, as JSON or as a page to be printed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Which, find};
use crate::app::App;
use crate::enforce::statement::Statement;
use crate::http::access::{Member, SeeEnforcements};
use crate::http::extract::{Path, Query};
use crate::http::language::Language;
use crate::http::problem::Problem;
use crate::page;

/// In which form.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// `json` or `html`; what the request accepts where neither is named, JSON where that says nothing.
    format: Option<String>,
}

/// Why a decision was made: facts relied on, rule and version, metrics with counts and window, whether people took part, and until when
/// and how to contest it. In the language asked for, or else the marketplace's. A merchant sees their own.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/enforcements/{id}/statement", tag = "enforcements", operation_id = "show_statement",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = String, Path, description = "Its id"), Asked),
    responses((status = 200, content((Statement = "application/json"), (String = "text/html")))))]
pub async fn statement(
    State(app): State<Arc<App>>,
    access: Member<SeeEnforcements>,
    language: Language,
    path: Path<Which>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let as_page = match asked.format.as_deref() {
        Some("html") => true,
        Some("json") => false,
        Some(_) => return Err(Problem::invalid("format", "must be one of json, html")),
        None => prefers_html(&headers),
    };
    let market = &access.market;
    let (row, merchant) = find(&app, market, path.0.id).await?;
    access.check(Some(&merchant))?;
    if access.caller.merchant().is_some() && !row.is_told() {
        return Err(Problem::NotFound);
    }
    let language = language.at(market);
    let statement = Statement::of(&row, market, &merchant, language, market.now(app.clock.now()))?;
    let mut response = if as_page {
        let policy = HeaderValue::from_str(&page::policy()).map_err(|e| Problem::Internal(Box::new(e)))?;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        ([(CONTENT_TYPE, html), (CONTENT_SECURITY_POLICY, policy)], statement.page()).into_response()
    } else {
        Json(statement).into_response()
    };
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(language));
    response.headers_mut().insert(VARY, HeaderValue::from_static("authorization, accept, accept-language"));
    Ok(response)
}

/// Whether a page comes before JSON in what the request accepts.
fn prefers_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let ranges = accept.split(',').take(20).map(|range| range.split(';').next().unwrap_or_default().trim());
    ranges.into_iter().find(|range| matches!(*range, "application/json" | "text/html")) == Some("text/html")
}
