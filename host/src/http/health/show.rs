//! GET health: the newest verdict, or any moment played again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::coming::coming;
use super::{Health, Voice, generation_of, in_force, play};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::extract::Query;
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::merchants::{Standing, find};
use crate::http::problem::Problem;
use crate::http::shapes::{moment, time};
use crate::pipeline::listings;

/// Which moment.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// RFC 3339: play this moment from the facts known by then, read-only.
    as_of: Option<String>,
}

/// A merchant's health.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/health", tag = "health", operation_id = "show_health",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Asked),
    responses((status = 200, body = Health)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: AtMerchant<See>,
    language: Language,
    Query(asked): Query<Asked>,
) -> Result<Json<Health>, Problem> {
    let market = &access.market;
    let row = find(&app, market, &access.merchant).await?;

    let current = in_force(market, row.id)?;
    let at = asked.as_of.as_deref().map(|text| moment("as_of", text)).transpose()?;
    let stored = match (at, row.verdict) {
        (None, Some(id)) => app.store.verdict(id).await?,
        _ => None,
    };
    let Some(stored) = stored else {
        let played = play(&app, market, &current, &row, at, Vec::new()).await?;
        let mut health =
            Voice { generation: &current, locale: language.of(&current, market) }.played(market, &row.reference, &played);
        if at.is_none() {
            health.next_evaluation = row.next_evaluation.map(time);
            health.coming = coming(&app, market, row.id, &language).await?;
        }
        return Ok(Json(health));
    };
    let generation = generation_of(&app, market, stored.generation).await?;
    let runs = app.registry.loaded_rules(current.judge.digest()).is_none_or(|rules| rules.has_code());
    let asked = stored.generation == current.id && runs && current.judge.gate().ready().is_ok();
    let stale = !asked || !app.store.faults_of(current.id, row.id, 1).await?.is_empty();
    let locale = language.of(&generation, market);
    let listings = listings::of(&app.store, market, (generation.id, row.id), &[&stored.output]).await?;
    let voice = Voice { generation: &generation, locale };
    Ok(Json(Health {
        marketplace: market.code.clone(),
        merchant: row.reference.clone(),
        as_of: time(stored.input.now),
        verdict: Some(stored.id),
        stale,
        rules: Rules::of(&generation),
        standing: Standing::of(&row, Some(&generation), locale),
        score: stored.output.score,
        metrics: voice.metrics(&stored.input),
        reasons: voice.reasons(&stored.output, &listings),
        proposals: voice.proposals(&stored.output, &listings),
        next_evaluation: row.next_evaluation.map(time),
        coming: coming(&app, market, row.id, &language).await?,
    }))
}
