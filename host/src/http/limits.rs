//! Rate limits: one budget for each caller, and a small one for each address that comes without a valid token.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use metrics::counter;

use super::problem::Problem;
use crate::shutdown::Shutdown;
use crate::telemetry::RATE_LIMITED;

/// How often budgets that are full again are forgotten. Between two rounds no more can be added than callers and addresses
/// were let in.
const FORGET_EVERY: Duration = Duration::from_secs(10);

/// Budgets by caller and by address. A budget holds one second's requests.
pub struct RateLimits {
    callers: DefaultKeyedRateLimiter<u64>,
    strangers: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl RateLimits {
    /// Requests a second for a caller, and for an address without a valid token; 0 counts as 1.
    pub fn new(caller: u32, stranger: u32) -> Self {
        let quota = |n| Quota::per_second(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN));
        Self {
            callers: DefaultKeyedRateLimiter::keyed(quota(caller)),
            strangers: DefaultKeyedRateLimiter::keyed(quota(stranger)),
            clock: DefaultClock::default(),
        }
    }

    /// Takes one request from a caller's budget; `caller` is a hash of who it is.
    pub fn caller(&self, caller: u64) -> Result<(), Problem> {
        self.callers.check_key(&caller).map_err(|not_until| Self::refused("caller", not_until.wait_time_from(self.clock.now())))
    }

    /// Takes one request from an address's budget.
    pub fn stranger(&self, address: IpAddr) -> Result<(), Problem> {
        let network = network(address);
        self.strangers
            .check_key(&network)
            .map_err(|not_until| Self::refused("address", not_until.wait_time_from(self.clock.now())))
    }

    fn refused(whose: &'static str, wait: Duration) -> Problem {
        counter!(RATE_LIMITED, "by" => whose).increment(1);
        Problem::TooMany { retry_after: wait.as_secs() + 1 }
    }

    /// Forgets full budgets from time to time until shutdown; without it every caller ever seen would stay in memory.
    pub async fn forget(&self, shutdown: &Shutdown) {
        let mut tick = tokio::time::interval(FORGET_EVERY);
        while shutdown.stop.run_until_cancelled(tick.tick()).await.is_some() {
            self.callers.retain_recent();
            self.callers.shrink_to_fit();
            self.strangers.retain_recent();
            self.strangers.shrink_to_fit();
        }
    }
}

/// What one subscriber has of an address space: an IPv4 address, or a /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_apart_and_say_when_to_come_back() {
        let limits = RateLimits::new(2, 1);
        assert!(limits.caller(1).is_ok() && limits.caller(1).is_ok() && limits.caller(2).is_ok());
        assert!(matches!(limits.caller(1), Err(Problem::TooMany { retry_after: 1 })));
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(limits.stranger(address("192.0.2.1")).is_ok());
        assert!(limits.stranger(address("::ffff:192.0.2.1")).is_err());
        assert!(limits.stranger(address("192.0.2.2")).is_ok());
        assert!(limits.stranger(address("2001:db8::1")).is_ok() && limits.stranger(address("2001:db8::2")).is_err());
    }
}
