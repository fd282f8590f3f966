//! GET recovery: without another defect, when each metric and the standing are well again, and how many clean orders would do.

use std::sync::Arc;

use andon_domain::calendar::date_of;
use andon_domain::ids::Day;
use andon_domain::manifest::Level;
use andon_domain::recovery::{ill, recovery as way_back};
use andon_domain::verdict::{Snapshot, Verdict};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Voice, in_force};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::markets::{Generation, Market};
use crate::pipeline::play::{PlayError, Scene};
use crate::pipeline::read;
use crate::store::StoreError;

/// How far ahead is looked, days: longer than any window of a year.
const HORIZON: i32 = 400;

/// When a metric recovers.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricRecovery {
    code: String,
    /// Its status today.
    status: &'static str,
    /// First day on which it is neither breached nor at risk; null where it is well today, or time alone does not help.
    recovers_on: Option<String>,
    /// So many further orders without a defect would make it good; null where it is well, or orders alone do not help.
    clean_orders: Option<i64>,
    /// The defects known today, by the day on which they leave the window for good.
    leaving: Vec<Leaving>,
}

/// Defects that leave a window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Leaving {
    /// First day of the marketplace's calendar on which they count no more.
    day: String,
    /// How much.
    amount: i64,
}

/// When the standing recovers.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingRecovery {
    /// Where the rules see the merchant today.
    code: String,
    level: String,
    /// First binding day on which the level is good or better; null where it is today, or time alone does not help.
    recovers_on: Option<String>,
    /// The standing of that day.
    becomes: Option<String>,
}

/// The way back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recovery {
    marketplace: String,
    merchant: String,
    as_of: String,
    standing: StandingRecovery,
    metrics: Vec<MetricRecovery>,
}

/// When a merchant recovers.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/health/recovery", tag = "health", operation_id = "health_recovery",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = Recovery)))]
pub async fn recovery(State(app): State<Arc<App>>, access: AtMerchant<See>) -> Result<Json<Recovery>, Problem> {
    let market = access.market;
    let row = find(&app, &market, &access.merchant).await?;
    let generation = in_force(&market, row.id)?;
    let now = market.now(app.clock.now());
    let _turn = generation.judge.gate().play().await.map_err(Problem::RulesFailed)?;
    let (market_there, generation_there, merchant) = (market.clone(), generation.clone(), row.id);
    let days = app
        .store
        .read(move |session| {
            let state = session.states(&[merchant])?.pop().ok_or_else(|| StoreError::Driver("the merchant has gone".into()))?;
            let party = read::party(generation_there.manifest(), &state);
            let scene = Scene { market: &market_there, generation: &generation_there, merchant, party };
            let today = scene.now(session, now, &[]);
            Ok(today.and_then(|today| {
                let ahead = future(&scene, &market_there, &generation_there, &today)?;
                let reader = scene.reader(now);
                let books = reader.books(&today.account, &[]);
                let ways: Vec<_> = generation_there.metrics.iter().map(|m| way_back(books, m, reader.today)).collect();
                Ok((today.snapshot, today.verdict, ahead, ways))
            }))
        })
        .await??;
    let (snapshot, verdict, ahead, ways) = days;
    let metrics = generation.metrics.iter().zip(&snapshot.readings).zip(ways).map(|((metric, reading), way)| {
        let date = |day: Day| date_of(day).to_string();
        let ill = ill(reading.status);
        MetricRecovery {
            code: metric.code.clone(),
            status: reading.status.word(),
            recovers_on: way.recovered.filter(|_| ill).map(date),
            clean_orders: way.clean_orders.filter(|_| ill),
            leaving: way.leaving.into_iter().map(|(day, amount)| Leaving { day: date(day), amount }).collect(),
        }
    });
    Ok(Json(Recovery {
        marketplace: market.code.clone(),
        merchant: row.reference,
        as_of: time(snapshot.now),
        standing: standing(&generation, &verdict, &ahead),
        metrics: metrics.collect(),
    }))
}

/// A day to come, if nothing more happens.
struct Ahead {
    day: Day,
    verdict: Verdict,
}

fn future(
    scene: &Scene<'_>,
    market: &Market,
    generation: &Generation,
    today: &crate::pipeline::play::Play,
) -> Result<Vec<Ahead>, PlayError> {
    if level(generation, &today.verdict) <= Level::Good {
        return Ok(Vec::new());
    }
    let first = market.calendar.day_of(today.snapshot.now) + 1;
    let days: Vec<Day> = (first..first + HORIZON).collect();
    let shown = |day: &Day| scene.reader(market.calendar.start_of(*day)).snapshot(&today.account, scene.party.clone(), &[]);
    let snapshots: Vec<Snapshot> = days.iter().map(shown).collect();
    let verdicts = generation.judge.evaluate(&snapshots)?;
    Ok(days.into_iter().zip(verdicts).map(|(day, verdict)| Ahead { day, verdict }).collect())
}

fn standing(generation: &Generation, verdict: &Verdict, ahead: &[Ahead]) -> StandingRecovery {
    let voice = Voice { generation, locale: "en" };
    let (code, word) = voice.standing(verdict.standing);
    let cadence = generation.manifest().cadence;
    let back = |d: &&Ahead| cadence.binds_on(d.day) && level(generation, &d.verdict) <= Level::Good;
    let recovers = (level(generation, verdict) > Level::Good).then(|| ahead.iter().find(back)).flatten();
    StandingRecovery {
        code,
        level: word,
        recovers_on: recovers.map(|d| date_of(d.day).to_string()),
        becomes: recovers.map(|d| voice.standing(d.verdict.standing).0),
    }
}

fn level(generation: &Generation, verdict: &Verdict) -> Level {
    generation.manifest().standings.get(usize::from(verdict.standing)).map_or(Level::Suspended, |s| s.level)
}
