//! POST what-if: readings and verdict with something added to the counters, nothing stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Health, Voice, in_force, play};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::extract::Json;
use crate::http::language::Language;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::moment;
use crate::markets::Generation;
use crate::pipeline::comeback::clean_orders;

/// Most that may be added to a counter.
const MAX_ADDED: i64 = 1_000_000_000;

/// What to suppose.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Supposed {
    /// How much to add to which counters, within every window that looks at them.
    #[serde(default)]
    add: BTreeMap<String, i64>,
    /// So many further orders without a defect, whatever counters these add to.
    #[serde(default)]
    clean_orders: i64,
    /// RFC 3339: suppose it of this moment.
    as_of: Option<String>,
}

/// What would be concluded if.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/merchants/{ref}/health/what-if", tag = "health", operation_id = "what_if",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    request_body = Supposed, responses((status = 200, body = Health)))]
pub async fn what_if(
    State(app): State<Arc<App>>,
    access: AtMerchant<See>,
    language: Language,
    Json(supposed): Json<Supposed>,
) -> Result<axum::Json<Health>, Problem> {
    let market = &access.market;
    let row = find(&app, market, &access.merchant).await?;
    let generation = in_force(market, row.id)?;
    let at = supposed.as_of.as_deref().map(|text| moment("as_of", text)).transpose()?;
    if !(0..=MAX_ADDED).contains(&supposed.clean_orders) {
        return Err(Problem::invalid("clean_orders", format!("must lie between 0 and {MAX_ADDED}")));
    }
    let mut extra = additions(&generation, &supposed.add)?;
    extra.extend(clean_orders(&generation, supposed.clean_orders));
    let played = play(&app, market, &generation, &row, at, extra).await?;
    let voice = Voice { generation: &generation, locale: language.of(&generation, market) };
    Ok(axum::Json(voice.played(market, &row.reference, &played)))
}

fn additions(generation: &Generation, add: &BTreeMap<String, i64>) -> Result<Vec<(u16, i64)>, Problem> {
    let counters = &generation.manifest().counters;
    let addition = |(code, n): (&String, &i64)| {
        let field = format!("add.{code}");
        let index = counters.iter().position(|c| c.code == *code).ok_or_else(|| {
            let known: Vec<_> = counters.iter().map(|c| c.code.as_str()).collect();
            Problem::invalid(&field, format!("is no counter of these rules; they are {}", known.join(", ")))
        })?;
        if !(-MAX_ADDED..=MAX_ADDED).contains(n) {
            return Err(Problem::invalid(&field, format!("must lie between -{MAX_ADDED} and {MAX_ADDED}")));
        }
        Ok((index as u16, *n))
    };
    add.iter().map(addition).collect()
}
