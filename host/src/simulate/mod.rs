//! A marketplace's life as events, for trials and load: the same for the same seed, written as it goes, with only what is still to
//! arrive held in memory. It has what real ones have: few large merchants and many small, weeks and seasons, merchants who ship
//! late, cancel, sell faulty goods or are bombed with ratings, and events that come late, twice or are put right afterwards.

mod chance;
mod life;
mod merchants;
mod say;
mod season;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use andon_domain::calendar::TIME_RANGE;
use andon_domain::ids::{Instant, NameError, check_code};

use self::chance::{Chance, Stream};
use self::life::{Order, What};
use self::merchants::Merchant;

const SECOND: Instant = 1000;
const HOUR: Instant = 3600 * SECOND;
const DAY: Instant = 24 * HOUR;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Plan {
    /// How many merchants, 1 to 10,000,000.
    pub merchants: u32,
    /// How many orders they get between them, up to 1,000,000,000.
    pub orders: u32,
    /// Over how many days, 1 to 3650.
    pub days: u32,
    /// Another seed is another life.
    pub seed: u64,
    /// When it ends; nothing happens after it.
    pub end: Instant,
    /// The marketplace's code.
    pub marketplace: String,
    /// The marketplace's currency.
    pub currency: String,
}

/// What cannot be simulated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A number beyond its bounds.
    #[error("{0} must be from {1} to {2}")]
    Number(&'static str, u32, u32),
    /// Its days do not all lie between the years 2000 and 2100.
    #[error("the days must lie between the years 2000 and 2100")]
    Time,
    /// No such code is legal.
    #[error("marketplace {0}")]
    Marketplace(NameError),
}

/// The events of a [`Plan`], each a CloudEvent as one line of JSON without its line break, in the order in which they arrive.
pub struct Simulation {
    plan: Plan,
    start: Instant,
    merchants: Vec<Merchant>,
    shares: season::Shares,
    registered: u32,
    day: u32,
    ordered: u32,
    born: u64,
    pending: BinaryHeap<Reverse<Pending>>,
}

/// An event on its way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pending {
    arrives: Instant,
    /// Of its birth; makes its id.
    number: u64,
    at: Instant,
    order: u32,
    merchant: u32,
    what: What,
}

impl Simulation {
    /// Begins a simulation.
    pub fn new(plan: Plan) -> Result<Self, PlanError> {
        for (name, value, low, high) in [
            ("merchants", plan.merchants, 1, 10_000_000),
            ("orders", plan.orders, 0, 1_000_000_000),
            ("days", plan.days, 1, 3650),
        ] {
            if !(low..=high).contains(&value) {
                return Err(PlanError::Number(name, low, high));
            }
        }
        check_code(&plan.marketplace).map_err(PlanError::Marketplace)?;
        let start = plan.end - Instant::from(plan.days) * DAY;
        if !TIME_RANGE.contains(&(start - DAY)) || !TIME_RANGE.contains(&(plan.end + 60 * DAY)) {
            return Err(PlanError::Time);
        }
        let merchants = merchants::all(&plan);
        let shares = season::Shares::new(start, plan.days);
        Ok(Self { plan, start, merchants, shares, registered: 0, day: 0, ordered: 0, born: 0, pending: BinaryHeap::new() })
    }

    fn begin_day(&mut self) {
        let until = self.shares.orders_until(self.day, self.plan.orders);
        let mut clock = Chance::new(self.plan.seed, Stream::Day(self.day));
        let midnight = self.start + Instant::from(self.day) * DAY;
        for number in self.ordered..until {
            let order = Order::draw(&self.plan, &self.merchants, number, midnight + season::time_of_day(&mut clock));
            let merchant = order.merchant;
            let mut chance = Chance::new(self.plan.seed, Stream::Life(number));
            life::live(&order, &self.merchants[merchant as usize], &mut chance, &mut |chance, at, what| {
                if at <= self.plan.end {
                    self.born += 1;
                    let arrives = at + delay(chance);
                    let event = Pending { arrives, number: self.born, at, order: number, merchant, what };
                    self.pending.push(Reverse(event));
                    if chance.of(0.004) {
                        self.pending.push(Reverse(Pending { arrives: arrives + chance.about(2 * HOUR), ..event }));
                    }
                }
            });
        }
        self.ordered = until;
        self.day += 1;
    }

    fn line(&self, event: &Pending) -> Vec<u8> {
        say::line(&self.plan, &self.merchants, event)
    }
}

impl Iterator for Simulation {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.registered < self.plan.merchants {
            self.registered += 1;
            return Some(say::registered(&self.plan, self.start, self.registered - 1));
        }
        loop {
            let known_until = self.start + Instant::from(self.day) * DAY;
            match self.pending.peek() {
                Some(Reverse(next)) if next.arrives < known_until || self.day == self.plan.days => {
                    return self.pending.pop().map(|Reverse(event)| self.line(&event));
                }
                _ if self.day == self.plan.days => return None,
                _ => self.begin_day(),
            }
        }
    }
}

/// How long an event takes to reach us: mostly seconds, sometimes hours, now and then days.
fn delay(chance: &mut Chance) -> Instant {
    match chance.below(100) {
        0..=89 => chance.below(3000) as Instant,
        90..=97 => chance.below(2 * HOUR as u32) as Instant,
        _ => chance.about(DAY),
    }
}
