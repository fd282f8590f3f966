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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::options::Options;

    fn end() {
        panic!("a writer's end")
    }

    async fn app() -> (Arc<App>, tempfile::TempDir) {
        let home = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", home.path().join("andon.db").display());
        (App::open(&url, Arc::new(ManualClock::at(0)), Options::default()).await.unwrap(), home)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_host_whose_writer_has_ended_is_not_ready() {
        let (app, _home) = app().await;
        assert!(ready(State(app.clone())).await.is_ok());
        // Whatever ends the thread; the second piece of work is answered when its queue is gone.
        for _ in 0..2 {
            let end = app.ingest.alone(Box::new(|_, _| Ok(())), Box::new(end)).await;
            assert!(end.is_err());
        }
        assert!(matches!(ready(State(app)).await, Err(Problem::NotReady(why)) if why == "the writer has ended"));
    }
}
