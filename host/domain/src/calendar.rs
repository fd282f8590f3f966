//! A marketplace's calendar: which day a moment falls on, when a day begins, and what a local time means at a clock change.

use chrono::{DateTime, Datelike, Duration, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone};
use chrono_tz::Tz;

use crate::ids::{Day, Instant};

const UNIX_EPOCH_FROM_CE: i32 = 719_163;

/// Earliest and latest moment that events may name: 2000-01-01 and 2100-01-01, UTC.
pub const TIME_RANGE: std::ops::Range<Instant> = 946_684_800_000..4_102_444_800_000;

/// A moment as JSON and reports have it: RFC 3339, UTC.
pub fn rfc3339(at: Instant) -> String {
    DateTime::from_timestamp_millis(at).unwrap_or_default().to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Day arithmetic in one time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
}

impl Calendar {
    /// The calendar of an IANA time zone name, `None` where there is no such zone.
    pub fn of(zone: &str) -> Option<Self> {
        zone.parse().ok().map(|zone| Self { zone })
    }

    /// Days as UTC has them.
    pub fn utc() -> Self {
        Self { zone: Tz::UTC }
    }

    /// The IANA name.
    pub fn zone(&self) -> &'static str {
        self.zone.name()
    }

    /// The calendar day on which `at` falls here.
    pub fn day_of(&self, at: Instant) -> Day {
        DateTime::from_timestamp_millis(at)
            .map_or(0, |utc| utc.with_timezone(&self.zone).date_naive().num_days_from_ce() - UNIX_EPOCH_FROM_CE)
    }

    /// What a clock on the wall shows here at `at`.
    pub fn local(&self, at: Instant) -> NaiveDateTime {
        DateTime::from_timestamp_millis(at).unwrap_or_default().with_timezone(&self.zone).naive_local()
    }

    /// The first moment of `day`: midnight, or the first moment after it where a clock change skips midnight.
    pub fn start_of(&self, day: Day) -> Instant {
        self.resolve(date_of(day).and_time(NaiveTime::MIN))
    }

    /// The moment a local time names. A time that a clock change skips resolves forward, to the first moment that exists
    /// after the gap; one that it doubles resolves to the earlier of the two.
    pub fn resolve(&self, local: NaiveDateTime) -> Instant {
        match self.zone.from_local_datetime(&local) {
            LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => t.timestamp_millis(),
            LocalResult::None => self.end_of_gap(local),
        }
    }

    fn end_of_gap(self, local: NaiveDateTime) -> Instant {
        // No zone has skipped more than a day; within that, the first existing minute ends the gap.
        let minute = local.date().and_time(NaiveTime::MIN) + Duration::minutes(i64::from(minute_of_day(local)));
        (1..=24 * 60 + 1)
            .find_map(|m| self.zone.from_local_datetime(&(minute + Duration::minutes(m))).earliest())
            .map_or_else(|| local.and_utc().timestamp_millis(), |t| t.timestamp_millis())
    }

    /// First day of the calendar month that holds `day`, moved by `months`.
    pub fn month_start(day: Day, months: i32) -> Day {
        let date = date_of(day);
        let index = date.year() * 12 + date.month0() as i32 + months;
        day_of_date(NaiveDate::from_ymd_opt(index.div_euclid(12), index.rem_euclid(12) as u32 + 1, 1).unwrap_or(date))
    }

    /// First day of the month that holds `day`, where months begin on `first_day` (1 to 28), moved by `months`.
    pub fn month_from(day: Day, first_day: u8, months: i32) -> Day {
        let late = i32::from(first_day) - 1;
        Self::month_start(day - late, months) + late
    }

    /// First day of the calendar year that holds `day`, moved by `years`.
    pub fn year_start(day: Day, years: i32) -> Day {
        Self::month_start(day, 12 * years - date_of(day).month0() as i32)
    }

    /// First day of the calendar quarter that holds `day`.
    pub fn quarter_start(day: Day) -> Day {
        Self::month_start(day, -(date_of(day).month0() as i32 % 3))
    }

    /// Day of the month, 1 to 31.
    pub fn day_of_month(day: Day) -> u32 {
        date_of(day).day()
    }

    /// Day of the week, 0 for Monday.
    pub fn weekday(day: Day) -> u32 {
        date_of(day).weekday().num_days_from_monday()
    }
}

fn minute_of_day(t: NaiveDateTime) -> u32 {
    use chrono::Timelike;
    t.hour() * 60 + t.minute()
}

/// The date of a day number.
pub fn date_of(day: Day) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day.saturating_add(UNIX_EPOCH_FROM_CE)).unwrap_or(NaiveDate::MIN)
}

/// The day number of a date.
pub fn day_of_date(date: NaiveDate) -> Day {
    date.num_days_from_ce() - UNIX_EPOCH_FROM_CE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
    }

    fn utc(text: &str) -> Instant {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis()
    }

    #[test]
    fn sao_paulo_skips_midnight_forward_and_doubles_to_the_earlier() {
        let c = Calendar::of("America/Sao_Paulo").unwrap();
        // 2017-10-15 began at 01:00; 2018-02-17 23:00 to 24:00 came twice.
        assert_eq!(c.resolve(local("2017-10-15 00:30:00")), utc("2017-10-15T03:00:00Z"));
        assert_eq!(c.start_of(day_of_date(NaiveDate::from_ymd_opt(2017, 10, 15).unwrap())), utc("2017-10-15T03:00:00Z"));
        assert_eq!(c.resolve(local("2018-02-17 23:30:00")), utc("2018-02-18T01:30:00Z"));
        assert_eq!(c.day_of(utc("2018-02-18T02:30:00Z")), c.day_of(utc("2018-02-18T01:30:00Z")));
    }

    #[test]
    fn days_begin_where_they_fall() {
        for zone in ["UTC", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "America/Los_Angeles"] {
            let c = Calendar::of(zone).unwrap();
            for day in 15_000..21_000 {
                let start = c.start_of(day);
                // Apia had no 2011-12-30 at all: that day begins with the next.
                if zone == "Pacific/Apia" && day == 15_338 {
                    assert_eq!(c.day_of(start), 15_339);
                    continue;
                }
                assert_eq!((c.day_of(start), c.day_of(start - 1) < day), (day, true), "{zone} {day}");
            }
        }
    }

    #[test]
    fn months_and_quarters() {
        let day = |y, m, d| day_of_date(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!(Calendar::month_start(day(2024, 3, 31), -3), day(2023, 12, 1));
        assert_eq!(Calendar::month_start(day(2024, 12, 20), 1), day(2025, 1, 1));
        assert_eq!(Calendar::quarter_start(day(2024, 5, 20)), day(2024, 4, 1));
        assert_eq!(
            (Calendar::year_start(day(2024, 12, 31), 0), Calendar::year_start(day(2024, 1, 1), 1)),
            (day(2024, 1, 1), day(2025, 1, 1))
        );
        for (of, first) in
            [(day(2024, 2, 26), day(2024, 1, 27)), (day(2024, 2, 27), day(2024, 2, 27)), (day(2024, 1, 1), day(2023, 12, 27))]
        {
            assert_eq!(Calendar::month_from(of, 27, 0), first);
        }
        assert_eq!(Calendar::month_from(day(2024, 3, 26), 27, -1), day(2024, 1, 27));
        assert_eq!((Calendar::day_of_month(day(2024, 5, 20)), Calendar::weekday(day(2024, 5, 20))), (20, 0));
    }
}
