//! JSON shapes that many resources share: times, amounts, pages, the language of an answer.

use andon_domain::calendar::TIME_RANGE;
use andon_domain::ids::Instant;
use axum::extract::FromRequestParts;
use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::request::Parts;
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::Problem;
pub use crate::clock::rfc3339 as time;

/// Languages that every plugin's wording is complete in.
const LANGUAGES: [&str; 2] = ["en", "zh-CN"];
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

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Minor units, such as cents.
    pub minor: i64,
    /// ISO 4217.
    pub currency: String,
}

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

/// The language asked for; `None` where the request prefers none that we have.
#[derive(Debug, Clone, Copy)]
pub struct Language(Option<&'static str>);

impl Language {
    /// The language to answer in, `fallback` where none was asked for.
    pub fn or<'a>(&self, fallback: &'a str) -> &'a str {
        self.0.unwrap_or(fallback)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let header = parts.headers.get(ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok());
        Ok(Self(header.and_then(preferred)))
    }
}

fn preferred(header: &str) -> Option<&'static str> {
    let mut asked: Vec<(f32, &str)> = header
        .split(',')
        .take(20)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').map_or((range, None), |(tag, weight)| (tag, Some(weight)));
            let weight = weight.map_or(Some(1.0), |w| w.trim().strip_prefix("q=")?.parse().ok())?;
            (weight > 0.0).then_some((weight, tag.trim()))
        })
        .collect();
    asked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    asked.iter().find_map(|(_, tag)| LANGUAGES.into_iter().find(|known| primary(known) == primary(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_language_that_we_have_is_taken() {
        for (header, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some("zh-CN")),
            ("de, en-GB;q=0.5", Some("en")),
            ("en;q=0.1, zh-Hans;q=0.2", Some("zh-CN")),
            ("zh;q=0, en", Some("en")),
            ("de", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(preferred(header), expected, "{header}");
        }
    }

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
