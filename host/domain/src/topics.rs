//! Which kinds of messages somebody wants: words such as `enforcement.taken`, or `enforcement.*` for all that begin so.

/// Most patterns of one choice.
const MOST: usize = 50;
/// Longest pattern, bytes.
const LONGEST: usize = 64;

/// A choice of kinds; an empty one is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topics {
    patterns: Vec<String>,
}

/// Why patterns are no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTopics {
    /// More than fifty.
    #[error("at most 50 can be named")]
    TooMany,
    /// One that no kind can match.
    #[error("`{0}` must be 1 to 64 lower-case letters, digits, dots and hyphens, of which `.*` may be the last")]
    Pattern(String),
}

impl Topics {
    /// The kinds that any of the patterns names.
    pub fn new(patterns: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, BadTopics> {
        let mut all = Vec::new();
        for pattern in patterns.into_iter().map(Into::into) {
            if all.len() == MOST {
                return Err(BadTopics::TooMany);
            }
            let word = pattern.strip_suffix(".*").unwrap_or(&pattern);
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
            if word.is_empty() || pattern.len() > LONGEST || !word.bytes().all(plain) {
                return Err(BadTopics::Pattern(pattern.chars().take(LONGEST).collect()));
            }
            all.push(pattern);
        }
        Ok(Self { patterns: all })
    }

    /// The patterns as they were given.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// Whether a kind is wanted.
    pub fn wants(&self, kind: &str) -> bool {
        self.patterns.is_empty()
            || self.patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => kind.starts_with(prefix),
                None => pattern == kind,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_wanted_by_its_name_or_by_how_it_begins() {
        let topics = Topics::new(["appeal.filed", "enforcement.*"]).unwrap();
        for (kind, wanted) in
            [("appeal.filed", true), ("appeal.filed-late", false), ("enforcement.taken", true), ("enforcements.x", false)]
        {
            assert_eq!(topics.wants(kind), wanted, "{kind}");
        }
        assert!(Topics::default().wants("anything"));
    }

    #[test]
    fn what_can_match_nothing_is_refused() {
        for bad in ["", "*", ".*x", "a*", "A.b", "a b", "a.*.b", "a%", "a_b", "ä", &"a".repeat(65)] {
            assert!(matches!(Topics::new([bad]), Err(BadTopics::Pattern(_))), "{bad}");
        }
        assert_eq!(Topics::new(vec!["a"; 51]), Err(BadTopics::TooMany));
        assert!(Topics::new(vec!["a"; 50]).is_ok());
    }
}
