//! `/v1/marketplaces/{m}/generations`: the rules that judge here, judged here before, or are on their way, and what each is for.

pub mod list;
pub mod merchants;
pub mod shadow;
pub mod show;
pub mod turn;

use std::collections::BTreeMap;

use andon_domain::band;
use andon_domain::rollout::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::marketplaces::Rules;
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::markets::Market;
use crate::store::generations::GenerationRow;

/// Least and greatest share of merchants, 0 to 1.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Less than this, once everybody has been judged, is outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    /// More than this is outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
}

/// Where a roll-out stops by itself, as shares of the merchants that both rules have judged.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Merchants with a metric breached that was not before.
    #[serde(default)]
    new_breaches: Bounds,
    /// Merchants over whom the new rules fail and the old do not.
    #[serde(default)]
    faults: Bounds,
    /// Merchants with another standing.
    #[serde(default)]
    standing_changes: Bounds,
    /// Merchants judged before any share is looked at, 20 where nothing is said; everybody, where there are fewer.
    merchants: Option<u32>,
}

impl From<Bounds> for band::Bounds {
    fn from(bounds: Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

impl From<band::Bounds> for Bounds {
    fn from(bounds: band::Bounds) -> Self {
        Self { min: bounds.min, max: bounds.max }
    }
}

impl From<Band> for band::Band {
    fn from(band: Band) -> Self {
        Self {
            new_breaches: band.new_breaches.into(),
            faults: band.faults.into(),
            standing_changes: band.standing_changes.into(),
            merchants: band.merchants.unwrap_or(band::FEW),
        }
    }
}

impl From<band::Band> for Band {
    fn from(band: band::Band) -> Self {
        Self {
            new_breaches: band.new_breaches.into(),
            faults: band.faults.into(),
            standing_changes: band.standing_changes.into(),
            merchants: Some(band.merchants),
        }
    }
}

/// How far a build is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    /// Orders, contacts and violations classified.
    done: i64,
    /// Of how many there were when it began; those that come meanwhile are classified as they come.
    of: i64,
}

/// One component with one set of settings in one marketplace.
#[derive(Debug, Serialize, ToSchema)]
pub struct Generation {
    id: i64,
    marketplace: String,
    rules: Rules,
    /// Settings as the rules take them.
    settings: BTreeMap<String, String>,
    /// `building`, `paused`, `shadow`, `announced`, `rolling-out`, `active`, `standby` (kept to go back to), `retiring` (what it
    /// made is being removed) or `retired`.
    state: &'static str,
    /// Since when.
    since: String,
    /// Per cent of the merchants it is to rule; 0: it is only watched.
    share: u8,
    /// When it is to come into force; null where that is at once.
    effective_at: Option<String>,
    note: Option<String>,
    band: Option<Band>,
    /// How far its build is; null where it is not being built.
    progress: Option<Progress>,
    /// Why it was stopped or taken out of force, where it was.
    stopped: Option<String>,
    /// Who asked for it; null where it came with the marketplace.
    author: Option<String>,
    created_at: String,
}

impl Generation {
    pub(super) fn of(market: &Market, row: GenerationRow) -> Self {
        let plan = row.entry.plan;
        let progress = Progress { done: row.built.min(row.subjects), of: row.subjects };
        Self {
            id: row.entry.id,
            marketplace: market.code.clone(),
            rules: Rules { name: row.name, version: row.version, digest: row.component },
            settings: row.settings,
            state: row.entry.state.word(),
            since: time(row.since),
            share: plan.share,
            effective_at: plan.effective_at.map(time),
            note: plan.note,
            band: plan.band.map(Into::into),
            progress: row.entry.state.is_building().then_some(progress),
            stopped: row.entry.stopped,
            author: Some(row.author).filter(|author| !author.is_empty()),
            created_at: time(row.created_at),
        }
    }

    /// Whether it is built yet.
    pub(super) fn is_building(&self) -> bool {
        [State::Building, State::Paused].iter().any(|state| state.word() == self.state)
    }
}

/// Which generation, from the path.
#[derive(Debug, Deserialize)]
pub struct Numbered {
    /// Its number.
    pub id: i64,
}

/// A marketplace's generation.
async fn find(app: &App, market: &Market, id: i64) -> Result<GenerationRow, Problem> {
    let row = app.store.generation(id).await?;
    row.filter(|row| row.marketplace == market.id).ok_or(Problem::NotFound)
}

/// A generation as it is now.
pub(super) async fn shown(app: &App, market: &Market, id: i64) -> Result<Generation, Problem> {
    Ok(Generation::of(market, find(app, market, id).await?))
}
