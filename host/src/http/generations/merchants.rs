//! GET the shadow merchant by merchant: who would stand elsewhere, and what else differs.

use std::sync::Arc;

use andon_domain::difference::Direction;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Numbered, find};
use crate::app::App;
use crate::http::access::{See, Staff};
use crate::http::border::Border;
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::shapes::{Listed, limit, time};
use crate::store::shadows::{Seen, ShadowRow};

/// Which merchants.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only those who would stand `better`, `worse`, `sideways` (another standing on the same level) or the `same`.
    direction: Option<String>,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Where rules see a merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeenAs {
    pub(in crate::http) standing: String,
    pub(in crate::http) level: String,
    /// 0 to 1000.
    pub(in crate::http) score: u16,
}

impl SeenAs {
    fn of(seen: &Seen) -> Self {
        Self { standing: seen.standing.code.clone(), level: seen.standing.level.clone(), score: seen.score }
    }
}

/// What differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    /// `same`, `better`, `worse` or `sideways`.
    pub(in crate::http) direction: &'static str,
    /// Codes of metrics that would be breached and are not.
    pub(in crate::http) new_breaches: Vec<String>,
    /// Codes of metrics that are breached and would not be.
    pub(in crate::http) ended_breaches: Vec<String>,
    /// What would be proposed and is not.
    pub(in crate::http) new_proposals: Vec<String>,
    /// What is proposed and would not be.
    pub(in crate::http) vanished_proposals: Vec<String>,
}

impl From<andon_domain::difference::Difference> for Difference {
    fn from(d: andon_domain::difference::Difference) -> Self {
        Self {
            direction: d.direction.word(),
            new_breaches: d.new_breaches,
            ended_breaches: d.ended_breaches,
            new_proposals: d.new_proposals,
            vanished_proposals: d.vanished_proposals,
        }
    }
}

/// One merchant under both rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct Compared {
    merchant: String,
    as_of: String,
    /// Whether standing and proposals are the same.
    agrees: bool,
    /// Under the rules in force; null where they failed.
    today: Option<SeenAs>,
    /// Under the others; null where they failed.
    coming: Option<SeenAs>,
    /// Null where either failed.
    difference: Option<Difference>,
    /// Code of the fault of the others.
    fault: Option<String>,
    /// Code of the fault of the rules in force.
    fault_in_force: Option<String>,
    /// Fuel of the others, as an equal part of what they used for the merchants judged together.
    fuel: u64,
    /// The same of the rules in force.
    fuel_in_force: u64,
}

impl Compared {
    fn of(merchant: String, row: ShadowRow) -> Self {
        Self {
            merchant,
            as_of: time(row.at),
            agrees: row.difference.as_ref().is_some_and(andon_domain::difference::Difference::agrees),
            today: row.base_seen.as_ref().ok().map(SeenAs::of),
            coming: row.seen.as_ref().ok().map(SeenAs::of),
            difference: row.difference.map(Into::into),
            fault: row.seen.err(),
            fault_in_force: row.base_seen.err(),
            fuel: row.fuel,
            fuel_in_force: row.base_fuel,
        }
    }
}

/// Merchants as a generation judges them beside the rules in force.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/generations/{id}/shadow/merchants", tag = "rules",
    operation_id = "shadow_merchants",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number"), Asked),
    responses((status = 200, body = Listed<Compared>)))]
pub async fn merchants(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Staff<See>,
    path: Path<Numbered>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listed<Compared>>, Problem> {
    let generation = find(&app, &access.market, path.0.id).await?.entry.id;
    let word = |word: &str| Direction::of_word(word).ok_or_else(|| Problem::invalid("direction", "is not a direction"));
    let direction = asked.direction.as_deref().map(word).transpose()?;
    let list = format!("shadow {} {generation} {direction:?}", access.market.code);
    let after = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let rows = app.store.shadows(generation, direction, after.unwrap_or(0), limit + 1).await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| last.merchant)?;
    let mut references = app.store.merchant_references(rows.iter().map(|r| r.merchant)).await?;
    let items = rows.into_iter().map(|row| Compared::of(references.remove(&row.merchant).unwrap_or_default(), row));
    Ok(Json(Listed { items: items.collect(), next }))
}
