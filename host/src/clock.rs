//! The wall clock and the maker of ids, so that everything else takes both as arguments.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use andon_domain::ids::Instant;
use chrono::{DateTime, SecondsFormat};
use uuid::Uuid;

/// Where time and ids come from.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch, UTC.
    fn now(&self) -> Instant;
    /// A fresh UUIDv7; later ones sort after earlier ones.
    fn new_id(&self) -> Uuid;
}

/// A moment as JSON has it: RFC 3339, UTC.
pub fn rfc3339(at: Instant) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the wall clock")]
    fn now(&self) -> Instant {
        chrono::Utc::now().timestamp_millis()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A clock that stands still until it is set, with ids that count up: for tests and for playing a simulation.
#[derive(Debug, Default)]
pub struct ManualClock {
    now: AtomicI64,
    ids: AtomicU64,
}

impl ManualClock {
    /// Stands at `now`.
    pub fn at(now: Instant) -> Self {
        Self { now: AtomicI64::new(now), ids: AtomicU64::new(0) }
    }

    /// Moves to `now`, forward or back.
    pub fn set(&self, now: Instant) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Moves forward by `millis`.
    pub fn advance(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.now.load(Ordering::SeqCst)
    }

    fn new_id(&self) -> Uuid {
        let mut tail = [0; 10];
        tail[2..].copy_from_slice(&self.ids.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.now().max(0) as u64, &tail).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_and_its_ids_count_up() {
        let clock = ManualClock::at(1_000);
        let (a, b) = (clock.new_id(), clock.new_id());
        clock.advance(5);
        let c = clock.new_id();
        assert!(a < b && b < c && a.get_version_num() == 7);
        assert_eq!(clock.now(), 1_005);
    }
}
