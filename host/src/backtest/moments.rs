//! At which moments a backtest looks: from one moment to another, a step of days by the marketplace's calendar or of hours.

use std::fmt;
use std::str::FromStr;

use andon_domain::calendar::{Calendar, TIME_RANGE, rfc3339};
use andon_domain::ids::Instant;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime};

/// Most moments of one backtest: two years of days and some to spare.
pub const MAX_MOMENTS: usize = 1_000;

/// The step between two moments. Days and weeks are the calendar's, so that a clock change moves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// 1 to 366 days.
    Days(u16),
    /// 1 to 8,784 hours.
    Hours(u16),
}

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.len().saturating_sub(1);
        let parsed = text.is_char_boundary(split).then(|| text.split_at(split));
        let number = |n: &str| n.parse::<u16>().ok().filter(|n| *n > 0);
        let every = parsed.and_then(|(n, unit)| match unit {
            "d" => number(n).filter(|n| *n <= 366).map(Self::Days),
            "w" => number(n).filter(|n| *n <= 52).map(|n| Self::Days(7 * n)),
            "h" => number(n).filter(|n| *n <= 8_784).map(Self::Hours),
            _ => None,
        });
        every.ok_or_else(|| "must be so many hours (`6h`), days (`1d`) or weeks (`1w`), up to a year".to_owned())
    }
}

impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}d"),
            Self::Hours(hours) => write!(f, "{hours}h"),
        }
    }
}

/// Why there are no such moments: the field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} `{value}` {why}")]
pub struct BadMoments {
    /// `from`, `to` or `every`.
    pub field: &'static str,
    /// What it was given as.
    pub value: String,
    /// What is wrong with it.
    pub why: String,
}

impl BadMoments {
    fn of(field: &'static str, value: &str, why: impl Into<String>) -> Self {
        Self { field, value: value.chars().take(64).collect(), why: why.into() }
    }
}

/// A moment as it was given: RFC 3339, or a date, which stands for the first moment of its day.
pub fn moment(field: &'static str, text: &str, calendar: Calendar) -> Result<Instant, BadMoments> {
    let date = || text.parse::<NaiveDate>().ok().map(|date| calendar.resolve(date.and_time(NaiveTime::MIN)));
    // A query's `+` means a space, so an offset may arrive with one.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok().map(|time| time.timestamp_millis());
    let at = time.or_else(date).ok_or_else(|| BadMoments::of(field, text, "is neither a date nor an RFC 3339 time"))?;
    if TIME_RANGE.contains(&at) { Ok(at) } else { Err(BadMoments::of(field, text, "must lie between 2000 and 2100")) }
}

/// Every moment from the one to the other, both included where the steps meet them; none after `now`.
pub fn moments(
    (from, to): (Instant, Instant),
    every: Every,
    calendar: Calendar,
    now: Instant,
) -> Result<Vec<Instant>, BadMoments> {
    if to < from {
        return Err(BadMoments::of("to", &rfc3339(to), format!("is before `from`, {}", rfc3339(from))));
    }
    if to > now {
        return Err(BadMoments::of("to", &rfc3339(to), format!("has not come yet: it is {} there", rfc3339(now))));
    }
    let local = calendar.local(from);
    let nth = |n: usize| match every {
        Every::Days(days) => calendar.resolve(local + Duration::days(n as i64 * i64::from(days))),
        Every::Hours(hours) => from + n as i64 * i64::from(hours) * 3_600_000,
    };
    // The first is `from` itself, also where a clock change makes its local time name another moment.
    let mut moments: Vec<Instant> = std::iter::once(from).chain((1..=MAX_MOMENTS).map(nth)).take_while(|at| *at <= to).collect();
    // A day that a zone skipped begins with the next.
    moments.dedup();
    if moments.len() > MAX_MOMENTS {
        return Err(BadMoments::of("every", &every.to_string(), format!("makes more than {MAX_MOMENTS} moments")));
    }
    Ok(moments)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sao_paulo() -> Calendar {
        Calendar::of("America/Sao_Paulo").unwrap()
    }

    fn at(text: &str) -> Instant {
        moment("from", text, sao_paulo()).unwrap()
    }

    #[test]
    fn days_follow_the_calendar_over_a_clock_change() {
        let days = moments((at("2017-10-13"), at("2017-10-17")), Every::Days(1), sao_paulo(), Instant::MAX).unwrap();
        // The 15th began at 01:00, at the same moment as ever; from then on days begin an hour sooner.
        let starts = ["2017-10-13T03:00:00Z", "2017-10-14T03:00:00Z", "2017-10-15T03:00:00Z", "2017-10-16T02:00:00Z"];
        assert_eq!(days[..4], starts.map(at));
        assert_eq!(days.len(), 5);
    }

    #[test]
    fn the_last_moment_is_not_passed() {
        let hours = moments((at("2024-05-01"), at("2024-05-02")), Every::Hours(9), sao_paulo(), Instant::MAX).unwrap();
        assert_eq!(hours, [0, 9, 18].map(|h| at("2024-05-01") + h * 3_600_000));
        let one = (at("2024-05-01"), at("2024-05-01"));
        assert_eq!(moments(one, Every::Days(1), sao_paulo(), one.0).unwrap(), [one.0]);
    }

    #[test]
    fn what_cannot_be_is_named() {
        let field = |from: &str, to: &str, every: &str, now: &str| {
            let every: Every = every.parse().unwrap();
            moments((at(from), at(to)), every, sao_paulo(), at(now)).unwrap_err().field
        };
        assert_eq!(field("2024-05-02", "2024-05-01", "1d", "2024-06-01"), "to");
        assert_eq!(field("2024-05-01", "2024-05-02", "1d", "2024-05-01"), "to");
        assert_eq!(field("2022-05-01", "2024-05-02", "1h", "2024-06-01"), "every");
        for bad in ["", "d", "0d", "1", "1x", "-1d", "367d", "53w", "99999h", "1ü", "ü"] {
            assert!(bad.parse::<Every>().is_err(), "{bad}");
        }
        assert_eq!("2w".parse::<Every>().unwrap().to_string(), "14d");
        for bad in ["", "yesterday", "1999-12-31", "2024-02-30"] {
            assert!(moment("from", bad, sao_paulo()).is_err(), "{bad}");
        }
    }
}
