//! JSON read strictly: no key twice at any depth, bounded nesting, no NUL in any text. Databases refuse NUL, and of two keys
//! with one name every reader picks another.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::problem::Problem;

/// Deepest nesting of a request body.
const MAX_DEPTH: u8 = 32;

/// Reads a whole body as one value.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut strict = serde_json::Deserializer::from_slice(bytes);
    Strict { depth: 0 }.deserialize(&mut strict).map_err(|e| Problem::Malformed(e.to_string()))?;
    let mut typed = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut typed).map_err(|e| {
        let field = e.path().to_string();
        match e.inner().classify() {
            serde_json::error::Category::Data => Problem::invalid(if field == "." { "" } else { &field }, e.inner()),
            _ => Problem::Malformed(e.into_inner().to_string()),
        }
    })?;
    typed.end().map_err(|e| Problem::Malformed(e.to_string()))?;
    Ok(value)
}

/// Walks a value and keeps nothing of it but the keys on the way down.
struct Strict {
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') { Err(E::custom("a text holds NUL")) } else { Ok(()) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Self { depth: self.depth + 1 })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = members.next_key::<String>()? {
            members.next_value_seed(Self { depth: self.depth + 1 })?;
            if key.contains('\0') {
                return Err(A::Error::custom("a key holds NUL"));
            }
            if let Some(twice) = keys.replace(key) {
                return Err(A::Error::custom(format!("the key `{twice}` stands there twice")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        name: String,
        #[serde(default)]
        map: BTreeMap<String, serde_json::Value>,
    }

    #[test]
    fn what_is_read_is_what_was_meant() {
        let body: Body = read(r#"{"name":"ü\ud83d\ude00","map":{"a":[1,-0.5,null,true]}}"#.as_bytes()).unwrap();
        assert_eq!((body.name.as_str(), body.map.len()), ("ü😀", 1));
    }

    #[test]
    fn ambiguous_or_broken_text_is_malformed_and_wrong_values_invalid() {
        let deep = format!(r#"{{"name":"a","map":{{"a":{}{}}}}}"#, "[".repeat(40), "]".repeat(40));
        let bottomless = "[".repeat(100_000);
        for text in [
            r#"{"name":"a","name":"b"}"#,
            r#"{"name":"a","map":{"k":1,"k":2}}"#,
            r#"{"name":"a","map":{"k":{"x":1,"\u0078":2}}}"#,
            r#"{"name":"a\u0000"}"#,
            r#"{"name":"\ud800"}"#,
            r#"{"name":"a"} {}"#,
            r#"{"name":"a",}"#,
            r#"{"name":1e400}"#,
            r#"{"name":01}"#,
            r#"{"name":NaN}"#,
            "\u{feff}{}",
            "",
            &deep,
            &bottomless,
        ] {
            assert!(matches!(read::<Body>(text.as_bytes()), Err(Problem::Malformed(_))), "{text:.60}");
        }
        assert!(matches!(read::<Body>(b"{\"name\":\"\xff\"}"), Err(Problem::Malformed(_))));
        for text in [r#"{"name":1}"#, r#"{"name":"a","role":"admin"}"#, "null", "{}", "[]"] {
            assert!(matches!(read::<Body>(text.as_bytes()), Err(Problem::Invalid { .. })), "{text}");
        }
    }
}
