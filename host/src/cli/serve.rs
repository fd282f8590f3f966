//! `andon serve`: the host, until a signal ends it in good order.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::time::MissedTickBehavior;

use crate::app::App;
use crate::auth::{KeySource, Policy, TrialKey, Verifier};
use crate::config::Config;
use crate::http;
use crate::http::border::Border;
use crate::http::listener::{ConnectionLimits, serve};
use crate::http::state::Http;
use crate::shutdown::Shutdown;
use crate::telemetry;

/// How often rules that cannot be run are compiled again; the reason may have been a crowded machine.
const MEND_EVERY: Duration = Duration::from_mins(1);

/// Serves until SIGINT or SIGTERM.
pub async fn run(config: &Config) -> anyhow::Result<()> {
    let shutdown = Shutdown::default();
    telemetry::logs(config, &shutdown)?;
    let metrics = telemetry::metrics(&shutdown)?;
    let app = super::open(config).await?;
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("setting `listen`: {} cannot be bound", config.listen))?;
    shutdown.on_signals()?;
    tracing::info!("listening on http://{}, try it at http://{0}/docs", listener.local_addr()?);
    host(app, config, listener, &shutdown, Some(metrics)).await
}

/// Evaluates and answers on `listener` until `shutdown`, then finishes what was accepted. Fails where that takes longer than
/// the drain time.
pub async fn host(
    app: Arc<App>,
    config: &Config,
    listener: TcpListener,
    shutdown: &Shutdown,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<()> {
    let verifier = verifier(config, &app).await?;
    let border = Arc::new(Border::new(config, verifier, app.keys, app.store.clone(), app.clock.clone()));
    let (rates, stopping) = (border.clone(), shutdown.clone());
    shutdown.tasks.spawn(async move { rates.rates.forget(&stopping).await });
    let (broken, stopping) = (app.clone(), shutdown.clone());
    shutdown.tasks.spawn(async move { mend(&broken, &stopping).await });
    let (asked, stopping) = (app.clone(), shutdown.clone());
    shutdown.tasks.spawn(async move { asked.work_on_backtests(&stopping.stop).await });
    let (deliverer, stopping) = (app.deliverer().context("messages cannot be sent")?, shutdown.clone());
    shutdown.tasks.spawn(async move { deliverer.run(&stopping.stop).await });
    let (streams, stopping) = (border.clone(), shutdown.clone());
    shutdown.tasks.spawn(async move { streams.streams.end_with(&stopping.stop).await });
    app.start_scheduler()?;
    let router = http::router(Http { app: app.clone(), border, metrics });
    serve(listener, router, ConnectionLimits::of(config), shutdown).await;
    let drained = shutdown.drained(config.drain()).await;
    let judging = app.clone();
    tokio::task::spawn_blocking(move || judging.stop_scheduler()).await?;
    app.registry.settled().await;
    if !drained {
        bail!("some requests were not finished within {} s", config.drain_seconds);
    }
    Ok(())
}

/// Tries from time to time to run rules that could not be run, until shutdown.
async fn mend(app: &App, shutdown: &Shutdown) {
    let mut tick = tokio::time::interval(MEND_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.stop.run_until_cancelled(tick.tick()).await.is_some() {
        // Compiling ends with the process where the process ends first.
        if let Some(Err(error)) = shutdown.stop.run_until_cancelled(app.registry.mend()).await {
            tracing::error!("broken rules cannot be looked at: {error}");
        }
    }
}

/// What tokens must say.
pub fn policy(config: &Config) -> Policy {
    Policy { issuer: config.issuer.clone(), audience: config.audience.clone(), longest: config.token_seconds as i64 }
}

async fn verifier(config: &Config, app: &App) -> anyhow::Result<Verifier> {
    let keys = if let Some(place) = &config.jwks {
        KeySource::load(place, app.clock.now()).await?
    } else {
        tracing::warn!("no `jwks` is set: tokens are checked with the trial key of the home, which is for trials only");
        KeySource::fixed(TrialKey::of_home(&config.home)?.ring()?)
    };
    Ok(Verifier::new(keys, policy(config), app.clock.clone()))
}
