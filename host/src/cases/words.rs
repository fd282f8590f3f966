//! Values as cases write them: moments as RFC 3339, and the contract's enumerations by their words.

use std::fmt;
use std::marker::PhantomData;

use andon_domain::calendar::{TIME_RANGE, rfc3339};
use andon_domain::fact::Word;
use andon_domain::ids::Instant;
use chrono::DateTime;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// A moment between the years 2000 and 2100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(pub(super) Instant);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = DateTime::parse_from_rfc3339(&text);
        let at = parsed.map_err(|e| D::Error::custom(format!("{text:?} is no RFC 3339 time: {e}")))?.timestamp_millis();
        if TIME_RANGE.contains(&at) {
            Ok(Self(at))
        } else {
            Err(D::Error::custom(format!("{text:?} is not between the years 2000 and 2100")))
        }
    }
}

/// A value written as its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken<T>(pub(super) T);

impl<'de, T: Word> Deserialize<'de> for Spoken<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Speech(PhantomData))
    }
}

struct Speech<T>(PhantomData<T>);

impl<T: Word> Visitor<'_> for Speech<T> {
    type Value = Spoken<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = T::words().iter().map(|(_, word)| *word).collect();
        write!(f, "one of {}", words.join(", "))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let known = T::words().iter().find(|(_, word)| *word == text);
        known.map(|(value, _)| Spoken(*value)).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}
