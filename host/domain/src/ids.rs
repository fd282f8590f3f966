//! Names that come from outside, checked once: codes, references, and the 64-bit keys that rules see instead.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
pub type Instant = i64;

/// A calendar day of a marketplace, counted from 1970-01-01.
pub type Day = i32;

/// What senders write: references and the like. Most are short, and kept where they stand; copies of the others share them.
pub type Text = smol_str::SmolStr;

/// What makes a reference or code unusable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// More bytes than the limit given.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A control character, or white space at either end.
    #[error("holds a control character or begins or ends with white space")]
    Unprintable,
    /// A code with something other than lower-case letters, digits and inner hyphens.
    #[error("must be lower-case letters, digits and hyphens, beginning with a letter")]
    NotACode,
}

/// Longest reference accepted for an order, merchant, buyer, listing, claim and the like, in bytes of UTF-8.
pub const MAX_REFERENCE: usize = 200;

/// Checks a reference as senders use them: 1 to [`MAX_REFERENCE`] bytes, printable, no white space at the ends.
pub fn check_reference(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_REFERENCE {
        return Err(NameError::TooLong(MAX_REFERENCE));
    }
    let bad = |c: char| {
        c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if text.trim() != text || text.chars().any(bad) {
        return Err(NameError::Unprintable);
    }
    Ok(())
}

/// Checks a code (marketplace, rules, metric, standing): 1 to 64 of `a-z`, `0-9`, `-`, beginning with a letter, not ending with `-`.
pub fn check_code(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > 64 {
        return Err(NameError::TooLong(64));
    }
    let legal = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !legal || !text.as_bytes()[0].is_ascii_lowercase() || text.ends_with('-') {
        return Err(NameError::NotACode);
    }
    Ok(())
}

/// A reference beside the 64-bit key that stands for it inside rules and tallies. The key is a keyed hash, so that it tells
/// a plugin nothing about the reference and is the same on every replay.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Named {
    /// Keyed hash of `name`.
    pub key: u64,
    /// The reference as the sender wrote it.
    pub name: Text,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_printable_and_bounded() {
        assert_eq!(check_reference(""), Err(NameError::Empty));
        assert_eq!(check_reference(&"a".repeat(200)), Ok(()));
        assert_eq!(check_reference(&"a".repeat(201)), Err(NameError::TooLong(200)));
        for bad in ["a\0", " a", "a\n", "a\u{202e}b", "\u{feff}a"] {
            assert_eq!(check_reference(bad), Err(NameError::Unprintable), "{bad:?}");
        }
        assert_eq!(check_reference("订单-1 / ü"), Ok(()));
    }

    #[test]
    fn codes_are_slugs() {
        for good in ["odr", "late-shipment-rate-10", "a"] {
            assert_eq!(check_code(good), Ok(()), "{good}");
        }
        for bad in ["ODR", "-a", "a-", "1a", "a_b", "a.b"] {
            assert_eq!(check_code(bad), Err(NameError::NotACode), "{bad}");
        }
    }
}
