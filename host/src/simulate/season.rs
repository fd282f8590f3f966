//! When people buy: by season, by weekday and by hour.

use andon_domain::calendar::Calendar;
use andon_domain::ids::Instant;

use super::chance::Chance;
use super::{DAY, HOUR, SECOND};

/// Monday to Sunday.
const WEEK: [f64; 7] = [1.13, 1.12, 1.08, 1.03, 0.98, 0.80, 0.86];

/// Hour by hour, in parts of 100.
const HOURS: [u32; 24] = [2, 1, 1, 1, 1, 1, 1, 2, 3, 5, 6, 7, 6, 6, 7, 6, 6, 6, 5, 6, 7, 6, 5, 3];

/// Which share of all orders has been placed by the end of each day.
pub(super) struct Shares(Vec<f64>);

impl Shares {
    pub(super) fn new(start: Instant, days: u32) -> Self {
        let mut sum = 0.0;
        let first = (start.div_euclid(DAY)) as i32;
        let mut shares: Vec<f64> = (0..days as i32)
            .map(|day| {
                sum += weight(first + day);
                sum
            })
            .collect();
        for share in &mut shares {
            *share /= sum;
        }
        Self(shares)
    }

    /// How many of `orders` are placed by the end of day number `day`.
    pub(super) fn orders_until(&self, day: u32, orders: u32) -> u32 {
        let share = self.0.get(day as usize).copied().unwrap_or(1.0);
        if day as usize + 1 == self.0.len() { orders } else { ((share * f64::from(orders)) as u32).min(orders) }
    }
}

/// Trade swells towards the end of the year, with a peak in the last week of November.
fn weight(day: i32) -> f64 {
    let of_year = f64::from(day - Calendar::month_start(day, 1 - month(day)));
    let season = 1.0 + 0.25 * (std::f64::consts::TAU * (of_year - 320.0) / 365.25).cos();
    let peak = 1.4 * (-((of_year - 328.0) / 2.5).powi(2)).exp();
    WEEK[Calendar::weekday(day) as usize] * (season + peak)
}

/// 1 for January.
fn month(day: i32) -> i32 {
    use chrono::Datelike;
    andon_domain::calendar::date_of(day).month() as i32
}

/// A moment of the day, counted from midnight.
pub(super) fn time_of_day(chance: &mut Chance) -> Instant {
    let mut left = chance.below(HOURS.iter().sum());
    let hour = HOURS.iter().position(|share| {
        let here = left < *share;
        left = left.saturating_sub(*share);
        here
    });
    hour.unwrap_or(0) as Instant * HOUR + Instant::from(chance.below(3600)) * SECOND + Instant::from(chance.below(1000))
}
