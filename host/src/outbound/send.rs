//! One attempt to deliver a message: to allowed addresses only, no redirect followed, no proxy asked, a bounded answer, a bounded
//! time.

use std::error::Error;

use andon_domain::delivery::Outcome;
use andon_domain::ids::Instant;
use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, redirect, retry};

use super::envelope::MEDIA_TYPE;
use super::reach::BadUrl;
use super::resolve::Checked;
use super::sign::{Secret, signatures};
use super::{Outward, Reach};

/// How much of an answer is read, bytes. Nobody is shown any of it; what is short lets the connection be used again.
const READ: usize = 4 << 10;

/// Idle connections kept for each host.
const IDLE: usize = 4;

/// Sends messages.
#[derive(Debug, Clone)]
pub struct Sender {
    client: Client,
    reach: Reach,
}

/// A message ready to be sent.
#[derive(Debug)]
pub struct Parcel {
    /// Where to.
    pub url: String,
    /// What it is signed with.
    pub secrets: Vec<Secret>,
    /// The message's id.
    pub id: String,
    /// The exact bytes that are signed and sent.
    pub body: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// For what follows.
    pub outcome: Outcome,
    /// Why it failed, in words that tell an endpoint's owner nothing of the host's network.
    pub error: Option<&'static str>,
}

impl Sender {
    /// With a client of its own. Fails where the machine's certificates cannot be had.
    pub fn new(outward: &Outward) -> Result<Self, reqwest::Error> {
        let checked = Checked { resolver: outward.resolver.clone(), reach: outward.reach };
        let client = Client::builder()
            .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .dns_resolver(checked)
            .timeout(outward.limit)
            .pool_max_idle_per_host(IDLE)
            .build()?;
        Ok(Self { client, reach: outward.reach })
    }

    /// Sends a parcel at a moment.
    pub async fn send(&self, parcel: Parcel, now: Instant) -> Sent {
        let unsent = |error| Sent { outcome: Outcome::Unanswered, error: Some(error) };
        // What was allowed when the endpoint was set up may not be any more.
        let Ok(url) = self.reach.url(&parcel.url) else { return unsent("its URL is not allowed") };
        let seconds = now.div_euclid(1_000);
        let signatures = signatures(&parcel.secrets, &parcel.id, seconds, parcel.body.as_bytes());
        let request = self.client.post(url).header(CONTENT_TYPE, MEDIA_TYPE).header("webhook-id", parcel.id);
        let request = request.header("webhook-timestamp", seconds).header("webhook-signature", signatures);
        match request.body(parcel.body).send().await {
            Ok(answer) => answered(answer, now).await,
            Err(error) => unsent(why(&error)),
        }
    }
}

async fn answered(mut answer: Response, now: Instant) -> Sent {
    let status = answer.status();
    let header = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let wait = header.and_then(|text| wait(text, now));
    let mut read = 0;
    while read <= READ
        && let Ok(Some(part)) = answer.chunk().await
    {
        read += part.len();
    }
    let error = match status.as_u16() {
        200..=299 => None,
        300..=399 => Some("it answered with a redirect, which is not followed"),
        _ => Some("it answered that it failed"),
    };
    Sent { outcome: Outcome::Answered { status: status.as_u16(), wait }, error }
}

/// What `Retry-After` asks for, milliseconds: seconds, or a date.
fn wait(text: &str, now: Instant) -> Option<Instant> {
    match text.trim().parse::<u32>() {
        Ok(seconds) => Some(Instant::from(seconds) * 1_000),
        Err(_) => Some(DateTime::parse_from_rfc2822(text.trim()).ok()?.timestamp_millis().saturating_sub(now)),
    }
}

fn why(error: &reqwest::Error) -> &'static str {
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(this) = cause {
        match this.downcast_ref::<BadUrl>() {
            Some(BadUrl::Unknown) => return "its name cannot be looked up",
            Some(_) => return "its name leads to an address that is not the internet's",
            None => cause = this.source(),
        }
    }
    if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "it cannot be connected to"
    } else {
        "the connection broke"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date() {
        let now = 1_445_412_420_000;
        for (text, expected) in [
            ("120", Some(120_000)),
            (" 0 ", Some(0)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60_000)),
            ("4294967295", Some(4_294_967_295_000)),
            ("-1", None),
            ("99999999999", None),
            ("soon", None),
        ] {
            assert_eq!(wait(text, now), expected, "{text}");
        }
    }
}
