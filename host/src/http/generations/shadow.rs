//! GET the shadow: how a generation judges beside the rules in force, summed over merchants.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Numbered, find};
use crate::app::App;
use crate::http::access::{Staff, Watch};
use crate::http::extract::Path;
use crate::http::problem::Problem;
use crate::markets::{Generation, Market};

/// What classifying took on this host since it started.
#[derive(Debug, Serialize, ToSchema)]
pub struct Classifying {
    /// Orders, contacts and violations that were classified, each as often as it was.
    facts: u64,
    /// Fuel used for them.
    fuel: u64,
}

impl Classifying {
    fn of(market: &Market, generation: i64) -> Self {
        let read = |g: &Arc<Generation>| g.judge.classified().read();
        let (facts, fuel) = market.generation_numbered(generation).map(read).unwrap_or_default();
        Self { facts, fuel }
    }
}

/// How one of the two did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Effort {
    /// Fuel used to judge these merchants; a WebAssembly instruction costs about one.
    fuel: u64,
    classifying: Classifying,
    /// Merchants over whom it failed, or over something of theirs.
    faults: u64,
    /// Orders, contacts and violations that it could not classify.
    unclassified: u64,
}

/// Merchants who would stand elsewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    better: u64,
    worse: u64,
    /// With another standing on the same level.
    sideways: u64,
}

/// From which standing to which.
#[derive(Debug, Serialize, ToSchema)]
pub struct Moves {
    from: String,
    to: String,
    merchants: i64,
}

/// A generation held against the rules in force: the same merchants at the same moments.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    generation: i64,
    /// Merchants judged under both.
    merchants: u64,
    /// Those whose standing and proposals are the same.
    agreeing: u64,
    standing_changes: Changes,
    /// Who would go where, those who stay included.
    transitions: Vec<Moves>,
    /// Merchants with a metric breached that is not today.
    new_breaches: u64,
    /// Merchants with a proposal that is not made today.
    new_proposals: u64,
    /// Merchants without a proposal that is made today.
    vanished_proposals: u64,
    rules: Effort,
    in_force: Effort,
}

/// How a generation judges beside the rules in force, in sum. It holds while the generation is a shadow, announced or rolled out;
/// the rules in force are held against nothing (409).
#[utoipa::path(get, path = "/v1/marketplaces/{m}/generations/{id}/shadow", tag = "rules", operation_id = "shadow_report",
    params(("m" = String, Path, description = "Marketplace code"), ("id" = i64, Path, description = "Its number")),
    responses((status = 200, body = Report)))]
pub async fn report(State(app): State<Arc<App>>, access: Staff<Watch>, path: Path<Numbered>) -> Result<Json<Report>, Problem> {
    let market = &access.market;
    let generation = find(&app, market, path.0.id).await?.entry.id;
    let in_force = market.generation.as_ref().map_or(0, |g| g.id);
    if generation == in_force {
        return Err(Problem::Conflict("these are the rules in force: there is nothing that they are held against".into()));
    }
    let seen = app.store.compared(generation).await?;
    let transitions = app.store.transitions(generation).await?;
    let unclassified = app.store.unclassified(&[generation, in_force]).await?;
    let effort = |fuel, faults, generation, unclassified| Effort {
        fuel,
        classifying: Classifying::of(market, generation),
        faults,
        unclassified,
    };
    Ok(Json(Report {
        generation,
        merchants: seen.merchants,
        agreeing: seen.agreeing,
        standing_changes: Changes { better: seen.better, worse: seen.worse, sideways: seen.sideways },
        transitions: transitions.into_iter().map(|t| Moves { from: t.from, to: t.to, merchants: t.merchants }).collect(),
        new_breaches: seen.new_breaches,
        new_proposals: seen.new_proposals,
        vanished_proposals: seen.vanished_proposals,
        rules: effort(seen.fuel, seen.faults, generation, unclassified[0]),
        in_force: effort(seen.base_fuel, seen.base_faults, in_force, unclassified[1]),
    }))
}
