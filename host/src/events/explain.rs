//! What was wrong with JSON that did not fit. Reading is done without keeping track of where one is; only when it fails is the
//! event read once more, slowly, to name the field and quote its value.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};

use super::check::{EventProblem, shown};
use super::envelope::Text;

/// Reads `text`, whose place in the event is `place` (empty for all of it, else ending with a dot).
pub(super) fn explained<'a, T: Deserialize<'a>>(text: &'a str, place: &str) -> Result<T, EventProblem> {
    serde_json::from_str(text).map_err(|error| explain::<T>(text, place, &error))
}

fn explain<'a, T: Deserialize<'a>>(text: &'a str, place: &str, error: &serde_json::Error) -> EventProblem {
    let mut reader = serde_json::Deserializer::from_str(text);
    let path = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => return EventProblem::whole("malformed", format!("the event is not JSON: {error}")),
        Err(tracked) => tracked.path().clone(),
    };
    let complaint = without_position(error);
    if !error.is_data() && serde_json::from_str::<&RawValue>(text).is_err() {
        return EventProblem {
            field: field(place, &path, None),
            ..EventProblem::whole("malformed", format!("the event is not JSON: {error}"))
        };
    }
    for (code, start) in
        [("missing-field", "missing field `"), ("unknown-field", "unknown field `"), ("duplicate-field", "duplicate field `")]
    {
        if let Some(name) = complaint.strip_prefix(start).and_then(|rest| Some(&rest[..end_of_name(rest)?])) {
            let field = field(place, &path, Some(name)).unwrap_or_default();
            return EventProblem::coded(code, &field, complaint.clone());
        }
    }
    match field(place, &path, None) {
        None => EventProblem::whole("malformed", complaint),
        Some(field) => match value_at(text, &path) {
            None => EventProblem::at(&field, complaint),
            Some(value) => EventProblem::at(&field, format!("{} will not do: {complaint}", quoted(value))),
        },
    }
}

/// serde's own words without "at line 1 column 2", which means nothing inside a batch.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    let mut text = text[..end].to_owned();
    if let Some((cut, _)) = text.char_indices().nth(400) {
        text.truncate(cut);
        text.push('…');
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn end_of_name(rest: &str) -> Option<usize> {
    rest.rfind("`, expected").or_else(|| rest.rfind("`, there are no")).or_else(|| rest.rfind('`'))
}

/// The name of a field as senders know it, `None` for the event itself.
fn field(place: &str, path: &Path, last: Option<&str>) -> Option<String> {
    let mut names: Vec<&str> = place.split('.').filter(|name| !name.is_empty()).collect();
    names.extend(path.iter().filter_map(|segment| if let Segment::Map { key } = segment { Some(key.as_str()) } else { None }));
    if last.is_some() && names.last().copied() != last {
        names.extend(last);
    }
    let name = names.join(".");
    (!name.is_empty()).then(|| name.chars().take(128).collect())
}

/// The JSON of the value at a path.
fn value_at<'a>(text: &'a str, path: &Path) -> Option<&'a str> {
    path.iter().try_fold(text, |text, segment| {
        let Segment::Map { key } = segment else { return None };
        let object: BTreeMap<Text<'a>, &'a RawValue> = serde_json::from_str(text).ok()?;
        object.iter().find(|(name, _)| &***name == key.as_str()).map(|(_, value)| value.get())
    })
}

/// JSON as a message may carry it: numbers bare, all else escaped.
fn quoted(json: &str) -> String {
    let shown = shown(json);
    if json.starts_with(|c: char| c == '-' || c.is_ascii_digit()) { shown.replace('"', "") } else { shown }
}
