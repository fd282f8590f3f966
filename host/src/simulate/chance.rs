//! Seeded chance. Every day, order and merchant draws from a stream of its own, so that one can be worked out again without the rest.

use andon_domain::ids::Instant;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What draws.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Merchant(u32),
    Day(u32),
    Order(u32),
    Life(u32),
}

/// A source of chance.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let (kind, number) = match stream {
            Stream::Merchant(n) => (0, n),
            Stream::Day(n) => (1, n),
            Stream::Order(n) => (2, n),
            Stream::Life(n) => (3, n),
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(kind << 32 | u64::from(number));
        Self(rng)
    }

    /// True once in 1/p times.
    pub(super) fn of(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// 0 up to 1, evenly.
    pub(super) fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// 0 up to `end` (at least 1), evenly.
    pub(super) fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end.max(1))
    }

    /// Between two bounds, evenly.
    pub(super) fn between(&mut self, low: Instant, high: Instant) -> Instant {
        low + (self.unit() * (high - low) as f64) as Instant
    }

    /// A wait with this mean: usually shorter, now and then much longer.
    pub(super) fn about(&mut self, mean: Instant) -> Instant {
        (-(1.0 - self.unit()).ln() * mean as f64) as Instant
    }

    /// A size around `median`, as sizes are: `spread` is the standard deviation of its logarithm.
    pub(super) fn size(&mut self, median: f64, spread: f64) -> f64 {
        // Box and Muller's way from two even draws to a normal one.
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos();
        median * (spread * normal).exp()
    }

    /// One of a few, evenly.
    pub(super) fn pick<T: Copy>(&mut self, first: T, others: &[T]) -> T {
        let i = self.below(others.len() as u32 + 1) as usize;
        others.get(i).copied().unwrap_or(first)
    }
}
