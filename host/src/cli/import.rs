//! `andon import`: a marketplace's records, from the files they are published in, through the same door as any sender's events.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::{HumanCount, ProgressBar};

use super::{looks, spinner};
use crate::app::App;
use crate::events::{EventContext, parse};
use crate::import::olist;
use crate::ledger::Cause;
use crate::markets::{ClockKind, Market};
use crate::pipeline::accept::Outcome;
use crate::setup::{NewMarket, RulesSetup};

/// Events in one request to the writer.
const BATCH: usize = 1_000;

/// What to import.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, clap::Subcommand)]
enum From {
    /// The Brazilian E-Commerce Public Dataset by Olist.
    Olist {
        /// Directory of its CSV files.
        dir: PathBuf,
        /// Code of the marketplace that takes the events; set up if there is none.
        #[arg(long, default_value = "olist")]
        marketplace: String,
        /// Rules that judge the marketplace if it is set up now.
        #[arg(long, default_value = "amazon")]
        rules: String,
    },
}

impl Args {
    /// Name of the rules that a marketplace set up now would be judged by; they must be installed before [`run`].
    pub fn rules(&self) -> &str {
        let From::Olist { rules, .. } = &self.from;
        rules
    }
}

/// What an import did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was read.
    pub read: olist::Summary,
    /// Events that were new.
    pub accepted: u64,
    /// Events imported before.
    pub duplicates: u64,
    /// Events that say something else than they did when first imported; they are not kept.
    pub conflicts: u64,
    /// Events that were refused.
    pub refused: u64,
    /// Why the first of them was.
    pub first_refusal: Option<String>,
}

/// Imports and prints what was done.
pub async fn run(app: &Arc<App>, args: Args) -> anyhow::Result<()> {
    let From::Olist { dir, marketplace, rules } = args.from;
    let report = import_olist(app, dir, &marketplace, rules).await?;
    let read = report.read;
    let count = |n: usize| HumanCount(n as u64).to_string();
    println!("{} orders, of which {} have no items and so no seller", count(read.orders), count(read.without_items));
    println!("{} parts of orders by {} sellers", count(read.parts), count(read.sellers));
    println!("{} reviews, of which {} do not count", count(read.reviews), count(read.reviews_left_out));
    println!("{} events accepted, {} known before", HumanCount(report.accepted), HumanCount(report.duplicates));
    if let Some(first) = report.first_refusal {
        bail!("{} events were refused; the first: {first}", report.refused);
    }
    if report.conflicts > 0 {
        bail!("{} events say something else than they did when first imported", report.conflicts);
    }
    Ok(())
}

/// Imports Olist's files in `dir` and evaluates whom they concern. What was imported before is only counted, so that an import
/// that was interrupted goes on when it is started again.
pub async fn import_olist(app: &Arc<App>, dir: PathBuf, marketplace: &str, rules: String) -> anyhow::Result<Report> {
    let code = marketplace.to_owned();
    let reading = spinner(format!("Reading the files in {}", dir.display()));
    let events = tokio::task::spawn_blocking(move || olist::events(&dir, &code)).await??;
    reading.finish_and_clear();
    let market = market(app, marketplace, rules).await?;
    let report = feed(app, &market, events).await?;
    let spinner = spinner("Evaluating merchants");
    app.drain(marketplace).await?;
    spinner.finish_and_clear();
    Ok(report)
}

async fn market(app: &App, code: &str, rules: String) -> anyhow::Result<Arc<Market>> {
    if let Some(market) = app.markets.get(code) {
        if (market.currency.as_str(), market.calendar.zone()) != (olist::CURRENCY, olist::ZONE) {
            bail!("marketplace {code} is not one of {} in {}", olist::CURRENCY, olist::ZONE);
        }
        return Ok(market);
    }
    let new = NewMarket {
        code: code.to_owned(),
        name: "Olist".to_owned(),
        currency: olist::CURRENCY.to_owned(),
        time_zone: olist::ZONE.to_owned(),
        locale: "en".to_owned(),
        clock: ClockKind::LatestEvent,
        rules: RulesSetup { rules: Some(rules), ..RulesSetup::default() },
    };
    let made = app.create_market(new, Cause::host("an import")).await;
    made.with_context(|| format!("marketplace {code} cannot be set up"))
}

async fn feed(app: &App, market: &Arc<Market>, mut events: olist::Events) -> anyhow::Result<Report> {
    let style = looks("{bar:40} {human_pos}/{human_len} events, {pace}, {eta} left")?;
    let bar = ProgressBar::new(events.len() as u64).with_style(style);
    let ctx = EventContext { marketplace: &market.code, currency: &market.currency, keys: &app.keys, now: app.clock.now() };
    let mut report = Report { read: events.summary(), ..Report::default() };
    while events.len() > 0 {
        let mut batch = Vec::with_capacity(BATCH);
        for line in events.by_ref().take(BATCH) {
            bar.inc(1);
            match parse(&ctx, &line) {
                Ok(event) => batch.push(event),
                Err(problem) => {
                    report.refused += 1;
                    report.first_refusal.get_or_insert_with(|| problem.to_string());
                }
            }
        }
        for outcome in app.ingest.submit(market.clone(), batch).await? {
            match outcome {
                Outcome::Accepted => report.accepted += 1,
                Outcome::Duplicate => report.duplicates += 1,
                Outcome::Conflict => report.conflicts += 1,
                Outcome::Full => {
                    report.refused += 1;
                    report.first_refusal.get_or_insert_with(|| "its subject has no room for more changes".to_owned());
                }
            }
        }
    }
    bar.finish_and_clear();
    Ok(report)
}
