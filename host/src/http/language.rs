//! The language of an answer: the first that the request asks for and that can be spoken, else the marketplace's, else English.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request};
use axum::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_LENGTH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::problem::Spoken;
use crate::markets::{Generation, Market};

/// What every plugin's wording is complete in, and the host's own; the first where nothing else is wanted.
const OWN: [&str; 2] = ["en", "zh-CN"];
/// Most languages of one request that are looked at.
const MAX_ASKED: usize = 20;

/// The languages that a request asks for, the most wanted first.
#[derive(Debug, Clone, Default)]
pub struct Language(Vec<String>);

impl Language {
    /// The language to say things of these rules in, to somebody of this marketplace.
    pub fn of<'a>(&self, generation: &'a Generation, market: &Market) -> &'a str {
        let mut known: Vec<&str> = generation.manifest().wording.iter().map(|(locale, ..)| locale.as_str()).collect();
        known.dedup();
        self.among(&known, Some(&market.locale))
    }

    /// The language in which the host's own words are said to somebody of this marketplace.
    pub fn at(&self, market: &Market) -> &'static str {
        self.among(&OWN, Some(&market.locale))
    }

    /// The language to speak in of what belongs to no marketplace.
    pub fn own(&self) -> &'static str {
        self.among(&OWN, None)
    }

    fn among<'a>(&self, known: &[&'a str], fallback: Option<&str>) -> &'a str {
        let wanted = self.0.iter().map(String::as_str).chain(fallback);
        wanted.chain([OWN[0]]).find_map(|tag| spoken(tag, known)).unwrap_or_default()
    }

    fn asked(headers: &HeaderMap) -> Self {
        let header = headers.get(ACCEPT_LANGUAGE).and_then(|h| h.to_str().ok()).unwrap_or_default();
        let range = |range: &str| {
            let (tag, weight) = range.split_once(';').map_or((range, None), |(tag, weight)| (tag, Some(weight)));
            let weight: f32 = weight.map_or(Some(1.0), |w| w.trim().strip_prefix("q=")?.parse().ok())?;
            (weight > 0.0).then(|| (weight, tag.trim().to_owned()))
        };
        let mut asked: Vec<(f32, String)> = header.split(',').take(MAX_ASKED).filter_map(range).collect();
        asked.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self(asked.into_iter().map(|(_, tag)| tag).collect())
    }
}

/// The known language that a tag means: itself, else one with the same primary subtag.
fn spoken<'a>(tag: &str, known: &[&'a str]) -> Option<&'a str> {
    let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let same = known.iter().find(|k| k.eq_ignore_ascii_case(tag));
    same.or_else(|| known.iter().find(|k| primary(k) == primary(tag))).copied()
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::asked(&parts.headers))
    }
}

/// Says a problem's title in the language the request asks for. A marketplace's own language says nothing here: it would tell
/// that the marketplace exists.
pub async fn problems(request: Request, next: Next) -> Response {
    let language = Language::asked(request.headers()).own();
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Spoken>() else { return response };
    let headers = response.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(language));
    *response.body_mut() = problem.in_language(language).into();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(header: &'static str, known: &[&'static str], fallback: &str) -> &'static str {
        let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, HeaderValue::from_static(header))]);
        Language::asked(&headers).among(known, Some(fallback))
    }

    #[test]
    fn the_best_language_that_there_is_is_taken() {
        for (header, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
            ("de, en-GB;q=0.5", "en"),
            ("en;q=0.1, zh-Hans;q=0.2", "zh-CN"),
            ("zh;q=0, en", "en"),
            ("de", "zh-CN"),
            ("*", "zh-CN"),
            ("", "zh-CN"),
        ] {
            assert_eq!(preferred(header, &OWN, "zh"), expected, "{header}");
        }
        assert_eq!(preferred("de", &OWN, "pt-BR"), "en");
        assert_eq!(preferred("pt", &["en", "pt-PT", "pt-BR", "zh-CN"], "en"), "pt-PT");
        assert_eq!(preferred("pt-br", &["en", "pt-PT", "pt-BR", "zh-CN"], "en"), "pt-BR");
    }
}
