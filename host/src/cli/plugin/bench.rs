//! `andon plugin bench`: what rules use of what they may.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::project::{Inspector, Source, refusal};
use crate::bench::{Figure, Target, table, telling};
use crate::rules::bench::{Measured, classify, evaluate};

/// Questions a call, as many as the host puts together when there are as many.
const BATCH: usize = 256;

/// What to measure, and for how long.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    source: Source,
    /// Time of each measurement, milliseconds
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    millis: u64,
    /// Figures as JSON
    #[arg(long)]
    json: bool,
}

/// Measures and prints, and fails where anything is above its limit. The questions are made up: orders with feedback, claims and
/// returns in usual shares, merchants with every metric read, one reading in ten of them breached.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let component = args.source.project()?.component()?;
    let inspector = Inspector::new()?;
    let limits = inspector.limits(component.len());
    let start = Instant::now();
    let rules = inspector.admit(&component).await?.map_err(|refused| refusal(&refused))?;
    let compiling = start.elapsed();
    let judge = rules.configure(&[])?;
    let told = telling("Measuring")?;
    let time = Duration::from_millis(args.millis);
    let (order, orders) = (classify(&judge, 1, time)?, classify(&judge, BATCH, time)?);
    let (merchant, merchants) = (evaluate(&judge, 1, time)?, evaluate(&judge, BATCH, time)?);
    drop(told);
    let memory = [order, orders, merchant, merchants].map(|m| m.memory_bytes).into_iter().max().unwrap_or_default();
    let alone = limits.fuel.saturating_add(limits.fuel_per_item);
    let bounded = |what: &str, value: f64, unit, limit: f64| {
        Figure::new(what, value, unit).against("limit", limit).target(Target::AtMost(limit))
    };
    let micros = |m: Measured| 1e6 / m.rate();
    let wall = limits.wall_per_item.as_secs_f64() * 1e6;
    let figures = [
        bounded("component", component.len() as f64, "bytes", limits.component_bytes as f64),
        bounded("memory of an instance", memory as f64, "bytes", limits.memory_bytes as f64),
        bounded("an order by itself", order.fuel_per_item as f64, "fuel", alone as f64),
        bounded("an order among many", orders.fuel_per_item as f64, "fuel", limits.fuel_per_item as f64),
        bounded("a merchant alone", merchant.fuel_per_item as f64, "fuel", alone as f64),
        bounded("a merchant among many", merchants.fuel_per_item as f64, "fuel", limits.fuel_per_item as f64),
        bounded("an order by itself", micros(order), "µs", limits.wall.as_secs_f64() * 1e6 + wall),
        bounded("an order among many", micros(orders), "µs", wall),
        bounded("a merchant alone", micros(merchant), "µs", limits.wall.as_secs_f64() * 1e6 + wall),
        bounded("a merchant among many", micros(merchants), "µs", wall),
        Figure::new("checking and compiling, once", compiling.as_secs_f64() * 1e3, "ms"),
    ];
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{}", table(&figures));
    }
    let missed = figures.iter().filter(|figure| figure.met() == Some(false));
    let missed: Vec<_> = missed.map(|figure| format!("{} ({})", figure.what, figure.unit)).collect();
    if !missed.is_empty() {
        bail!("above the limit: {}", missed.join(", "));
    }
    Ok(())
}
