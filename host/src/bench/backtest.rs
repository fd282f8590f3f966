//! A candidate held against the rules in force over facts that came in as events, so that rows, marks and their places are those that
//! a host has. Two workers do it, in this process, with nothing else to do.

use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;

use super::figures::{Figure, Target};
use super::load::{Load, MARKETPLACE, STEPS};
use super::place::Place;
use super::server::prepare;
use super::telling::telling;
use crate::app::App;
use crate::backtest::{Progress, Question, Report, run as play};
use crate::clock::{Clock, SystemClock};
use crate::events::{Event, EventContext, parse};
use crate::markets::ClockKind;

/// Events handed to the writer at once while the facts are made.
const BATCH: usize = 1_000;

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Orders of five events each, over three months
    #[arg(long, default_value_t = 200_000, value_parser = clap::value_parser!(u64).range(1_000..=20_000_000))]
    orders: u64,
    /// Merchants they are scattered over
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    merchants: u64,
    /// Days of the longer backtest, looked at once a day
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=90))]
    days: i64,
    /// How often each is measured; the median counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// Measures one moment over everything, and many moments.
pub async fn run(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let mut place = Place::new(args.database_url.clone())?;
    let measured = measured(args, &mut place).await;
    place.clear().await?;
    measured
}

async fn measured(args: &Args, place: &mut Place) -> anyhow::Result<Vec<Figure>> {
    let url = place.database("backtest").await?;
    let app = filled(args, &url).await?;
    let market = app.markets.get(MARKETPLACE).context("the marketplace is not there")?;
    let digest = market.generation.as_ref().context("the marketplace has no rules")?.judge.digest().to_owned();
    let settings = [("preview-days".to_owned(), "31".to_owned())].into();
    let candidate = Arc::new(app.candidate(&market, &digest, &settings).await?);
    let to = market.latest();
    let mut figures = Vec::new();
    for days in [0, args.days] {
        let from = to - days * 86_400_000;
        let _told = telling(format!("Playing {} moments", days + 1))?;
        let mut rounds = Vec::new();
        for _ in 0..args.rounds {
            let (market, candidate) = (market.clone(), candidate.clone());
            let (every, bounds) = ("1d".parse().map_err(anyhow::Error::msg)?, app.backtests.bounds);
            let question = Question { market, candidate, from, to, every, now: to, bounds };
            let start = Instant::now();
            let report = play(app.store.clone(), question, Arc::new(Progress::default())).await?;
            rounds.push((start.elapsed(), report));
        }
        rounds.sort_by_key(|(time, _)| *time);
        let slowest = rounds.last().map_or(0.0, |(time, _)| time.as_secs_f64());
        let (time, report) = rounds.swap_remove(rounds.len() / 2);
        figures.extend(told(args, &report, time.as_secs_f64(), slowest));
    }
    Ok(figures)
}

/// A host whose marketplace has taken in the whole load.
async fn filled(args: &Args, url: &str) -> anyhow::Result<Arc<App>> {
    let (app, market) = prepare(url, ClockKind::LatestEvent).await?;
    let _told = telling(format!("Taking in {} orders", args.orders))?;
    let load = Load::new(args.orders, args.merchants, SystemClock.now());
    let mut load = load.peekable();
    while load.peek().is_some() {
        let context =
            EventContext { marketplace: &market.code, currency: &market.currency, keys: &app.keys, now: SystemClock.now() };
        let events = load.by_ref().take(BATCH).map(|line| parse(&context, &line)).collect::<Result<Vec<Event>, _>>();
        app.ingest.submit(market.clone(), events.context("the load is refused")?).await?;
    }
    Ok(app)
}

/// What a report says, and how long it took: in the middle, and at worst.
fn told(args: &Args, report: &Report, seconds: f64, slowest: f64) -> Vec<Figure> {
    let c = &report.coverage;
    let of = match report.period.moments {
        1 => "one moment".to_owned(),
        moments => format!("{moments} moments a day apart"),
    };
    let what = format!("backtest, {of}, {} orders of {} events, {} merchants, two workers", c.orders, STEPS, args.merchants);
    let (orders, asked) = (c.orders as f64, c.classified as f64 / 2.0);
    vec![
        Figure::new(what, orders / seconds, "orders/s").target(Target::AtLeast(300_000.0)),
        Figure::new(format!("backtest, {of}: the slowest of {} rounds", args.rounds), orders / slowest, "orders/s"),
        Figure::new(format!("backtest, {of}: orders as often as they were asked about"), asked / seconds, "orders/s"),
        Figure::new(format!("backtest, {of}: how often an order was asked about, under each rules"), asked / orders.max(1.0), ""),
        Figure::new(format!("backtest, {of}: merchants evaluated, both rules"), c.evaluated as f64 / seconds, "/s"),
    ]
}
