//! `andon plugin bench`: what rules use of what they may.

use std::time::{Duration, Instant};

use super::failure::{Answered, Refused, told};
use super::project::{Inspector, Source};
use crate::bench::{Figure, Target, table, telling};
use crate::rules::PluginFault;
use crate::rules::bench::{Measured, classify_each, contact, evaluate, order, violation};

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
/// returns in usual shares, contacts, violations, and merchants with every metric read, one reading in ten of them breached.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    told(args.json, measure(args)).await
}

async fn measure(args: &Args) -> anyhow::Result<()> {
    let component = args.source.project()?.component()?;
    let inspector = Inspector::new()?;
    let limits = inspector.limits(component.len());
    let start = Instant::now();
    let rules = inspector.admit(&component).await?;
    let compiling = start.elapsed();
    let judge = rules.configure(&[]).map_err(Refused::from)?;
    let telling = telling("Measuring")?;
    let time = Duration::from_millis(args.millis);
    let ask = |what: &'static str, measure: &dyn Fn(usize) -> Result<Measured, PluginFault>| -> Result<_, PluginFault> {
        Ok((what, measure(1)?, measure(BATCH)?))
    };
    let asked = [
        ask("an order", &|batch| classify_each(&judge, order, batch, time))?,
        ask("a contact", &|batch| classify_each(&judge, contact, batch, time))?,
        ask("a violation", &|batch| classify_each(&judge, violation, batch, time))?,
        ask("a merchant", &|batch| evaluate(&judge, batch, time))?,
    ];
    drop(telling);
    let bounded = |what: String, value: f64, unit, limit: f64| {
        Figure::new(what, value, unit).against("limit", limit).target(Target::AtMost(limit))
    };
    // One by itself and one of many: what is used, and what a call of one or a further item may use.
    let rows = |unit, used: &dyn Fn(&Measured) -> f64, alone: f64, further: f64| {
        let row = |(what, one, many): &(&str, Measured, Measured)| {
            let (one, many) = (used(one), used(many));
            [bounded(format!("{what} by itself"), one, unit, alone), bounded(format!("{what} among many"), many, unit, further)]
        };
        asked.iter().flat_map(row).collect::<Vec<_>>()
    };
    let memory = asked.iter().map(|(_, one, many)| one.memory_bytes.max(many.memory_bytes)).max().unwrap_or_default();
    let alone = limits.fuel.saturating_add(limits.fuel_per_item);
    let further = limits.wall_per_item.as_secs_f64() * 1e6;
    let wall = limits.wall.as_secs_f64() * 1e6 + further;
    let mut figures = vec![
        bounded("component".to_owned(), component.len() as f64, "bytes", limits.component_bytes as f64),
        bounded("memory of an instance".to_owned(), memory as f64, "bytes", limits.memory_bytes as f64),
    ];
    figures.extend(rows("fuel", &|m| m.fuel_per_item as f64, alone as f64, limits.fuel_per_item as f64));
    figures.extend(rows("µs", &|m| 1e6 / m.rate(), wall, further));
    figures.push(Figure::new("checking and compiling, once", compiling.as_secs_f64() * 1e3, "ms"));
    if args.json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    } else {
        print!("{}", table(&figures));
    }
    let missed = figures.iter().filter(|figure| figure.met() == Some(false));
    let missed: Vec<_> = missed.map(|figure| format!("{} ({})", figure.what, figure.unit)).collect();
    if !missed.is_empty() {
        return Err(Answered(format!("above the limit: {}", missed.join(", "))).into());
    }
    Ok(())
}
