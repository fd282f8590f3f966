//! GET a verdict: stored input, rules, settings, output.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::verdict::{Snapshot, Verdict};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find;
use crate::app::App;
use crate::http::access::{Known, See};
use crate::http::extract::Path;
use crate::http::health::{MetricHealth, Proposed, Voice, Why, generation_of};
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::pipeline::listings::{self, Listings};

/// What the rules were shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct Input {
    joined_at: String,
    /// Standing in force before.
    standing: Option<String>,
    standing_since: Option<String>,
    badges: Vec<String>,
    metrics: Vec<MetricHealth>,
}

/// What they concluded.
#[derive(Debug, Serialize, ToSchema)]
pub struct Output {
    standing: String,
    level: String,
    /// 0 to 1000.
    score: u16,
    reasons: Vec<Why>,
    proposals: Vec<Proposed>,
    /// When the rules asked to be asked again.
    revisit: Option<String>,
}

/// A stored verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredVerdict {
    id: Uuid,
    marketplace: String,
    merchant: String,
    as_of: String,
    /// Whether it moved the standing, or only foresaw it.
    binding: bool,
    rules: Rules,
    settings: BTreeMap<String, String>,
    settings_digest: String,
    input: Input,
    output: Output,
}

/// One verdict.
#[utoipa::path(get, path = "/v1/verdicts/{id}", tag = "verdicts", operation_id = "show_verdict",
    params(("id" = Uuid, Path, description = "Verdict")), responses((status = 200, body = StoredVerdict)))]
pub async fn show(
    State(app): State<Arc<App>>,
    access: Known<See>,
    language: Language,
    Path(id): Path<String>,
) -> Result<Json<StoredVerdict>, Problem> {
    let (verdict, market, merchant) = find(&app, &access.caller, &id).await?;
    let generation = generation_of(&app, &market, verdict.generation).await?;
    let settings = app.store.generation(verdict.generation).await?.map(|g| g.settings).unwrap_or_default();
    let listings = listings::of(&app.store, &market, (generation.id, merchant.id), &[&verdict.output]).await?;
    let voice = Voice { generation: &generation, locale: language.of(&generation, &market) };
    Ok(Json(StoredVerdict {
        id: verdict.id,
        marketplace: market.code.clone(),
        merchant: merchant.reference,
        as_of: time(verdict.input.now),
        binding: verdict.binding,
        rules: Rules::of(&generation),
        settings,
        settings_digest: generation.judge.settings_digest().to_owned(),
        input: input(&voice, &verdict.input),
        output: output(&voice, &verdict.output, &listings),
    }))
}

fn input(voice: &Voice<'_>, snapshot: &Snapshot) -> Input {
    let party = &snapshot.merchant;
    let badge = |index: &u16| voice.generation.manifest().badges.get(usize::from(*index)).cloned();
    Input {
        joined_at: time(party.joined),
        standing: party.standing.map(|index| voice.standing(index).0),
        standing_since: party.standing.map(|_| time(party.standing_since)),
        badges: party.badges.iter().filter_map(badge).collect(),
        metrics: voice.metrics(snapshot),
    }
}

/// A conclusion in words.
pub(super) fn output(voice: &Voice<'_>, verdict: &Verdict, listings: &Listings) -> Output {
    let (standing, level) = voice.standing(verdict.standing);
    Output {
        standing,
        level,
        score: verdict.score,
        reasons: voice.reasons(verdict, listings),
        proposals: voice.proposals(verdict, listings),
        revisit: verdict.revisit.map(time),
    }
}
