//! `andon demo`: from nothing to a marketplace being judged. Builds and installs the bundled rules, simulates a marketplace's
//! life up to now, evaluates everybody, and serves it with tokens and requests to try.

mod life;

use std::sync::Arc;

use anyhow::{Context, bail};
use indicatif::HumanCount;
use tokio::net::TcpListener;

use self::life::{Life, Note};
use super::serve::{host, policy};
use super::simulate::Size;
use super::{Place, bundled, open};
use crate::app::App;
use crate::auth::{Grant, MerchantClaim, Scope, TrialKey};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::markets::Market;
use crate::shutdown::Shutdown;
use crate::store::merchants::{Filter, MerchantRow, Page, Sort};
use crate::telemetry;

/// The simulated marketplace's code.
const CODE: &str = "demo";
const CURRENCY: &str = "USD";
/// The rules that judge it, and those installed beside them.
const RULES: [&str; 2] = ["amazon", "ebay"];

/// Which marketplace, and where.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    size: Size,
    #[command(flatten)]
    place: Place,
}

/// Sets up what is missing and serves until SIGINT or SIGTERM.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let Args { size: Size { merchants, orders, seed, days }, place } = args;
    let config = place.settings()?;
    let config = Config { home: config.home.join("demo"), ..config };
    telemetry::logs(&config, &shutdown)?;
    let metrics = telemetry::metrics(&shutdown)?;
    let life = Life { merchants, orders, days, seed, program: env!("CARGO_PKG_VERSION").to_owned() };
    let set_up = prepared(&config, life);
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

/// The host with both sets of rules installed, over a database in which this life was lived to its end.
async fn prepared(config: &Config, life: Life) -> anyhow::Result<Arc<App>> {
    let now = SystemClock.now();
    // Before anything is removed for it.
    life.simulation(now)?;
    let note = Note::of(config, RULES.iter().all(|rules| bundled::is_here(rules)));
    let objection = note.objection(&life, now);
    if let Some(why) = objection {
        note.make_room(why)?;
    }
    let app = open(config).await?;
    for rules in RULES {
        bundled::install(&app, rules).await?;
    }
    match (app.markets.get(CODE), objection) {
        (None, _) => note.live(&app, life).await?,
        (Some(_), None) => {}
        (Some(_), Some(why)) if config.database_url.is_none() => {
            bail!("{why}, and what its rules are built of is not here to begin anew with; run this from within a checkout")
        }
        (Some(_), Some(why)) => bail!("{why}, and a database that is named is never emptied; name an empty one, or none"),
    }
    Ok(app)
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
