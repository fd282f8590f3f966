//! `andon demo`: from nothing to a marketplace being judged. Builds and installs the bundled rules, simulates a marketplace's
//! life up to now, evaluates everybody, and serves it with tokens and requests to try.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use indicatif::{HumanCount, ProgressBar};
use tokio::net::TcpListener;

use super::serve::{host, policy};
use super::{Place, bundled, looks, open};
use crate::app::App;
use crate::auth::{Grant, MerchantClaim, Scope, TrialKey};
use crate::config::Config;
use crate::events::{EventContext, parse};
use crate::ledger::Cause;
use crate::markets::{ClockKind, Market};
use crate::setup::{NewMarket, RulesSetup};
use crate::shutdown::Shutdown;
use crate::simulate::{Plan, Simulation};
use crate::store::merchants::{Filter, MerchantRow, Page, Sort};
use crate::telemetry;

/// The simulated marketplace's code.
const CODE: &str = "demo";
const CURRENCY: &str = "USD";
/// The rules that judge it, and those installed beside them.
const RULES: [&str; 2] = ["amazon", "ebay"];
/// Events in one request to the writer.
const BATCH: usize = 1_000;
/// A simulated life that ended longer ago than this is lived anew: its windows have moved on.
const STALE: Duration = Duration::from_hours(24);

/// How large a marketplace.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Merchants
    #[arg(long, default_value_t = 200)]
    merchants: u32,
    /// Orders in all
    #[arg(long, default_value_t = 20_000)]
    orders: u32,
    /// Days up to now
    #[arg(long, default_value_t = 90)]
    days: u32,
    /// Seed; the same gives the same marketplace
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    place: Place,
}

/// Sets up what is missing and serves until SIGINT or SIGTERM.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let Args { merchants, orders, days, seed, place } = args;
    let config = place.settings()?;
    let config = Config { home: config.home.join("demo"), ..config };
    telemetry::logs(&config, &shutdown)?;
    let metrics = telemetry::metrics(&shutdown)?;
    let set_up = async {
        let app = prepared(&config).await?;
        if app.markets.get(CODE).is_none() {
            let end = app.clock.now();
            let plan = Plan { merchants, orders, days, seed, end, marketplace: CODE.into(), currency: CURRENCY.into() };
            live(&app, plan).await?;
        }
        anyhow::Ok(app)
    };
    let app = tokio::select! {
        app = set_up => app?,
        () = shutdown.stop.cancelled() => return Ok(()),
    };
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("{} cannot be bound; choose another with ANDON_LISTEN", config.listen))?;
    introduce(&app, &config, &format!("http://{}", listener.local_addr()?)).await?;
    host(app, &config, listener, &shutdown, Some(metrics)).await
}

/// The host with both sets of rules installed, over a database whose simulated life is not stale.
async fn prepared(config: &Config) -> anyhow::Result<Arc<App>> {
    if config.database_url.is_none() {
        forget_stale(&config.home).context("the old demo cannot be removed")?;
    }
    let app = open(config).await?;
    for rules in RULES {
        bundled::install(&app, rules).await?;
    }
    Ok(app)
}

