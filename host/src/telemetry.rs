//! Logs, traces and metrics. Bodies, tokens and keys are never logged; errors are logged once, where they leave.

use std::io::IsTerminal;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{Config, LogFormat};
use crate::shutdown::Shutdown;

/// Seconds a request took, by `route`, `method` and `status`.
pub const REQUEST_SECONDS: &str = "andon_http_request_seconds";
/// Connections open now.
pub const CONNECTIONS: &str = "andon_http_connections";
/// Connections turned away, by `reason`.
pub const CONNECTIONS_REFUSED: &str = "andon_http_connections_refused_total";
/// Requests turned away by a rate limit.
pub const RATE_LIMITED: &str = "andon_http_rate_limited_total";
/// Tokens turned away, by `reason`.
pub const TOKENS_REFUSED: &str = "andon_tokens_refused_total";
/// Events answered, by `outcome`.
pub const EVENTS: &str = "andon_events_total";
/// Seconds it took to decide what follows for a batch of merchants, and to carry it out.
pub const DECIDE_SECONDS: &str = "andon_decide_seconds";
/// Panics that ended a round of what works in the background, by `worker`.
pub const PANICS: &str = "andon_panics_total";
/// Deliveries to endpoints that ended, by `outcome`: delivered, retried, failed.
pub const DELIVERIES: &str = "andon_deliveries_total";
/// Seconds a delivery took.
pub const DELIVERY_SECONDS: &str = "andon_delivery_seconds";
/// Seconds for which the delivery that has waited longest is due.
pub const OLDEST_DUE: &str = "andon_deliveries_oldest_due_seconds";
/// Endpoints that were given up.
pub const WEBHOOKS_DISABLED: &str = "andon_webhooks_disabled_total";
/// Messages that were sent as often as may be and that nobody confirmed.
pub const UNCONFIRMED: &str = "andon_messages_unconfirmed_total";
/// Streams of messages open now.
pub const STREAMS: &str = "andon_streams";
/// Fuel that rules took of late for each item of a call, calls that failed included, by `rules` and `call`: classify, evaluate.
/// Without buckets, so that it is shown by quantile: rules that were cheap while they were watched and are dear now stand out.
pub const PLUGIN_FUEL: &str = "andon_plugin_fuel";

/// Takes note of the fuel that rules took for a call.
pub(crate) fn called(rules: &str, call: &'static str, items: usize, fuel: u64) {
    metrics::histogram!(PLUGIN_FUEL, "rules" => rules.to_owned(), "call" => call).record(fuel as f64 / items.max(1) as f64);
}

/// Why logs or metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log_filter` is not a list of directives.
    #[error("setting `log_filter`: `{value}` is no filter: {source}")]
    Filter {
        /// What was set.
        value: String,
        /// What the parser says.
        source: tracing_subscriber::filter::ParseError,
    },
    /// A second set-up in one process.
    #[error("logging is already set up: {0}")]
    Installed(#[from] tracing_subscriber::util::TryInitError),
    /// The metrics recorder was refused.
    #[error("metrics cannot be recorded: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The trace exporter cannot be built.
    #[cfg(feature = "otel")]
    #[error("setting `otlp_endpoint`: {0}")]
    Otlp(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Sends logs to standard error as `config` says, and, with the feature `otel` and an `otlp_endpoint`, spans to a collector.
pub fn logs(config: &Config, shutdown: &Shutdown) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&config.log_filter)
        .map_err(|source| TelemetryError::Filter { value: config.log_filter.clone(), source })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.log {
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
        LogFormat::Pretty => lines.with_target(false).with_filter(filter).boxed(),
    };
    let registry = tracing_subscriber::registry().with(lines);
    #[cfg(feature = "otel")]
    let registry = registry.with(otel::layer(config, shutdown)?);
    #[cfg(not(feature = "otel"))]
    let _ = shutdown;
    Ok(registry.try_init()?)
}

/// Starts recording metrics for this process. The handle renders them; upkeep runs every 5 seconds until `shutdown`, because
/// without it histograms grow for as long as nobody scrapes.
pub fn metrics(shutdown: &Shutdown) -> Result<PrometheusHandle, TelemetryError> {
    let buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    // People pull and release cords, in minutes to weeks after the first complaint.
    let cords =
        [1.0, 5.0, 15.0, 60.0, 240.0, 720.0, 1_440.0, 4_320.0, 10_080.0, 20_160.0, 43_200.0].map(|minutes| minutes * 60.0);
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &buckets)?
        .set_buckets_for_metric(Matcher::Prefix("andon_cord_".into()), &cords)?
        .install_recorder()?;
    let (stop, upkept) = (shutdown.stop.clone(), handle.clone());
    shutdown.tasks.spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(5));
        while stop.run_until_cancelled(tick.tick()).await.is_some() {
            upkept.run_upkeep();
        }
    });
    Ok(handle)
}

#[cfg(feature = "otel")]
mod otel {
    //! Spans over OTLP.

    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::WithExportConfig;
    use opentelemetry_sdk::trace::SdkTracerProvider;
    use tracing_subscriber::Layer;
    use tracing_subscriber::registry::LookupSpan;

    use super::TelemetryError;
    use crate::config::Config;
    use crate::shutdown::Shutdown;

    pub(super) fn layer<S>(config: &Config, shutdown: &Shutdown) -> Result<Option<impl Layer<S>>, TelemetryError>
    where
        S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(endpoint) = &config.otlp_endpoint else { return Ok(None) };
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
        let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).build();
        let tracer = provider.tracer("andon");
        let stop = shutdown.stop.clone();
        shutdown.tasks.spawn(async move {
            stop.cancelled().await;
            // Flushing blocks; on an async thread it would wait for itself.
            let flushed = tokio::task::spawn_blocking(move || provider.shutdown()).await;
            if !matches!(flushed, Ok(Ok(()))) {
                tracing::warn!("the last spans may not have reached the collector");
            }
        });
        Ok(Some(tracing_opentelemetry::layer().with_tracer(tracer)))
    }
}
