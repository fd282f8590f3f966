//! Rules through the sandbox, fuel and epochs on, against the same rules as native code; and merchants judged from the database.

use std::time::Duration;

use super::figures::{Figure, Target};
use super::native;
use super::place::Place;
use super::server::prepare;
use super::telling::telling;
use crate::markets::ClockKind;
use crate::rules::{Judge, bench as made_up};

/// How long to ask.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Time of each part, seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Facts or merchants asked about at once: by default as many as one instance answers, which is about what the writer hands
    /// over under load
    #[arg(long, default_value_t = 4_096, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batch: u64,
}

/// Measures what facts mean.
pub async fn classify(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let (batch, time) = (args.batch as usize, Duration::from_secs(args.seconds));
    with_rules(move |judge| {
        let sandbox = made_up::classify(judge, batch, time)?;
        let orders: Vec<_> = (0..batch as u64).map(made_up::order).collect();
        let native = native::classify(judge.manifest(), made_up::NOW, &orders, time)?;
        let figure = Figure::new(format!("classify, sandbox, batches of {batch}, one core"), sandbox.rate(), "orders/s");
        let fuel = Figure::new("classify, fuel", sandbox.fuel_per_item as f64, "an order");
        Ok(vec![figure.against("native", native).target(Target::AtLeast(2e6)), fuel])
    })
    .await
}

/// Measures what readings lead to, without the database.
pub(super) async fn evaluate(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let (batch, time) = (args.batch as usize, Duration::from_secs(args.seconds));
    with_rules(move |judge| {
        let sandbox = made_up::evaluate(judge, batch, time)?;
        let merchants: Vec<_> = (0..batch as u64).map(|i| made_up::snapshot(judge.manifest(), i)).collect();
        let native = native::evaluate(&merchants, time)?;
        let figure = Figure::new(format!("evaluate, sandbox, batches of {batch}, one core"), sandbox.rate(), "merchants/s");
        let fuel = Figure::new("evaluate, fuel", sandbox.fuel_per_item as f64, "a merchant");
        Ok(vec![figure.against("native", native).target(Target::AtLeast(1e6)), fuel])
    })
    .await
}

async fn with_rules<F>(work: F) -> anyhow::Result<Vec<Figure>>
where
    F: FnOnce(&Judge) -> anyhow::Result<Vec<Figure>> + Send + 'static,
{
    let mut place = Place::new(None)?;
    let url = place.database("rules").await?;
    let judge =
        prepare(&url, ClockKind::LatestEvent).await.map(|(_, market)| market.generation.as_ref().map(|g| g.judge.clone()));
    place.clear().await?;
    let _told = telling("Asking the rules, in the sandbox and as native code")?;
    let judge = judge?.ok_or_else(|| anyhow::anyhow!("the marketplace has no rules"))?;
    tokio::task::spawn_blocking(move || work(&judge)).await?
}
