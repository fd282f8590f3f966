//! GET recovery: without another defect, when each metric and the standing are well again, and how many clean orders would do.

use std::sync::Arc;

use andon_domain::calendar::date_of;
use andon_domain::ids::Day;
use andon_domain::manifest::{Compare, Formula, Level, Metric};
use andon_domain::reading::{Reading, Status};
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
/// More clean orders than this are no advice.
const MAX_CLEAN: i64 = 1_000_000_000;

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
    let generation = in_force(&market)?;
    let now = market.now(app.clock.now());
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
                Ok((today.snapshot, today.verdict, ahead))
            }))
        })
        .await??;
    let (snapshot, verdict, ahead) = days;
    let metrics = generation.metrics.iter().enumerate().map(|(i, metric)| {
        let reading = &snapshot.readings[i];
        let recovers = ill(reading.status).then(|| ahead.iter().find(|d| !ill(d.snapshot.readings[i].status))).flatten();
        MetricRecovery {
            code: metric.code.clone(),
            status: reading.status.word(),
            recovers_on: recovers.map(|d| date_of(d.day).to_string()),
            clean_orders: ill(reading.status).then(|| clean_orders(metric, reading)).flatten(),
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
    snapshot: Snapshot,
    verdict: Verdict,
}

fn future(
    scene: &Scene<'_>,
    market: &Market,
    generation: &Generation,
    today: &crate::pipeline::play::Play,
) -> Result<Vec<Ahead>, PlayError> {
    let well = level(generation, &today.verdict) <= Level::Good && !today.snapshot.readings.iter().any(|r| ill(r.status));
    if well {
        return Ok(Vec::new());
    }
    let first = market.calendar.day_of(today.snapshot.now) + 1;
    let days: Vec<Day> = (first..first + HORIZON).collect();
    let shown = |day: &Day| scene.reader(market.calendar.start_of(*day)).snapshot(&today.account, scene.party.clone(), &[]);
    let snapshots: Vec<Snapshot> = days.iter().map(shown).collect();
    let verdicts = generation.judge.evaluate(&snapshots)?;
    let ahead = days.into_iter().zip(snapshots).zip(verdicts);
    Ok(ahead.map(|((day, snapshot), verdict)| Ahead { day, snapshot, verdict }).collect())
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

fn ill(status: Status) -> bool {
    matches!(status, Status::Breached | Status::AtRisk)
}

/// The least number of clean orders that makes a ratio good. A clean order adds to the denominator, and to the numerator
/// where that counts successes, which is where more is better.
fn clean_orders(metric: &Metric, reading: &Reading) -> Option<i64> {
    let (Formula::Ratio { .. }, Some(limit)) = (&metric.formula, metric.limit) else { return None };
    let success = matches!(limit.compare, Compare::Greater | Compare::AtLeast);
    let good = |k: i64| {
        let value = (reading.numerator + if success { k } else { 0 }) as f64 / (reading.denominator + k) as f64;
        limit.compare.holds(value, limit.target) && limit.compare.holds(value, limit.warn)
    };
    if reading.denominator <= 0 || !good(MAX_CLEAN) {
        return None;
    }
    // What is good with k clean orders is good with more, so halving finds the least.
    let (mut bad, mut enough) = (0, MAX_CLEAN);
    while enough - bad > 1 {
        let middle = bad + (enough - bad) / 2;
        if good(middle) { enough = middle } else { bad = middle }
    }
    Some(enough)
}

#[cfg(test)]
mod tests {
    use andon_domain::manifest::{Limit, Window};

    use super::*;

    fn least(compare: Compare, target: f64, numerator: i64, denominator: i64) -> Option<i64> {
        let metric = Metric {
            code: "m".into(),
            formula: Formula::Ratio { numerator: 1, denominator: 0 },
            window: Window::Lifetime,
            limit: Some(Limit { compare, target, warn: target }),
            evidence: None,
            min_denominator: 0,
            min_numerator: 0,
            min_buyers: 0,
        };
        let reading = Reading {
            value: 0.0,
            numerator,
            denominator,
            buyers: 0,
            lower: 0.0,
            upper: 0.0,
            peers: None,
            status: Status::Breached,
            breached_in_a_row: 1,
            from: 0,
            to: 0,
            excluded_numerator: 0,
            value_with_excluded: 0.0,
        };
        clean_orders(&metric, &reading)
    }

    #[test]
    fn the_least_number_of_clean_orders() {
        // 7 of n is under 1 % from n = 701 on; 7 of 700 is exactly 1 %.
        assert_eq!(least(Compare::Less, 0.01, 7, 170), Some(531));
        assert_eq!(least(Compare::AtMost, 0.01, 7, 170), Some(530));
        // (80 + k) / (100 + k) reaches 90 % at k = 100.
        assert_eq!(least(Compare::AtLeast, 0.9, 80, 100), Some(100));
        assert_eq!(least(Compare::Less, 0.0, 7, 170), None);
        assert_eq!(least(Compare::Less, 0.01, 0, 0), None);
    }
}