/// Removes the database of a life that was lived too long ago.
fn forget_stale(home: &Path) -> std::io::Result<()> {
    let Ok(born) = home.join("andon.db").metadata().and_then(|m| m.created().or_else(|_| m.modified())) else { return Ok(()) };
    if born.elapsed().is_ok_and(|age| age < STALE) {
        return Ok(());
    }
    for file in ["andon.db", "andon.db-wal", "andon.db-shm"] {
        match std::fs::remove_file(home.join(file)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}

/// Lives the simulated life: every event through the same door as a sender's.
async fn live(app: &Arc<App>, plan: Plan) -> anyhow::Result<()> {
    let simulation = Simulation::new(plan)?;
    let new = NewMarket {
        code: CODE.into(),
        name: "Demo marketplace".into(),
        currency: CURRENCY.into(),
        time_zone: "America/New_York".into(),
        locale: "en".into(),
        clock: ClockKind::System,
        rules: RulesSetup { rules: Some(RULES[0].into()), action_modes: modes(), ..RulesSetup::default() },
    };
    let market = app.create_market(new, Cause::host("the demonstration")).await?;
    let bar = ProgressBar::new_spinner().with_style(looks("{spinner} {human_pos} events lived, {pace}")?);
    bar.enable_steady_tick(Duration::from_millis(100));
    let keys = app.keys;
    let context = EventContext { marketplace: CODE, currency: CURRENCY, keys: &keys, now: app.clock.now() };
    let mut batch = Vec::with_capacity(BATCH);
    for line in simulation {
        batch.push(parse(&context, &line).context("the simulation made an event that is refused")?);
        if batch.len() == BATCH {
            bar.inc(BATCH as u64);
            app.ingest.submit(market.clone(), std::mem::take(&mut batch)).await?;
        }
    }
    app.ingest.submit(market, batch).await?;
    bar.set_style(looks("{spinner} Evaluating merchants")?);
    app.drain(CODE).await?;
    bar.finish_and_clear();
    Ok(())
}

/// The demonstration warns by itself and leaves what weighs to a person.
fn modes() -> BTreeMap<String, String> {
    let modes = [("warning", "auto"), ("ask-plan-of-action", "auto"), ("suspend", "review"), ("pull-listing", "auto")];
    modes.map(|(action, mode)| (action.to_owned(), mode.to_owned())).into()
}

async fn introduce(app: &App, config: &Config, address: &str) -> anyhow::Result<()> {
    let market = app.markets.get(CODE).context("the demo marketplace is gone")?;
    let merchant = somebody_in_trouble(app, &market).await?.context("the demo marketplace has no merchants")?;
    let grant = |subject: &str, scopes: &[Scope], merchant: Option<MerchantClaim>| Grant {
        subject: subject.into(),
        scopes: scopes.to_vec(),
        marketplaces: if merchant.is_some() { Vec::new() } else { vec![CODE.into()] },
        merchant,
        seconds: config.token_seconds as i64,
    };
    let claim = MerchantClaim { marketplace: CODE.into(), reference: merchant.reference.clone() };
    let grants = [
        ("OPERATOR", Grant { marketplaces: vec!["*".into()], ..grant("operator", &[Scope::Admin], None) }),
        ("INGEST", grant("ingest", &[Scope::EventsWrite, Scope::MerchantsWrite], None)),
        ("AUTHOR", grant("author", &[Scope::PluginsWrite], None)),
        ("REVIEWER", grant("reviewer", &[Scope::EnforcementsReview, Scope::CordRelease, Scope::HealthRead], None)),
        ("AGENT", grant("agent", &[Scope::CordPull, Scope::HealthRead], None)),
        ("MERCHANT", grant(&merchant.reference, &[Scope::HealthRead, Scope::AppealsWrite], Some(claim))),
    ];
    let key = TrialKey::of_home(&config.home)?;
    println!(
        "\n{} merchants judged. Andon listens on {address}, and describes itself at {address}/docs\n",
        count(app, &market).await?
    );
    for (role, grant) in &grants {
        println!("export {role}={}", key.sign(grant, &policy(config), app.clock.now())?);
    }
    let base = format!("{address}/v1/marketplaces/{CODE}");
    let (reference, health) = (&merchant.reference, format!("{base}/merchants/{}/health", merchant.reference));
    println!("\n# who is in trouble, the largest first");
    println!("curl -sH \"Authorization: Bearer $OPERATOR\" '{base}/merchants?level=restricted&sort=orders&order=desc'");
    println!("# what {reference} sees: every metric with its counts and window");
    println!("curl -sH \"Authorization: Bearer $MERCHANT\" {health}");
    println!("# and each order behind the order defect rate");
    println!("curl -sH \"Authorization: Bearer $MERCHANT\" '{health}/evidence?metric=odr'\n");
    println!("# what waits for a person");
    println!("curl -sH \"Authorization: Bearer $REVIEWER\" '{base}/enforcements?stage=in-review'\n");
    println!("Ctrl-C ends it.");
    Ok(())
}

/// The largest merchant on the worst level there is.
async fn somebody_in_trouble(app: &App, market: &Market) -> anyhow::Result<Option<MerchantRow>> {
    let page = Page { sort: Sort::Orders, descending: true, after: None, limit: 1 };
    for level in [Some("restricted"), Some("at-risk"), None] {
        let filter = Filter { level: level.map(str::to_owned), ..Filter::default() };
        if let Some(found) = app.store.merchants(market.id, &filter, page).await?.pop() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

async fn count(app: &App, market: &Market) -> anyhow::Result<HumanCount> {
    Ok(HumanCount(app.store.count_judged(market.id).await?))
}
