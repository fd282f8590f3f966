//! All merchants of a marketplace due at once: judged, and what follows from it decided and carried out.

use std::collections::BTreeMap;
use std::time::Instant;

use andon_domain::enforce::policy::Policy;
use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::figures::{Figure, Target};
use super::fill::{Trade, fill};
use super::load::MARKETPLACE;
use super::place::Place;
use super::server::{close, prepare_as};
use super::telling::telling;
use crate::clock::{Clock, SystemClock};
use crate::markets::ClockKind;
use crate::setup::RulesSetup;
use crate::telemetry::DECIDE_SECONDS;

/// Of so many merchants one is not without fault; of those one in five does badly enough for the rules to propose something.
const ONE_FAULTY_IN: u64 = 10;
/// Orders of a merchant.
const ORDERS: u64 = 100;
/// Within which a million are decided about.
const LIMIT: f64 = 60.0;

/// About whom to decide.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Merchants due at once
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    merchants: u64,
    /// A `postgres:` URL of somebody who may create databases: measures PostgreSQL in place of SQLite
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

/// Measures deciding.
pub async fn run(args: &Args) -> anyhow::Result<Vec<Figure>> {
    let recorded = PrometheusBuilder::new().install_recorder()?;
    let mut place = Place::new(args.database_url.clone())?;
    let measured = decided(args, &mut place, &recorded).await;
    place.clear().await?;
    measured
}

async fn decided(args: &Args, place: &mut Place, recorded: &PrometheusHandle) -> anyhow::Result<Vec<Figure>> {
    let url = place.database("decided").await?;
    let (app, market) = prepare_as(&url, ClockKind::System, trusting()).await?;
    let trade = |number: u64| Trade { orders: ORDERS, faulty: number.is_multiple_of(ONE_FAULTY_IN) };
    let told = telling(format!("Making {} merchants", args.merchants))?;
    fill(&app, &market, args.merchants, trade, market.today(SystemClock.now())).await?;
    told.set_message("Judging and deciding about all of them");
    let start = Instant::now();
    app.drain(MARKETPLACE).await?;
    let took = start.elapsed();
    let deciding = seconds(recorded).context("nothing was decided")?;
    let count = "select count(*) from enforcements where closed_at is null";
    let open =
        app.store.read(move |session| session.ask(count, &[])).await?.first().and_then(|row| row.int(0)).unwrap_or_default();
    anyhow::ensure!(open > 0, "nothing followed for anybody");
    close(app).await;
    let name = if place.is_postgres() { "PostgreSQL: " } else { "" };
    let what = format!("{name}{} merchants due at once, {open} enforcements", args.merchants);
    let limit = LIMIT * args.merchants as f64 / 1e6;
    Ok(vec![
        Figure::new(format!("{what}: decided within"), deciding, "s").target(Target::Under(limit)),
        Figure::new(format!("{what}: judged and decided within"), took.as_secs_f64(), "s").target(Target::Under(limit)),
    ])
}

/// Everything that the rules propose happens by itself, at once, to anybody.
fn trusting() -> RulesSetup {
    let auto = ["warning", "ask-plan-of-action", "suspend"].map(|action| (action.to_owned(), "auto".to_owned()));
    let policy = Policy { grace_days: 0, new_merchant_days: 0, daily_cap: 1_000_000, ..Policy::default() };
    RulesSetup { action_modes: BTreeMap::from(auto), policy, ..RulesSetup::default() }
}

/// Seconds that deciding has taken so far.
fn seconds(recorded: &PrometheusHandle) -> Option<f64> {
    let rendered = recorded.render();
    let sum = format!("{DECIDE_SECONDS}_sum ");
    rendered.lines().find_map(|line| line.strip_prefix(&sum)?.parse().ok())
}
