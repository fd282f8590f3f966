//! GET figures on cords: how fast they are pulled and let go, and how often that was right, by reason and by agent. A cord that nobody
//! pulls is a broken cord, so silence shows too.

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::enforce::policy::DAY;
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::Instant;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::access::{Review, Staff};
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::store::enforcements::{self as rows, Enforcement as Row};

/// Pulls that are looked at; figures over more say nothing else.
const MOST: usize = 20_000;

/// Over which time.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// 1 to 366; 90 where none are given.
    days: Option<u16>,
}

/// What became of some pulls.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Outcome {
    pulled: u64,
    /// Let go, and found to have been right.
    upheld: u64,
    /// Undone, or not agreed to.
    overturned: u64,
    /// Ended by themselves, because nobody looked.
    expired: u64,
    /// Neither yet.
    open: u64,
    /// Median seconds from the first complaint to the pull.
    seconds_to_pull: Option<i64>,
    /// Median seconds from the pull to its end.
    seconds_to_release: Option<i64>,
}

/// Figures on cords.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figures {
    from: String,
    to: String,
    total: Outcome,
    by_reason: BTreeMap<String, Outcome>,
    /// By the subject of the agent's token; `andon` for those that complaints pulled by themselves.
    by_agent: BTreeMap<String, Outcome>,
    last_pulled_at: Option<String>,
    /// Nobody has pulled for as long as the policy takes for an alarm.
    silent: bool,
}

/// How cords are pulled and let go.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/cords/figures", tag = "cords", operation_id = "cord_figures",
    params(("m" = String, Path, description = "Marketplace code"), Asked),
    responses((status = 200, body = Figures)))]
pub async fn figures(
    State(app): State<Arc<App>>,
    access: Staff<Review>,
    Query(asked): Query<Asked>,
) -> Result<Json<Figures>, Problem> {
    let days = match asked.days.unwrap_or(90) {
        days @ 1..=366 => Instant::from(days),
        _ => return Err(Problem::invalid("days", "must be 1 to 366")),
    };
    let (market, now) = (&access.market, access.market.now(app.clock.now()));
    let (id, from) = (market.id, now - days * DAY);
    let cords = app.store.read(move |session| rows::cords(session, id, from, MOST)).await?;
    let silence = now - Instant::from(market.policy.cord.silent_days) * DAY;
    let last = cords.first().map(|c| c.opened_at);
    let group = |key: fn(&Row) -> String| {
        let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
        for cord in &cords {
            groups.entry(key(cord)).or_default().push(cord);
        }
        groups.into_iter().map(|(key, cords)| (key, outcome(&cords))).collect()
    };
    Ok(Json(Figures {
        from: time(from),
        to: time(now),
        total: outcome(&cords.iter().collect::<Vec<_>>()),
        by_reason: group(|cord| cord.record.reasons.first().cloned().unwrap_or_default()),
        by_agent: group(|cord| cord.author.clone()),
        last_pulled_at: last.map(time),
        silent: last.is_none_or(|at| at < silence),
    }))
}

fn outcome(cords: &[&Row]) -> Outcome {
    let count = |stages: &[Stage]| cords.iter().filter(|c| stages.contains(&c.stage)).count() as u64;
    let since = |c: &&Row| c.record.cord.as_ref().map(|cord| c.opened_at - cord.since);
    Outcome {
        pulled: cords.len() as u64,
        upheld: count(&[Stage::Lifted]),
        overturned: count(&[Stage::Reversed, Stage::Declined]),
        expired: count(&[Stage::Expired, Stage::Withdrawn]),
        open: count(&[Stage::InForce, Stage::InReview]),
        seconds_to_pull: median(cords.iter().filter_map(since)),
        seconds_to_release: median(cords.iter().filter_map(|c| Some(c.closed_at? - c.opened_at))),
    }
}

/// The lower median of milliseconds, in seconds.
fn median(millis: impl Iterator<Item = Instant>) -> Option<i64> {
    let mut all: Vec<Instant> = millis.collect();
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) / 2).map(|millis| millis / 1_000)
}
