//! Why an event is refused, and the checks of single values that lead there. Every message quotes the value it refuses, cut short
//! and escaped, because whoever reads it cannot see the sender's code.

use andon_domain::calendar::TIME_RANGE;
use andon_domain::ids::{Instant, Text, check_reference};
use chrono::{DateTime, Timelike};

/// Why one event is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EventProblem {
    /// Stable slug: `malformed`, `too-large`, `unsupported-version`, `unknown-type`, `missing-field`, `unknown-field`,
    /// `duplicate-field`, `invalid-field`, `future-time`, `time-out-of-range`, `wrong-marketplace` or `wrong-currency`.
    pub code: &'static str,
    /// Path of the field at fault, as in `data.amount.minor`; absent where the whole event is.
    pub field: Option<String>,
    /// One sentence for a person, the field's name included.
    pub message: String,
}

impl EventProblem {
    /// The event as a whole is at fault.
    pub(super) fn whole(code: &'static str, message: String) -> Self {
        Self { code, field: None, message }
    }

    /// `field` is at fault for a reason with a code of its own.
    pub(super) fn coded(code: &'static str, field: &str, complaint: String) -> Self {
        Self { code, field: Some(field.to_owned()), message: format!("{field}: {complaint}") }
    }

    /// The value of `field` will not do.
    pub(super) fn at(field: &str, complaint: String) -> Self {
        Self::coded("invalid-field", field, complaint)
    }

    /// `field` must be there and is not.
    pub(super) fn missing(field: &str, what: &str) -> Self {
        Self::coded("missing-field", field, format!("{what} is missing"))
    }
}

/// A sender's text as a message may carry it: quoted, escaped, at most 64 characters.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(64) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}…", &text[..end]),
    }
}

/// A reference, see [`check_reference`].
pub(super) fn reference(field: &str, text: &str) -> Result<Text, EventProblem> {
    match check_reference(text) {
        Ok(()) => Ok(text.into()),
        Err(e) => Err(EventProblem::at(field, format!("{} {e}", shown(text)))),
    }
}

/// A person's words: at most `limit` bytes, line breaks and tabs allowed, no other control characters.
pub(super) fn prose(field: &str, text: &str, limit: usize) -> Result<Text, EventProblem> {
    if text.len() > limit {
        return Err(EventProblem::at(field, format!("is longer than {limit} bytes")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(EventProblem::at(field, format!("{} holds a control character", shown(text))));
    }
    Ok(text.into())
}

/// One of a list of words.
pub(super) fn word<T: Copy>(field: &str, text: &str, all: &[(T, &str)]) -> Result<T, EventProblem> {
    all.iter().find(|(_, word)| *word == text).map(|(value, _)| *value).ok_or_else(|| {
        let legal: Vec<&str> = all.iter().map(|(_, word)| *word).collect();
        EventProblem::at(field, format!("{} is not one of {}", shown(text), legal.join(", ")))
    })
}

/// A whole number between two bounds, both included.
pub(super) fn within(field: &str, number: i64, low: i64, high: i64) -> Result<i64, EventProblem> {
    if (low..=high).contains(&number) {
        Ok(number)
    } else {
        Err(EventProblem::at(field, format!("{number} is not from {low} to {high}")))
    }
}

/// An RFC 3339 time within [`TIME_RANGE`]; anything finer than a millisecond is cut off. A leap second, which only the last minute
/// of a UTC day can have, becomes the second that follows it.
pub(super) fn time(field: &str, text: &str) -> Result<Instant, EventProblem> {
    let parsed = DateTime::parse_from_rfc3339(text)
        .map_err(|e| EventProblem::at(field, format!("{} is no RFC 3339 time: {e}", shown(text))))?;
    let utc = parsed.naive_utc();
    if utc.nanosecond() >= 1_000_000_000 && (utc.hour(), utc.minute()) != (23, 59) {
        return Err(EventProblem::at(field, format!("{} is a leap second where none can be", shown(text))));
    }
    Ok(parsed.timestamp_millis())
}

/// Holds a time against the range that any time must lie in.
pub(super) fn in_range(field: &str, at: Instant, text: &str) -> Result<Instant, EventProblem> {
    if TIME_RANGE.contains(&at) {
        Ok(at)
    } else {
        Err(EventProblem::coded("time-out-of-range", field, format!("{} is not between the years 2000 and 2100", shown(text))))
    }
}
