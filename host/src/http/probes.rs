//! What watches the host from outside: is it alive, is it ready, how is it doing. None of it names a merchant.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;

use super::problem::Problem;
use super::state::Http;
use crate::app::App;

/// `/healthz`, `/readyz` and `/metrics`.
pub fn routes() -> Router<Http> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(figures))
}

async fn alive() -> &'static str {
    "ok\n"
}

/// Ready while the database answers, the writer writes, the rules' deadlines are watched, and nothing that works in the background
/// has ended.
async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    app.store.db().ping().await.map_err(|e| Problem::Unavailable(Box::new(e)))?;
    let mut why: Vec<String> = app.background.ended().iter().map(|worker| format!("the {worker} has ended")).collect();
    if !app.ingest.is_open() {
        why.push("the writer has ended".into());
    }
    if !app.registry.is_watched() {
        why.push("deadlines are not watched".into());
    }
    if why.is_empty() { Ok("ready\n") } else { Err(Problem::NotReady(why.join(", "))) }
}

async fn figures(State(handle): State<Option<PrometheusHandle>>) -> Response {
    match handle {
        Some(handle) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response(),
        None => Problem::NotFound.into_response(),
    }
}
