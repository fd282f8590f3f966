//! Wording: complete in every locale it claims, English among them, and nothing in it that could deceive a reader.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Problems, lists};
use crate::ids::NameError;
use crate::manifest::Manifest;

/// Longest wording of one code, in bytes.
const MAX_TEXT: usize = 512;
/// Most locales times codes; sixteen locales of everything a manifest can hold would be more, and nobody's.
const MAX_ENTRIES: usize = 8192;

/// Codes in every list but these two names need words; the operator names the marketplace, and rules go by their code.
fn optional(manifest: &Manifest) -> [&str; 2] {
    [&manifest.marketplace, &manifest.name]
}

pub(super) fn check(manifest: &Manifest, problems: &mut Problems) {
    let entries = manifest.wording.len();
    if entries > MAX_ENTRIES {
        return problems.add("wording", format!("has {entries} entries, above {MAX_ENTRIES}"));
    }
    // A code that stands in two lists means the same in both, and has one wording.
    let wanted: BTreeSet<&str> = lists(manifest).into_iter().flat_map(|(_, codes, _)| codes).collect();
    let known: HashSet<&str> = wanted.iter().copied().chain(optional(manifest)).collect();
    let mut locales: BTreeMap<&str, HashSet<&str>> = BTreeMap::from([("en", HashSet::new())]);
    for (i, (locale, code, text)) in manifest.wording.iter().enumerate() {
        if !is_locale(locale) {
            problems.add(format!("wording[{i}]"), "its locale is not a language tag such as en or zh-CN");
            continue;
        }
        if let Err(why) = check_text(text, MAX_TEXT) {
            problems.add(format!("wording[{i}]"), format!("its text {why}"));
        }
        if !known.contains(code.as_str()) {
            problems.add(format!("wording[{i}]"), "is for a code that is nowhere declared");
        } else if !locales.entry(locale).or_default().insert(code) {
            problems.add(format!("wording[{i}]"), format!("says {code} in {locale} a second time"));
        }
    }
    for (locale, worded) in locales {
        for code in wanted.iter().filter(|code| !worded.contains(**code)) {
            problems.add(format!("wording.{locale}"), format!("lacks {code}"));
        }
    }
}

/// Text for people: not empty, bounded in bytes, no control character and none that turns the direction of reading.
pub(super) fn check_text(text: &str, max: usize) -> Result<(), String> {
    let error = if text.trim().is_empty() {
        NameError::Empty
    } else if text.len() > max {
        NameError::TooLong(max)
    } else if text.chars().any(deceives) {
        NameError::Unprintable
    } else {
        return Ok(());
    };
    Err(error.to_string())
}

/// Joiners (U+200C, U+200D) are left: some languages cannot be written without them.
fn deceives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}
