//! The border: what comes in over HTTP, who may, and what is answered. The route table and the order of the layers stand here,
//! the rest in a file an endpoint.

pub mod access;
pub mod appeals;
pub mod body;
pub mod border;
pub mod buyers;
pub mod cords;
pub mod cursor;
mod deliver;
pub mod enforcements;
pub mod etag;
pub mod events;
pub mod extract;
pub mod generations;
pub mod health;
pub mod idempotency;
mod json;
pub mod language;
pub mod layers;
pub mod ledger;
pub mod limits;
pub mod listener;
pub mod marketplaces;
pub mod merchants;
pub mod openapi;
pub mod orders;
pub mod plugins;
pub mod probes;
pub mod problem;
pub mod reports;
pub mod shapes;
pub mod state;
pub mod stream;
mod titles;
pub mod verdicts;
mod watched;
pub mod webhooks;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tower_http::catch_panic::CatchPanicLayer;

use etag::Conditions;
use problem::Problem;
use state::Http;

/// Everything the host answers. A request passes the layers from the last named to the first.
pub fn router(http: Http) -> Router {
    let border = http.border.clone();
    let (resources, document) = openapi::api();
    let conditions = Conditions { border: border.clone(), resources: resources.clone().with_state(http.clone()) };
    let resources = resources
        .route_layer(from_fn_with_state(conditions, etag::conditional))
        .route_layer(from_fn_with_state(border.clone(), idempotency::once))
        .route_layer(from_fn_with_state(border.clone(), layers::authenticate));
    Router::new()
        .merge(resources)
        .merge(probes::routes())
        .merge(openapi::docs(document))
        .fallback(async || Problem::NotFound)
        .layer(map_response(async |response| problem::map_plain(response)))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn_with_state(border, layers::observe))
        .layer(from_fn(language::problems))
        .with_state(http)
}
