//! POST a component.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRef, FromRequest, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_ENCODING, LOCATION};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::PluginVersion;
use crate::app::App;
use crate::http::access::{Operator, Push};
use crate::http::border::Border;
use crate::http::extract::{body, media_type};
use crate::http::problem::Problem;
use crate::http::shapes::Binary;

/// The bytes of a component, which nobody has looked at yet.
pub struct Component(Bytes);

impl<S: Send + Sync> FromRequest<S> for Component
where
    Arc<Border>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let border = Arc::<Border>::from_ref(state);
        if media_type(request.headers())?.0 != "application/wasm" {
            return Err(Problem::MediaType("application/wasm is expected".into()));
        }
        if request.headers().contains_key(CONTENT_ENCODING) {
            return Err(Problem::MediaType("a content encoding is accepted for events only".into()));
        }
        body(request, border.limits.plugin_bytes, border.limits.body_deadline).await.map(Self)
    }
}

/// Push a component. It is compiled in a process of its own and asked to describe itself, and becomes a draft under the name and
/// version it declares. The same bytes again answer what is there. Refused, the answer holds `code`, `field`, `reason`, and all
/// `problems`; 503 says nothing of the component, which may be pushed again.
#[utoipa::path(post, path = "/v1/plugins", tag = "plugins", operation_id = "push_plugin",
    request_body(content = Binary, content_type = "application/wasm"),
    responses((status = 201, body = PluginVersion), (status = 200, body = PluginVersion)))]
pub async fn push(State(app): State<Arc<App>>, access: Operator<Push>, Component(bytes): Component) -> Result<Response, Problem> {
    let pushed = app.registry.push(bytes.into(), &access.caller.subject, app.clock.now()).await?;
    let place = format!("/v1/plugins/{}/versions/{}", pushed.row.name, pushed.row.version);
    let status = if pushed.new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(LOCATION, place)], Json(PluginVersion::of(&app, &access.caller, pushed.row))).into_response())
}
