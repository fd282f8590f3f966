//! Which calendar days a metric looks at on a given day, and when that changes by itself.

use crate::calendar::Calendar;
use crate::ids::Day;
use crate::manifest::{Cadence, Window};

/// Days from `from` to `to`, both included; empty where `to` is before `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
}

impl Span {
    /// Whether `day` is among them.
    pub fn holds(&self, day: Day) -> bool {
        (self.from..=self.to).contains(&day)
    }
}

impl Window {
    /// The days this window covers on day `today`: a rolling window of `days` with `lag` covers
    /// `today - lag - days + 1` to `today - lag`. Years that a sum does not leave behind are not among them; see
    /// [`crate::reading::Books::span`].
    pub fn on(&self, today: Day) -> Span {
        match *self {
            Self::Rolling { days, lag_days } => {
                let to = today - i32::from(lag_days);
                Span { from: to - i32::from(days) + 1, to }
            }
            Self::Months { count, first_day } => Span {
                from: Calendar::month_from(today, first_day, -i32::from(count)),
                to: Calendar::month_from(today, first_day, 0) - 1,
            },
            Self::QuarterToDate => Span { from: Calendar::quarter_start(today), to: today },
            Self::YearToDate { .. } => Span { from: Calendar::year_start(today, 0), to: today },
            Self::Lifetime => Span { from: 0, to: today },
        }
    }

    /// The first day after `today` on which `marked` enters or leaves the window, `None` if it never will. Whether a year is left
    /// behind depends on sums, so that a mark may be said to leave with its year and yet stay.
    pub fn next_change(&self, marked: Day, today: Day) -> Option<Day> {
        let candidates = match *self {
            Self::Rolling { days, lag_days } => {
                let enters = marked + i32::from(lag_days);
                [enters, enters + i32::from(days)]
            }
            Self::Months { count, first_day } => {
                [1, i32::from(count) + 1].map(|months| Calendar::month_from(marked, first_day, months))
            }
            Self::QuarterToDate => [marked, Calendar::month_start(Calendar::quarter_start(marked), 3)],
            Self::YearToDate { .. } => [marked, Calendar::year_start(marked, 1)],
            Self::Lifetime => [marked, marked],
        };
        candidates.into_iter().filter(|day| *day > today).min()
    }
}

impl Cadence {
    /// Whether a verdict given on `day` binds.
    pub fn binds_on(self, day: Day) -> bool {
        match self {
            Self::Continuous => true,
            Self::Monthly(n) => Calendar::day_of_month(day) == u32::from(n),
            Self::Weekly(n) => Calendar::weekday(day) == u32::from(n),
        }
    }

    /// The last binding day up to and including `day`.
    pub fn last_binding(self, day: Day) -> Day {
        match self {
            Self::Continuous => day,
            Self::Monthly(n) => {
                let this = Calendar::month_start(day, 0) + i32::from(n) - 1;
                if this <= day { this } else { Calendar::month_start(day, -1) + i32::from(n) - 1 }
            }
            Self::Weekly(n) => day - (Calendar::weekday(day) as i32 - i32::from(n)).rem_euclid(7),
        }
    }

    /// The first binding day from `day` on.
    pub fn binding_from(self, day: Day) -> Day {
        if self.binds_on(day) { day } else { self.next_binding(day).unwrap_or(day) }
    }

    /// The first binding day after `day`; none where every day binds.
    pub fn next_binding(self, day: Day) -> Option<Day> {
        match self {
            Self::Continuous => None,
            Self::Monthly(_) => Some(self.last_binding(Calendar::month_start(day, 2) - 1)).map(|later| {
                let sooner = self.last_binding(Calendar::month_start(day, 1) - 1);
                if sooner > day { sooner } else { later }
            }),
            Self::Weekly(_) => Some(self.last_binding(day) + 7),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calendar::day_of_date;

    fn day(y: i32, m: u32, d: u32) -> Day {
        day_of_date(chrono::NaiveDate::from_ymd_opt(y, m, d).unwrap())
    }

    #[test]
    fn amazon_report_of_2020_11_19() {
        // Windows read off the example report: 60 days lag 15, 30 days lag 0, 7 days lag 1.
        let today = day(2020, 11, 19);
        assert_eq!(Window::Rolling { days: 60, lag_days: 15 }.on(today), Span { from: day(2020, 9, 6), to: day(2020, 11, 4) });
        assert_eq!(Window::Rolling { days: 30, lag_days: 10 }.on(today).to, day(2020, 11, 9));
        assert_eq!(Window::Rolling { days: 7, lag_days: 1 }.on(today).to, day(2020, 11, 18));
    }

    #[test]
    fn whole_months_and_quarters() {
        let months = |count, first_day| Window::Months { count, first_day };
        assert_eq!(months(3, 1).on(day(2024, 5, 20)), Span { from: day(2024, 2, 1), to: day(2024, 4, 30) });
        // AliExpress's assessments.
        assert_eq!(months(1, 27).on(day(2024, 3, 26)), Span { from: day(2024, 1, 27), to: day(2024, 2, 26) });
        assert_eq!(months(1, 27).on(day(2024, 3, 27)), Span { from: day(2024, 2, 27), to: day(2024, 3, 26) });
        let year = Window::YearToDate { kept_from: None };
        assert_eq!(year.on(day(2024, 12, 31)), Span { from: day(2024, 1, 1), to: day(2024, 12, 31) });
        assert_eq!(year.on(day(2025, 1, 1)), Span { from: day(2025, 1, 1), to: day(2025, 1, 1) });
        assert_eq!(Window::QuarterToDate.on(day(2024, 5, 20)), Span { from: day(2024, 4, 1), to: day(2024, 5, 20) });
    }

    #[test]
    fn ebay_binds_on_the_twentieth() {
        let c = Cadence::Monthly(20);
        assert_eq!(c.last_binding(day(2024, 3, 19)), day(2024, 2, 20));
        assert_eq!(c.last_binding(day(2024, 3, 20)), day(2024, 3, 20));
        assert_eq!(c.next_binding(day(2024, 3, 19)), Some(day(2024, 3, 20)));
        assert_eq!(c.next_binding(day(2024, 12, 20)), Some(day(2025, 1, 20)));
    }

    fn windows() -> impl Strategy<Value = Window> {
        prop_oneof![
            (1u16..90, 0u16..20).prop_map(|(days, lag_days)| Window::Rolling { days, lag_days }),
            (1u8..13, 1u8..29).prop_map(|(count, first_day)| Window::Months { count, first_day }),
            Just(Window::QuarterToDate),
            Just(Window::YearToDate { kept_from: None }),
            Just(Window::Lifetime),
        ]
    }

    proptest! {
        #[test]
        fn next_change_is_the_first_day_membership_flips(window in windows(), marked in 18_000i32..18_400, back in -200i32..400) {
            let today = marked + back;
            let inside = |d: Day| window.on(d).holds(marked);
            let plain = (today + 1..today + 900).find(|d| inside(*d) != inside(*d - 1));
            prop_assert_eq!(window.next_change(marked, today), plain);
        }

        #[test]
        fn binding_days_alternate(n in 1u8..29, today in 18_000i32..19_000, weekly in any::<bool>()) {
            let c = if weekly { Cadence::Weekly(n % 7) } else { Cadence::Monthly(n) };
            let next = c.next_binding(today).unwrap();
            prop_assert!(c.binds_on(next) && next > today && (today + 1..next).all(|d| !c.binds_on(d)));
            let last = c.last_binding(today);
            prop_assert!(c.binds_on(last) && last <= today && (last + 1..=today).all(|d| !c.binds_on(d)));
        }
    }
}
