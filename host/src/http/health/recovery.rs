//! GET recovery: without another defect, when each metric and the standing are well again, and how many clean orders would do.

use std::sync::Arc;

use andon_domain::calendar::date_of;
use andon_domain::comeback::{YEAR, is_well};
use andon_domain::ids::Day;
use andon_domain::manifest::Metric;
use andon_domain::reading::Reading;
use andon_domain::recovery::{Recovery as WayBack, ill};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Voice, in_force};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::language::Language;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::time;
use crate::pipeline::comeback::Comeback;
use crate::pipeline::play::Scene;

/// What time alone will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outlook {
    /// There is nothing to recover from.
    Well,
    /// It recovers by itself.
    Recovers,
    /// It does not within 366 days.
    NotWithinAYear,
}

impl Outlook {
    fn of(well: bool, back: Option<Day>) -> Self {
        match back {
            _ if well => Self::Well,
            Some(_) => Self::Recovers,
            None => Self::NotWithinAYear,
        }
    }
}

/// When a metric recovers.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricRecovery {
    code: String,
    title: String,
    /// Its status today.
    status: &'static str,
    #[schema(inline)]
    outlook: Outlook,
    /// First day on which it is neither breached nor at risk; null unless it recovers by itself.
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

/// A standing.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingSeen {
    code: String,
    title: String,
    level: String,
}

/// When the standing recovers.
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingRecovery {
    /// The standing in force; where none is yet, the one that the rules see today.
    #[serde(flatten)]
    now: StandingSeen,
    /// Code of the standing that the rules see today.
    projected: String,
    #[schema(inline)]
    outlook: Outlook,
    /// First day from which on a standing of level good or better is in force; null unless it recovers by itself.
    recovers_on: Option<String>,
    /// The standing of that day.
    becomes: Option<StandingSeen>,
    /// With so many further orders without a defect the rules would see such a standing today: 0 where they do, and only the day
    /// on which it binds is waited for. Null where it is in force, or up to a million orders alone do not help.
    clean_orders: Option<i64>,
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

/// When a merchant recovers, if nothing more goes wrong.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/health/recovery", tag = "health", operation_id = "health_recovery",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference")),
    responses((status = 200, body = Recovery)))]
pub async fn recovery(
    State(app): State<Arc<App>>,
    access: AtMerchant<See>,
    language: Language,
) -> Result<Json<Recovery>, Problem> {
    let market = access.market;
    let row = find(&app, &market, &access.merchant).await?;
    let generation = in_force(&market, row.id)?;
    let now = market.now(app.clock.now());
    let turn = generation.judge.gate().play().await.map_err(Problem::RulesFailed)?;
    let (market_there, generation_there, merchant) = (market.clone(), generation.clone(), row.id);
    let read = app.store.read(move |session| {
        let _turn = turn;
        let scene = Scene::of(session, (&market_there, &generation_there), merchant, None)?;
        Ok(scene.comeback(session, now))
    });
    let found = read.await??;
    let voice = Voice { generation: &generation, locale: language.of(&generation, &market) };
    let readings = generation.metrics.iter().zip(&found.snapshot.readings);
    Ok(Json(Recovery {
        marketplace: market.code.clone(),
        merchant: row.reference,
        as_of: time(found.snapshot.now),
        standing: standing(&voice, &found),
        metrics: readings.zip(&found.metrics).map(|((m, r), way)| metric(&voice, found.day, m, r, way)).collect(),
    }))
}

fn date(day: Day) -> String {
    date_of(day).to_string()
}

fn standing(voice: &Voice<'_>, found: &Comeback) -> StandingRecovery {
    let seen = |index: u16| {
        let (code, level) = voice.standing(index);
        StandingSeen { title: voice.text(&code), code, level }
    };
    let well = is_well(voice.generation.manifest(), found.standing);
    StandingRecovery {
        now: seen(found.standing),
        projected: voice.standing(found.verdict.standing).0,
        outlook: Outlook::of(well, found.back.map(|(day, _)| day)),
        recovers_on: found.back.map(|(day, _)| date(day)),
        becomes: found.back.map(|(_, index)| seen(index)),
        clean_orders: found.clean_orders.filter(|_| !well),
    }
}

fn metric(voice: &Voice<'_>, today: Day, metric: &Metric, reading: &Reading, way: &WayBack) -> MetricRecovery {
    let ill = ill(reading.status);
    let back = way.recovered.filter(|day| ill && *day <= today + YEAR);
    MetricRecovery {
        code: metric.code.clone(),
        title: voice.text(&metric.code),
        status: reading.status.word(),
        outlook: Outlook::of(!ill, back),
        recovers_on: back.map(date),
        clean_orders: way.clean_orders.filter(|_| ill),
        leaving: way.leaving.iter().map(|(day, amount)| Leaving { day: date(*day), amount: *amount }).collect(),
    }
}
