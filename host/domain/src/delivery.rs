//! When a message that leaves the host is sent again: pure, so that days of retries are tested in no time.

use crate::ids::Instant;

const SECOND: Instant = 1_000;
const MINUTE: Instant = 60 * SECOND;
const HOUR: Instant = 60 * MINUTE;

/// Milliseconds before each attempt after the first, which is made at once (Standard Webhooks 1.0, "deliverability and
/// reliability").
const WAITS: [Instant; 9] = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/// The longest wait that a receiver may ask for, milliseconds.
const LONGEST: Instant = 24 * HOUR;

/// How long an endpoint may fail every delivery before nothing is sent to it any more, milliseconds: five days.
const PATIENCE: Instant = 120 * HOUR;

/// How often an action that nobody confirms is sent again.
pub const CHASES: i64 = 5;

/// How long a confirmation is waited for before each of them, milliseconds: a day.
pub const CHASE_AFTER: Instant = 24 * HOUR;

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// There was an answer.
    Answered {
        /// Its status code.
        status: u16,
        /// The wait that it asks for, milliseconds.
        wait: Option<Instant>,
    },
    /// There was none.
    Unanswered,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It has arrived.
    Delivered,
    /// It is sent again at this moment.
    Again(Instant),
    /// It has failed for good.
    Failed,
    /// It has failed, and the receiver wants nothing any more.
    Gone,
}

/// What follows from an attempt that ended `now`, the `made`th of its message and endpoint. `chance` is any number: it spreads
/// retries by up to a fifth of their wait, so that what failed together does not come back together.
pub fn next(made: u32, outcome: Outcome, now: Instant, chance: u64) -> Next {
    let asked = match outcome {
        Outcome::Answered { status: 200..=299, .. } => return Next::Delivered,
        Outcome::Answered { status: 410, .. } => return Next::Gone,
        Outcome::Answered { wait, .. } => wait.unwrap_or(0).clamp(0, LONGEST),
        Outcome::Unanswered => 0,
    };
    match WAITS.get(made.saturating_sub(1) as usize) {
        Some(wait) => {
            let spread = (i128::from(wait / 5) * i128::from(chance)) >> 64;
            Next::Again(now + asked.max(wait + spread as Instant))
        }
        None => Next::Failed,
    }
}

/// Until when an endpoint is left alone that says it is overloaded (429, 502, 503, 504).
pub fn rest_until(outcome: Outcome, now: Instant) -> Option<Instant> {
    match outcome {
        Outcome::Answered { status: 429 | 502..=504, wait } => Some(now + wait.unwrap_or(WAITS[0]).clamp(0, LONGEST)),
        _ => None,
    }
}

/// The latest beginning of a time of nothing but failures that ends `now` and is too long to go on.
pub fn dead_if_failing_since(now: Instant) -> Instant {
    now - PATIENCE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, wait: None }
    }

    #[test]
    fn ten_attempts_over_three_days_and_then_no_more() {
        let (mut now, mut attempts) = (0, 0);
        loop {
            attempts += 1;
            match next(attempts, answered(500), now, 0) {
                Next::Again(at) => now = at,
                last => break assert_eq!(last, Next::Failed),
            }
        }
        assert_eq!((attempts, now), (10, 5 * SECOND + 35 * MINUTE + 75 * HOUR));
    }

    #[test]
    fn only_a_2xx_is_a_success_and_410_the_end() {
        for status in [200, 202, 204, 299] {
            assert_eq!(next(1, answered(status), 0, 9), Next::Delivered);
        }
        for status in [100, 199, 300, 301, 302, 304, 307, 308, 400, 404, 409, 500] {
            assert!(matches!(next(1, answered(status), 0, 9), Next::Again(_)), "{status}");
        }
        assert_eq!(next(1, answered(410), 0, 9), Next::Gone);
        assert!(matches!(next(1, Outcome::Unanswered, 0, 9), Next::Again(_)));
    }

    #[test]
    fn who_is_overloaded_is_left_alone() {
        let wait = |wait| Outcome::Answered { status: 429, wait };
        assert_eq!(rest_until(wait(Some(90 * SECOND)), 7), Some(7 + 90 * SECOND));
        assert_eq!(rest_until(wait(Some(Instant::MAX)), 7), Some(7 + LONGEST));
        assert_eq!(rest_until(wait(None), 7), Some(7 + 5 * SECOND));
        assert_eq!(
            (rest_until(answered(500), 7), rest_until(answered(200), 7), rest_until(Outcome::Unanswered, 7)),
            (None, None, None)
        );
    }

    proptest! {
        #[test]
        fn a_retry_comes_neither_too_soon_nor_too_late(made in 1u32..10, status in 300u16..600, wait in proptest::option::of(any::<i64>()), chance: u64) {
            prop_assume!(status != 410);
            let planned = WAITS[made as usize - 1];
            let Next::Again(at) = next(made, Outcome::Answered { status, wait }, 1_000_000, chance) else { panic!("no retry") };
            let waited = at - 1_000_000;
            let asked = wait.unwrap_or(0).clamp(0, LONGEST);
            prop_assert!(waited >= planned && waited >= asked);
            prop_assert!(waited <= asked || waited < planned + planned / 5 + 1);
        }
    }
}
