//! When a plugin that fails is left alone: too many failures among its last answers open the breaker, it rests for a while that
//! doubles from rest to rest, one question then tries it again, and one that never recovers is given up. Time is an argument.

use std::collections::VecDeque;

use andon_domain::ids::Instant;

/// When a breaker opens, for how long, and when a plugin is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures ...
    pub failures: u32,
    /// ... among the last so many answers open it.
    pub window: u32,
    /// First rest, in milliseconds; each after it is twice as long.
    pub rest: Instant,
    /// Longest rest, in milliseconds.
    pub longest_rest: Instant,
    /// After so many rests without a recovery the next failure is the last.
    pub rests: u32,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, window: 20, rest: 1_000, longest_rest: 300_000, rests: 10 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Open {
        until: Instant,
    },
    /// One question is out to see whether the plugin has recovered.
    Trying,
}

/// What a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// It opened; so many rests in a row by now.
    Opened(u32),
    /// A whole window passed without a rest: what was before is forgotten.
    Recovered,
    /// It never recovered.
    GivenUp,
}

/// One plugin's breaker.
#[derive(Debug, Clone)]
pub(super) struct Breaker {
    policy: BreakerPolicy,
    phase: Phase,
    /// The last answers: `None` for a good one, the key of what was asked about for a failure.
    recent: VecDeque<Option<u64>>,
    /// Good and bad answers since it last closed.
    since: u32,
    rests: u32,
}

impl Breaker {
    /// Closed; or, where there were rests before (in a process that ended), about to be tried.
    pub(super) fn new(policy: BreakerPolicy, rests: u32) -> Self {
        let phase = if rests == 0 { Phase::Closed } else { Phase::Open { until: Instant::MIN } };
        Self { policy, phase, recent: VecDeque::new(), since: 0, rests }
    }

    /// How many rests in a row there were.
    pub(super) fn rests(&self) -> u32 {
        self.rests
    }

    /// When the rest under way ends.
    pub(super) fn resting(&self, now: Instant) -> Option<Instant> {
        match self.phase {
            // A clock that was set back must not make a rest longer than the longest.
            Phase::Open { until } if until > now && until <= now.saturating_add(self.policy.longest_rest) => Some(until),
            _ => None,
        }
    }

    /// Whether a question would be let through.
    pub(super) fn lets_through(&self, now: Instant) -> bool {
        self.phase != Phase::Trying && self.resting(now).is_none()
    }

    /// Lets a question through or not; after a rest only one, until its answer is recorded or given up.
    pub(super) fn enter(&mut self, now: Instant) -> bool {
        let through = self.lets_through(now);
        if through && self.phase != Phase::Closed {
            self.phase = Phase::Trying;
        }
        through
    }

    /// The question that was let through got no answer that says anything.
    pub(super) fn leave(&mut self, now: Instant) {
        if self.phase == Phase::Trying {
            self.phase = Phase::Open { until: now };
        }
    }

    /// Takes note of what a question came to: how many things were answered, and the keys of those that the plugin failed on. The
    /// same thing counts once, however often it is tried again: one bad order must not take the plugin away from all others.
    pub(super) fn record(&mut self, answered: usize, failed: &[u64], now: Instant) -> Change {
        match self.phase {
            Phase::Open { .. } => Change::Nothing,
            Phase::Trying if self.is_bad(failed.len(), answered + failed.len()) => self.open(now),
            Phase::Trying => {
                (self.phase, self.since) = (Phase::Closed, 0);
                self.recent.clear();
                self.note(answered, failed, now)
            }
            Phase::Closed => self.note(answered, failed, now),
        }
    }

    fn note(&mut self, answered: usize, failed: &[u64], now: Instant) -> Change {
        let window = self.policy.window as usize;
        for _ in 0..answered.min(window) {
            self.push(None);
        }
        for key in failed {
            self.recent.retain(|seen| *seen != Some(*key));
            self.push(Some(*key));
        }
        if self.recent.iter().flatten().count() >= self.policy.failures as usize {
            return self.open(now);
        }
        self.since = self.since.saturating_add((answered.min(window) + failed.len()) as u32);
        if self.rests > 0 && self.since >= self.policy.window {
            self.rests = 0;
            return Change::Recovered;
        }
        Change::Nothing
    }

    fn push(&mut self, outcome: Option<u64>) {
        if self.recent.len() >= self.policy.window as usize {
            self.recent.pop_front();
        }
        self.recent.push_back(outcome);
    }

    fn is_bad(&self, failed: usize, all: usize) -> bool {
        failed * self.policy.window as usize >= self.policy.failures as usize * all.max(1)
    }

    fn open(&mut self, now: Instant) -> Change {
        self.recent.clear();
        if self.rests >= self.policy.rests {
            self.phase = Phase::Open { until: now };
            return Change::GivenUp;
        }
        let rest = self.policy.rest.saturating_mul(1 << self.rests.min(30)).min(self.policy.longest_rest);
        self.rests += 1;
        self.phase = Phase::Open { until: now.saturating_add(rest) };
        Change::Opened(self.rests)
    }
}

#[cfg(test)]
#[path = "breaker_tests.rs"]
mod tests;
