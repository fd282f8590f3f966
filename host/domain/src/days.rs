//! Which day moments fall on, where thousands are asked about that lie on few days: a time zone's table is looked into once for each
//! quarter of an hour, the least that zones are apart by.

use crate::calendar::Calendar;
use crate::ids::{Day, Instant};

const QUARTER: Instant = 900_000;
const QUARTERS: usize = 96;

/// Days of UTC that are remembered at once, a year and a half: one takes the place of another that lies this far from it.
const REMEMBERED: usize = 512;

/// What stands for a day not asked about yet; no moment falls on it.
const UNKNOWN: Day = Day::MIN;

/// A day of UTC and, by its quarters of an hour, the calendar's.
#[derive(Debug, Clone)]
struct Page {
    utc: i64,
    quarters: [Day; QUARTERS],
}

/// A calendar that remembers.
#[derive(Debug, Clone)]
pub struct Days<'a> {
    calendar: &'a Calendar,
    /// By the remainder of the day of UTC.
    pages: Vec<Option<Box<Page>>>,
}

impl<'a> Days<'a> {
    /// Knows nothing yet.
    pub fn new(calendar: &'a Calendar) -> Self {
        Self { calendar, pages: vec![None; REMEMBERED] }
    }

    /// [`Calendar::start_of`].
    pub fn start_of(&self, day: Day) -> Instant {
        self.calendar.start_of(day)
    }

    /// [`Calendar::day_of`].
    pub fn of(&mut self, at: Instant) -> Day {
        let quarter = at.div_euclid(QUARTER);
        let (utc, part) = (quarter.div_euclid(QUARTERS as i64), quarter.rem_euclid(QUARTERS as i64) as usize);
        let slot = &mut self.pages[utc.rem_euclid(REMEMBERED as i64) as usize];
        let page = match slot {
            Some(page) if page.utc == utc => page,
            _ => slot.insert(Box::new(Page { utc, quarters: [UNKNOWN; QUARTERS] })),
        };
        let day = &mut page.quarters[part];
        if *day == UNKNOWN {
            *day = self.calendar.day_of(at);
        }
        *day
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::TIME_RANGE;

    proptest! {
        #[test]
        fn a_day_remembered_is_the_calendars(
            zone in prop::sample::select(vec!["UTC", "Europe/London", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]),
            start in TIME_RANGE,
            steps in prop::collection::vec(prop_oneof![-90_000_000i64..90_000_000, Just(512 * 86_400_000), Just(-512 * 86_400_000)], 1..100),
        ) {
            let calendar = Calendar::of(zone).unwrap();
            let mut days = Days::new(&calendar);
            let mut at = start;
            for step in steps {
                at = (at + step).clamp(0, TIME_RANGE.end);
                prop_assert_eq!(days.of(at), calendar.day_of(at));
            }
        }
    }
}
