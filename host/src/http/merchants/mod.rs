//! `/v1/marketplaces/{m}/merchants`: who sells, and where each stands.

pub mod account;
pub mod list;
mod mask;
pub mod notices;
pub mod overrides;
pub mod register;
pub mod show;
pub mod snapshot;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::language::Language;
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::markets::{Generation, Market};
use crate::pipeline::evaluate::status_letter;
use crate::store::merchants::MerchantRow;
use andon_domain::reading::Status;

/// Where a merchant stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Standing {
    /// Standing in force; null before there was a binding verdict.
    pub code: Option<String>,
    /// Its title; the code itself where the rules of today know no such standing.
    pub title: Option<String>,
    /// Its level on the ladder common to all marketplaces.
    pub level: Option<String>,
    /// Since when.
    pub since: Option<String>,
    /// Where the newest verdict sees the merchant.
    pub projected: Option<String>,
}

impl Standing {
    /// As the merchant's row has it, in words of `generation`.
    pub fn of(row: &MerchantRow, generation: Option<&Generation>, locale: &str) -> Self {
        let titled = |code: &String| generation.map_or(code.as_str(), |g| g.manifest().text(locale, code)).to_owned();
        Self {
            code: row.standing.clone(),
            title: row.standing.as_ref().map(titled),
            level: row.level.clone(),
            since: row.since.map(time),
            projected: row.projected.clone(),
        }
    }
}

/// A merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Merchant {
    #[serde(rename = "ref")]
    reference: String,
    name: String,
    joined_at: Option<String>,
    orders: i64,
    standing: Standing,
    /// 0 to 1000; null before the first verdict.
    score: Option<i64>,
    /// Status of each metric.
    statuses: BTreeMap<String, &'static str>,
    verdict: Option<Uuid>,
    next_evaluation: Option<String>,
}

impl Merchant {
    fn of(row: &MerchantRow, market: &Market, language: &Language) -> Self {
        let generation = market.in_force_for(row.id).map(|g| &**g);
        let metrics = generation.map_or(&[][..], |g| &g.metrics);
        let locale = generation.map_or("", |g| language.of(g, market));
        let word = |letter| Status::ALL.iter().find(|(status, _)| status_letter(*status) == letter).map(|(_, word)| *word);
        let statuses = metrics.iter().zip(row.statuses.chars()).filter_map(|(m, l)| Some((m.code.clone(), word(l)?)));
        Self {
            reference: row.reference.clone(),
            name: row.name.clone(),
            joined_at: row.joined_at.or(row.first_order).map(time),
            orders: row.orders,
            standing: Standing::of(row, generation, locale),
            score: row.score,
            statuses: statuses.collect(),
            verdict: row.verdict,
            next_evaluation: row.next_evaluation.map(time),
        }
    }
}

/// The row of a merchant, if there is one.
pub(super) async fn find(app: &App, market: &Market, reference: &str) -> Result<MerchantRow, Problem> {
    app.store.merchant(market.id, reference).await?.ok_or(Problem::NotFound)
}
