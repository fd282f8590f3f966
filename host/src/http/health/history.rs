//! GET history: verdicts over time, newest first.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{MetricHealth, Voice, Why, generation_of};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, Paged, limit, time};
use crate::markets::Generation;
use crate::pipeline::listings::{self, Listings};

/// What a verdict saw.
#[derive(Debug, Serialize, ToSchema)]
pub struct Judged {
    /// Code of the standing.
    code: String,
    /// Its level.
    level: String,
}

/// A verdict of the past.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastVerdict {
    verdict: Uuid,
    as_of: String,
    /// Whether it moved the standing, or only foresaw it.
    binding: bool,
    rules: Rules,
    standing: Judged,
    score: u16,
    metrics: Vec<MetricHealth>,
    reasons: Vec<Why>,
}

/// A merchant's verdicts.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/health/history", tag = "health", operation_id = "health_history",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Paged),
    responses((status = 200, body = Listed<PastVerdict>)))]
pub async fn history(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: AtMerchant<See>,
    language: Language,
    Query(asked): Query<Paged>,
) -> Result<Json<Listed<PastVerdict>>, Problem> {
    let market = &access.market;
    let merchant = find(&app, market, &access.merchant).await?;
    let list = format!("history {} {}", market.code, merchant.id);
    let before = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let rows = app.store.verdicts_of(merchant.id, before, limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.seq)?;
    let mut generations: HashMap<i64, (Arc<Generation>, Listings)> = HashMap::new();
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let (generation, listings) = &*match generations.entry(row.generation) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let outputs: Vec<_> = rows.iter().filter(|r| r.generation == row.generation).map(|r| &r.output).collect();
                let listings = listings::of(&app.store, market, (row.generation, merchant.id), &outputs).await?;
                place.insert((generation_of(&app, market, row.generation).await?, listings))
            }
        };
        let voice = Voice { generation, locale: language.of(generation, market) };
        let (code, level) = voice.standing(row.output.standing);
        items.push(PastVerdict {
            verdict: row.id,
            as_of: time(row.input.now),
            binding: row.binding,
            rules: Rules::of(generation),
            standing: Judged { code, level },
            score: row.output.score,
            metrics: voice.metrics(&row.input),
            reasons: voice.reasons(&row.output, listings),
        });
    }
    Ok(Json(Listed { items, next }))
}
