//! What leaves the host: a message as a CloudEvent, signed, sent to an address that may be reached, once. What is sent when is
//! decided elsewhere.

pub mod envelope;
pub mod reach;
pub mod resolve;
pub mod send;
pub mod sign;

use std::sync::Arc;
use std::time::Duration;

pub use reach::{BadUrl, Reach};
pub use resolve::Resolver;
pub use send::{Parcel, Sender, Sent};
pub use sign::{BadSecret, Secret};

/// How messages are sent, and kept.
#[derive(Debug, Clone)]
pub struct Outward {
    /// Which addresses may be reached.
    pub reach: Reach,
    /// Time for one delivery in all.
    pub limit: Duration,
    /// For how long messages are kept, with what became of them.
    pub keep: Duration,
    /// Who turns names into addresses.
    pub resolver: Arc<dyn Resolver>,
}

impl Default for Outward {
    fn default() -> Self {
        let (limit, keep) = (Duration::from_secs(15), Duration::from_hours(90 * 24));
        Self { reach: Reach::Public, limit, keep, resolver: Arc::new(resolve::System) }
    }
}

impl Outward {
    /// Checks a URL that messages are to be sent to: what it says, and where it leads now. Answers it as it is to be kept.
    pub async fn check(&self, url: &str) -> Result<String, BadUrl> {
        let url = self.reach.url(url)?;
        resolve::check(self.resolver.as_ref(), self.reach, &url).await?;
        Ok(url.into())
    }
}
