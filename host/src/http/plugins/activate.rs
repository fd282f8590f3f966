//! POST activate.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::rollout::Plan;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Which, begin, market};
use crate::app::App;
use crate::http::access::{Operator, Run};
use crate::http::extract::{Json, Path};
use crate::http::generations::{Band, Generation};
use crate::http::marketplaces::setting_texts;
use crate::http::problem::Problem;
use crate::http::shapes::moment;
use crate::setup::Wanted;

/// Where, when and for whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Code of the marketplace.
    marketplace: String,
    /// All settings for the rules; the marketplace's own where none are given.
    #[schema(value_type = Option<Object>)]
    settings: Option<BTreeMap<String, Value>>,
    /// Per cent of the merchants, 1 to 100; 100 where none is given. The same merchants are in every larger share.
    share: Option<u8>,
    /// RFC 3339, by the marketplace's clock: until then all merchants see how they will stand, and are told; so it goes with a
    /// `share` of 100 only. No sooner than the marketplace's days of notice from now.
    effective_at: Option<String>,
    /// What merchants and colleagues are told about it.
    note: Option<String>,
    /// Where a roll-out to a share stops by itself.
    band: Option<Band>,
}

/// Put rules in force: built from the stored facts in the background, then switched to at once, for a share of the merchants, or on
/// a date that is announced to them. What is built already, such as a shadow or a smaller share, is switched to right away.
#[utoipa::path(post, path = "/v1/plugins/{name}/versions/{v}/activate", tag = "rules", operation_id = "activate_rules",
    params(("name" = String, Path, description = "Name of the rules"), ("v" = String, Path, description = "Their version")),
    request_body = Activation, responses((status = 200, body = Generation), (status = 202, body = Generation)))]
pub async fn activate(
    State(app): State<Arc<App>>,
    access: Operator<Run>,
    path: Path<Which>,
    Json(body): Json<Activation>,
) -> Result<Response, Problem> {
    let market = market(&app, &access, &body.marketplace)?;
    let share = body.share.unwrap_or(100);
    if share == 0 {
        return Err(Problem::invalid("share", "must be 1 to 100"));
    }
    let effective_at = body.effective_at.as_deref().map(|text| moment("effective_at", text)).transpose()?;
    let plan = Plan { share, effective_at, note: body.note, band: body.band.map(Into::into) };
    let settings = body.settings.map(setting_texts).transpose()?;
    let author = access.caller.subject.clone();
    begin(&app, &market, &path, Wanted { rules: path.0.rules(), settings, plan, author }).await
}
