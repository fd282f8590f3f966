//! What is announced: how a merchant will stand under rules that come into force on a date, beside how it stands today.

use std::sync::Arc;

use andon_domain::rollout::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{MetricHealth, Proposed, Voice, Why};
use crate::app::App;
use crate::http::generations::merchants::{Difference, SeenAs};
use crate::http::language::Language;
use crate::http::marketplaces::Rules;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::markets::Market;
use crate::pipeline::listings;

/// A merchant under announced rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct Coming {
    rules: Rules,
    /// From when on they judge.
    effective_at: Option<String>,
    note: Option<String>,
    as_of: String,
    standing: SeenAs,
    metrics: Vec<MetricHealth>,
    reasons: Vec<Why>,
    proposals: Vec<Proposed>,
    /// Against the rules of today; null where these failed.
    difference: Option<Difference>,
}

/// How the announced rules see a merchant; `None` where none are announced or they have not judged it yet.
pub(super) async fn coming(
    app: &App,
    market: &Arc<Market>,
    merchant: i64,
    language: &Language,
) -> Result<Option<Coming>, Problem> {
    let Some(announced) = market.beside.iter().find(|b| b.entry.state == State::Announced) else { return Ok(None) };
    let Some(row) = app.store.shadow(announced.entry.id, merchant).await? else { return Ok(None) };
    let Some((snapshot, verdict)) = row.judgement()? else { return Ok(None) };
    let voice = Voice { generation: &announced.generation, locale: language.of(&announced.generation, market) };
    let (standing, level) = voice.standing(verdict.standing);
    let listings = listings::of(&app.store, market, (announced.entry.id, merchant), &[&verdict]).await?;
    Ok(Some(Coming {
        rules: Rules::of(&announced.generation),
        effective_at: announced.entry.plan.effective_at.map(time),
        note: announced.entry.plan.note.clone(),
        as_of: time(row.at),
        standing: SeenAs { standing, level, score: verdict.score },
        metrics: voice.metrics(&snapshot),
        reasons: voice.reasons(&verdict, &listings),
        proposals: voice.proposals(&verdict, &listings),
        difference: row.difference.map(Into::into),
    }))
}
