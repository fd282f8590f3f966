//! Merchants judged from the database, and health read over HTTP from a marketplace with much behind it.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::client::Client;
use super::figures::{Figure, Target, percentile};
use super::fill::{DAYS, Trade, fill};
use super::load::{MARKETPLACE, merchant};
use super::place::Place;
use super::rules;
use super::server::{Server, close, health_path, prepare};
use super::telling::telling;
use crate::clock::{Clock, SystemClock};
use crate::markets::ClockKind;

/// What to read.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Merchants
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    merchants: u64,
    /// Orders between them, of which the sums are made and nothing else
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    orders: u64,
    /// Reads a second
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// For how long, seconds
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// What to judge.
#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    rules: rules::Args,
    /// Merchants judged from the database
    #[arg(long, default_value_t = 30_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    merchants: u64,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// Measures judging, through the sandbox alone and from the database.
pub async fn evaluate(args: &EvaluateArgs) -> anyhow::Result<Vec<Figure>> {
    let mut figures = rules::evaluate(&args.rules).await?;
    let mut place = Place::new(args.database_url.clone())?;
    let judged = judged(&mut place, args.merchants, args.merchants * 100).await;
    place.clear().await?;
    let (_, took) = judged?;
    let what = format!("evaluate from the database, {DAYS} days, verdicts kept");
    figures.push(Figure::new(what, args.merchants as f64 / took.as_secs_f64(), "merchants/s").target(Target::AtLeast(15_000.0)));
    Ok(figures)
}

/// A marketplace whose merchants have all been judged, and how long that took.
async fn judged(place: &mut Place, merchants: u64, orders: u64) -> anyhow::Result<(String, Duration)> {
    let url = place.database("judged").await?;
    let (app, market) = prepare(&url, ClockKind::System).await?;
    let told = telling(format!("Making {merchants} merchants"))?;
    fill(&app, &market, merchants, move |_| Trade { orders: orders / merchants, faulty: true }, market.today(SystemClock.now()))
        .await?;
    told.set_message("Judging all of them");
    let start = Instant::now();
    app.drain(MARKETPLACE).await?;
    let took = start.elapsed();
    close(app).await;
    Ok((url, took))
}

/// Measures reading.
pub async fn health(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let mut place = Place::new(args.database_url.clone())?;
    let measured = reads(args, &mut place).await;
    place.clear().await?;
    measured
}

async fn reads(args: &Args, place: &mut Place) -> anyhow::Result<Vec<Figure>> {
    const CLIENTS: u64 = 16;
    let (url, took) = judged(place, args.merchants, args.orders).await?;
    let server = Server::start(place.home(), &url).await?;
    let _told = telling("Reading health")?;
    let (count, interval) = (args.rate * args.seconds, Duration::from_secs(1) / args.rate as u32);
    let start = Instant::now() + Duration::from_millis(10);
    let mut running = tokio::task::JoinSet::new();
    for first in 0..CLIENTS {
        let (mut client, merchants) = (server.client().await?, args.merchants);
        running.spawn(async move {
            let mut times = Vec::new();
            for i in (first..count).step_by(CLIENTS as usize) {
                let due = start + interval * i as u32;
                tokio::time::sleep_until(due.into()).await;
                read(&mut client, i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % merchants).await?;
                times.push(due.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let mut times = Vec::with_capacity(count as usize);
    while let Some(done) = running.join_next().await {
        times.extend(done??);
    }
    let memory = server.used().map(|(bytes, _)| bytes as f64 / f64::from(1 << 20));
    server.stop().await?;
    let at = format!("{} reads/s over {} merchants, {} orders", args.rate, args.merchants, args.orders);
    let mut figures = vec![
        Figure::new(format!("health, {at} (p50)"), percentile(&mut times, 0.5), "ms"),
        Figure::new(format!("health, {at} (p99)"), percentile(&mut times, 0.99), "ms").target(Target::Under(10.0)),
        Figure::new("judging all of them before", args.merchants as f64 / took.as_secs_f64(), "merchants/s"),
    ];
    figures.extend(memory.map(|mib| Figure::new("host's resident memory", mib, "MiB").target(Target::Under(1_024.0))));
    Ok(figures)
}

async fn read(client: &mut Client, number: u64) -> anyhow::Result<()> {
    let (status, body) = client.get(&health_path(&merchant(number))).await?;
    if !status.is_success() || !body.windows(9).any(|part| part == b"\"verdict\"") {
        bail!("health answered {status}: {}", String::from_utf8_lossy(&body).chars().take(400).collect::<String>());
    }
    Ok(())
}
