//! The host as a process of its own over a database of its own, so that what is measured is what is served.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::{Child, Command};

use super::client::Client;
use super::load::{CURRENCY, MARKETPLACE};
use crate::app::App;
use crate::auth::{Grant, Scope, TrialKey};
use crate::cli::{bundled, serve};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::ledger::Cause;
use crate::markets::{ClockKind, Market};
use crate::options::Options;
use crate::setup::{NewMarket, RulesSetup};

/// Longest time the host may take to become ready.
const READY: Duration = Duration::from_mins(1);

/// Which rules judge.
const RULES: &str = "amazon";

/// Where its events go.
pub(super) fn events_path() -> String {
    format!("/v1/marketplaces/{MARKETPLACE}/events")
}

/// Where a merchant's health is read.
pub(super) fn health_path(merchant: &str) -> String {
    format!("/v1/marketplaces/{MARKETPLACE}/merchants/{merchant}/health")
}

/// Opens a database and sets up the marketplace of the load in it.
pub(super) async fn prepare(database_url: &str, clock: ClockKind) -> anyhow::Result<(Arc<App>, Arc<Market>)> {
    prepare_as(database_url, clock, RulesSetup::default()).await
}

/// The same, with whatever is set up besides the rules.
pub(super) async fn prepare_as(
    database_url: &str,
    clock: ClockKind,
    setup: RulesSetup,
) -> anyhow::Result<(Arc<App>, Arc<Market>)> {
    let app = App::open(database_url, Arc::new(SystemClock), Options::default()).await?;
    if let Some(market) = app.markets.get(MARKETPLACE) {
        return Ok((app, market));
    }
    rules(&app).await?;
    let new = NewMarket {
        code: MARKETPLACE.to_owned(),
        name: "Bench".to_owned(),
        currency: CURRENCY.to_owned(),
        time_zone: "America/New_York".to_owned(),
        locale: "en".to_owned(),
        clock,
        rules: RulesSetup { rules: Some(RULES.to_owned()), ..setup },
    };
    let market = app.create_market(new, Cause::host("")).await?;
    Ok((app, market))
}

/// Lets go of a database and waits until that is done: its writer ends after its last job, and the next host finds the file
/// locked until then.
pub(super) async fn close(app: Arc<App>) {
    let mut open = app.store.news();
    drop(app);
    while open.changed().await.is_ok() {}
}

/// Installs the rules, which are built once a run.
async fn rules(app: &App) -> anyhow::Result<()> {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    if let Some(component) = COMPONENT.get() {
        app.registry.add(component.clone(), app.clock.now()).await?;
        return Ok(());
    }
    let rules = bundled::ensure(app, RULES).await?;
    let component = app.store.component(rules.digest()).await?.context("the rules were not kept")?;
    // Whoever was first to set it set the same.
    drop(COMPONENT.set(component));
    Ok(())
}

/// A running host.
pub(super) struct Server {
    process: Child,
    pub(super) address: SocketAddr,
    pub(super) token: String,
}

impl Server {
    /// Starts this very program as the host over a prepared database.
    pub(super) async fn start(home: &Path, database_url: &str) -> anyhow::Result<Self> {
        // The port is free now and nobody else's a moment later, on all but the unluckiest of machines.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let program = std::env::current_exe().context("where this program lies is not known")?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--home").arg(home).arg("--database-url").arg(database_url);
        command.args(["--listen", &address.to_string(), "--log-filter", "warn", "--rate", "1000000"]);
        command.args(["--webhook-private", "true"]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut server = Self { process, address, token: token(home)? };
        tokio::time::timeout(READY, server.ready()).await.context("the host does not become ready")??;
        Ok(server)
    }

    async fn ready(&mut self) -> anyhow::Result<()> {
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("the host ended with {status}");
            }
            if let Ok(mut client) = self.client().await
                && matches!(client.get("/readyz").await, Ok((status, _)) if status.is_success())
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A new connection to it.
    pub(super) async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(self.address, &self.token).await
    }

    /// Its resident memory and the processor time it has used, from the kernel's tables; nothing where there are none.
    pub(super) fn used(&self) -> Option<(u64, Duration)> {
        let id = self.process.id()?;
        let pages: u64 = std::fs::read_to_string(format!("/proc/{id}/statm")).ok()?.split(' ').nth(1)?.parse().ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // After the program's name, which may hold anything: state is the third field, user and system ticks the 14th and 15th.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        let ticks: u64 = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
        Some((pages * 4096, Duration::from_millis(ticks * 10)))
    }

    /// Ends it and waits until it is gone.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.process.kill().await.context("the host cannot be stopped")
    }
}

fn token(home: &Path) -> anyhow::Result<String> {
    let policy = serve::policy(&Config::default());
    let (scopes, marketplaces) = (vec![Scope::Admin], vec![MARKETPLACE.to_owned()]);
    let grant = Grant { subject: "bench".to_owned(), scopes, marketplaces, merchant: None, seconds: 3_600 };
    Ok(TrialKey::of_home(home)?.sign(&grant, &policy, SystemClock.now())?)
}
