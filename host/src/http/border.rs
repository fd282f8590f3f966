//! What the border itself needs to do its work, apart from what handlers do behind it.

use std::sync::Arc;
use std::time::Duration;

use super::cursor::Cursors;
use super::etag::Paths;
use super::limits::RateLimits;
use super::stream::Streams;
use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::Store;

/// How much is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Largest body, bytes.
    pub body_bytes: usize,
    /// Largest body of events, bytes.
    pub batch_bytes: usize,
    /// Most events in a request.
    pub batch_events: usize,
    /// Largest component, bytes.
    pub plugin_bytes: usize,
    /// Longest time for a body to arrive.
    pub body_deadline: Duration,
}

/// Who may come in, how often, with how much, and what is remembered of it.
pub struct Border {
    /// Checks tokens.
    pub verifier: Verifier,
    /// Counts requests.
    pub rates: RateLimits,
    /// Bounds bodies.
    pub limits: BodyLimits,
    /// Seals cursors.
    pub cursors: Cursors,
    /// Keeps answers by idempotency key.
    pub store: Arc<Store>,
    /// Time and request ids.
    pub clock: Arc<dyn Clock>,
    /// The database's secret.
    pub keys: Keys,
    /// Locks for conditional writes.
    pub paths: Paths,
    /// Counts streams.
    pub streams: Arc<Streams>,
}

impl Border {
    /// As `config` says.
    pub fn new(config: &Config, verifier: Verifier, keys: Keys, store: Arc<Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            verifier,
            rates: RateLimits::new(config.rate, config.rate_anonymous),
            limits: BodyLimits {
                body_bytes: config.body_bytes,
                batch_bytes: config.batch_bytes,
                batch_events: config.batch_events,
                plugin_bytes: config.plugin_bytes,
                body_deadline: Duration::from_secs(config.body_seconds),
            },
            cursors: Cursors::new(keys),
            store,
            clock,
            keys,
            paths: Paths::default(),
            streams: Arc::new(Streams::new(config)),
        }
    }
}
