//! The CloudEvents context: attributes that say what an event is, before anyone looks at what it carries.

use std::borrow::Cow;
use std::fmt;

use andon_domain::ids::Instant;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::check::{self, EventProblem, shown};
use super::explain::explained;
use super::{EventContext, MAX_SKEW};

/// A string, borrowed from the event wherever it holds no escapes.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

// By hand because a derived one reads as a newtype, through which the name of a key is lost to whoever explains an error.
impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

impl std::ops::Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

/// An event's context, checked.
pub(super) struct Context<'a> {
    pub(super) id: Cow<'a, str>,
    pub(super) source: Cow<'a, str>,
    pub(super) event_type: Cow<'a, str>,
    pub(super) at: Instant,
    pub(super) subject: Option<Cow<'a, str>>,
    /// JSON of `data`; an empty object where there is none.
    pub(super) data: &'a str,
}

const ATTRIBUTES: [&str; 9] =
    ["specversion", "id", "source", "type", "time", "subject", "datacontenttype", "marketplace", "dataschema"];

/// CloudEvents puts no limit on extension attributes; a sender with more than this is not sending us events.
const MAX_EXTENSIONS: usize = 32;

/// An event as JSON has it.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    attributes: [Option<Text<'a>>; ATTRIBUTES.len()],
    data: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EnvelopeVisitor)
    }
}

struct EnvelopeVisitor;

impl<'de> Visitor<'de> for EnvelopeVisitor {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a CloudEvent, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        let mut seen = [false; ATTRIBUTES.len()];
        let mut extensions: Vec<Text<'de>> = Vec::new();
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if let Some(i) = ATTRIBUTES.iter().position(|name| *name == &*key) {
                if std::mem::replace(&mut seen[i], true) {
                    return Err(A::Error::duplicate_field(ATTRIBUTES[i]));
                }
                envelope.attributes[i] = map.next_value()?;
            } else if &*key == "data" {
                if envelope.data.replace(map.next_value()?).is_some() {
                    return Err(A::Error::duplicate_field("data"));
                }
            } else {
                if key.is_empty() || key.len() > 64 || !key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
                    return Err(A::Error::unknown_field(&key, &ATTRIBUTES));
                }
                if extensions.contains(&key) {
                    return Err(A::Error::custom(format_args!("duplicate field `{}`", &*key)));
                }
                if extensions.len() == MAX_EXTENSIONS {
                    return Err(A::Error::custom(format_args!("more than {MAX_EXTENSIONS} extension attributes")));
                }
                map.next_value::<Scalar>()?;
                extensions.push(key);
            }
        }
        Ok(envelope)
    }
}

/// The value of an extension attribute: a string, a whole number, a truth value or nothing.
struct Scalar;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl Visitor<'_> for Scalar {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a whole number, true or false")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// Reads and checks the context of an event.
pub(super) fn read<'a>(ctx: &EventContext<'_>, text: &'a str) -> Result<Context<'a>, EventProblem> {
    let Envelope { attributes, data } = explained(text, "")?;
    let [version, id, source, event_type, time, subject, content_type, marketplace, _schema] =
        attributes.map(|a| a.map(|text| text.0));
    let version = required("specversion", version)?;
    if version != "1.0" {
        return Err(EventProblem::coded("unsupported-version", "specversion", format!("{} is not \"1.0\"", shown(&version))));
    }
    let (id, source) = (required("id", id)?, required("source", source)?);
    check::reference("id", &id)?;
    check::reference("source", &source)?;
    if let Some(other) = marketplace.filter(|m| m != ctx.marketplace) {
        let complaint = format!("{} is not {}, to which it was sent", shown(&other), ctx.marketplace);
        return Err(EventProblem::coded("wrong-marketplace", "marketplace", complaint));
    }
    if let Some(other) = content_type.filter(|t| !is_json(t)) {
        return Err(EventProblem::at("datacontenttype", format!("{} is not application/json", shown(&other))));
    }
    let at = happened(ctx, &required("time", time)?)?;
    let data = data.map_or("{}", |data| if data.get() == "null" { "{}" } else { data.get() });
    Ok(Context { id, source, event_type: required("type", event_type)?, at, subject, data })
}

fn required<'a>(name: &str, value: Option<Cow<'a, str>>) -> Result<Cow<'a, str>, EventProblem> {
    value.ok_or_else(|| EventProblem::missing(name, "the attribute"))
}

fn is_json(content_type: &str) -> bool {
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn happened(ctx: &EventContext<'_>, text: &str) -> Result<Instant, EventProblem> {
    let at = check::time("time", text)?;
    if at > ctx.now.saturating_add(MAX_SKEW) {
        return Err(EventProblem::coded("future-time", "time", format!("{} has not come yet", shown(text))));
    }
    check::in_range("time", at, text)
}
