//! JSON shapes that many resources share: times, amounts, pages.

use andon_domain::calendar::TIME_RANGE;
use andon_domain::ids::Instant;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::problem::Problem;

const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The page.
    pub items: Vec<T>,
    /// Where the next page begins; null at the end.
    pub next: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paged {
    /// 1 to 200.
    pub limit: Option<u64>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

/// A body of bytes as they are, for descriptions alone: of a list of bytes, clients would make a list of numbers.
#[derive(Debug)]
pub enum Binary {}

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

impl ToSchema for Binary {}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Minor units, such as cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

pub use andon_domain::calendar::rfc3339 as time;

/// A moment as it was sent in `field`; between 2000 and 2100.
pub fn moment(field: &str, text: &str) -> Result<Instant, Problem> {
    // A query's `+` means a space, so an offset arrives with one where nobody escaped it.
    let parsed = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
    let at = parsed.map_err(|e| Problem::invalid(field, format!("not an RFC 3339 time: {e}")))?.timestamp_millis();
    if TIME_RANGE.contains(&at) { Ok(at) } else { Err(Problem::invalid(field, "must lie between 2000 and 2100")) }
}

/// A page's length.
pub fn limit(asked: Option<u64>) -> Result<u64, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::invalid("limit", format!("must be 1 to {MAX_LIMIT}"))),
    }
}

/// Longest reason, bytes.
const MAX_REASON: usize = 500;

/// Why somebody does something, as a body's `reason` has it.
pub fn reason(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_REASON || text.chars().any(char::is_control) {
        return Err(Problem::invalid("reason", format!("must be 1 to {MAX_REASON} bytes without control characters")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_rfc_3339_and_plausible() {
        assert_eq!(moment("t", "2018-08-01T02:00:00+02:00").unwrap(), 1_533_081_600_000);
        assert_eq!(moment("t", "2018-08-01T02:00:00 02:00").unwrap(), 1_533_081_600_000);
        assert_eq!(time(1_533_081_600_000), "2018-08-01T00:00:00Z");
        for bad in ["", "2018-08-01", "1969-12-31T23:59:59Z", "2018-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "now"] {
            assert!(matches!(moment("t", bad), Err(Problem::Invalid { .. })), "{bad}");
        }
    }
}
