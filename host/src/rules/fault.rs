//! How a plugin may fail while it runs. A fault is never a verdict: nothing here converts to one, and nothing ever should.

use std::fmt;

use wasmtime::Trap;

/// Whose doing a fault was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The plugin's.
    Guest,
    /// The host's: the plugin was never heard.
    Host,
}

/// Why a plugin gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PluginFault {
    /// It broke down; the machine's word for how.
    Trap(String),
    /// It used up its instructions.
    Fuel,
    /// It used up its time.
    Deadline,
    /// It asked for more memory or table space than it may have.
    Memory,
    /// It recursed too deep.
    Stack,
    /// It answered what it must not.
    Output {
        /// Path of the field, such as `classified[3].marks[0].counter`.
        field: String,
        /// What is wrong with it, the value included.
        why: String,
    },
    /// It could not read the facts, in its own words.
    Declared(String),
    /// The host could not run it.
    Unavailable(String),
    /// It was not asked: it failed too often of late, and rests.
    Resting,
    /// It was not asked: it is quarantined, and why.
    Quarantined(String),
}

/// Longest text of a plugin's own that a fault repeats, in bytes.
const MAX_QUOTE: usize = 512;

impl PluginFault {
    /// A stable name for counters, logs and callers.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trap(_) => "E_TRAP",
            Self::Fuel => "E_FUEL",
            Self::Deadline => "E_DEADLINE",
            Self::Memory => "E_MEMORY",
            Self::Stack => "E_STACK",
            Self::Output { .. } => "E_OUTPUT",
            Self::Declared(_) => "E_FACTS",
            Self::Unavailable(_) => "E_UNAVAILABLE",
            Self::Resting => "E_RESTING",
            Self::Quarantined(_) => "E_QUARANTINED",
        }
    }

    /// Whose doing it was.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Unavailable(_) | Self::Resting | Self::Quarantined(_) => Blame::Host,
            _ => Blame::Guest,
        }
    }

    pub(super) fn output(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Output { field: field.into(), why: why.into() }
    }

    /// A fault in the plugin's own words, made safe to log.
    pub(super) fn declared(words: &str) -> Self {
        Self::Declared(quote(words))
    }

    /// From what the machine reports of a call. `denied` says whether the guest was refused memory on the way.
    pub(super) fn of_call(error: &wasmtime::Error, denied: bool) -> Self {
        // Not a trap: the guest returned, and what it handed over could not be read (out of bounds, not UTF-8, too large).
        Self::of_guest(error, denied).unwrap_or_else(|| Self::output("answer", quote(&error.root_cause().to_string())))
    }

    /// From what the machine reports of starting an instance.
    pub(super) fn of_start(error: &wasmtime::Error, denied: bool) -> Self {
        // Not a trap: nothing of the guest ran, and this machine had no room for it.
        Self::of_guest(error, denied).unwrap_or_else(|| Self::Unavailable(quote(&format!("{error:#}"))))
    }

    fn of_guest(error: &wasmtime::Error, denied: bool) -> Option<Self> {
        if denied {
            return Some(Self::Memory);
        }
        Some(match error.downcast_ref::<Trap>()? {
            Trap::OutOfFuel => Self::Fuel,
            Trap::Interrupt => Self::Deadline,
            Trap::StackOverflow => Self::Stack,
            Trap::AllocationTooLarge => Self::Memory,
            trap => Self::Trap(trap.to_string()),
        })
    }
}

impl fmt::Display for PluginFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code())?;
        match self {
            Self::Trap(how) => write!(f, "the plugin broke down: {how}"),
            Self::Fuel => f.write_str("the plugin used up its instructions"),
            Self::Deadline => f.write_str("the plugin used up its time"),
            Self::Memory => f.write_str("the plugin asked for more memory than it may have"),
            Self::Stack => f.write_str("the plugin recursed too deep"),
            Self::Output { field, why } => write!(f, "the plugin's {field} {why}"),
            Self::Declared(why) => write!(f, "the plugin could not read the facts: {why}"),
            Self::Unavailable(why) => write!(f, "the plugin could not be run: {why}"),
            Self::Resting => f.write_str("the plugin failed too often of late and rests"),
            Self::Quarantined(why) => write!(f, "the plugin is quarantined: {why}"),
        }
    }
}

impl std::error::Error for PluginFault {}

/// A plugin's text with control characters, ends of lines, marks of direction and what cannot be seen taken out, cut at [`MAX_QUOTE`] bytes.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::new();
    for c in text.chars().filter(|c| {
        !c.is_control()
            && !matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }) {
        if quoted.len() + c.len_utf8() > MAX_QUOTE {
            break;
        }
        quoted.push(c);
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugins_words_are_cut_and_stripped() {
        assert_eq!(quote("a\u{1b}[31mb\r\nc\u{202e}d"), "a[31mbcd");
        assert_eq!(quote(&"文".repeat(1000)).len(), 510);
    }

    #[test]
    fn only_the_host_is_to_blame_for_what_never_ran() {
        assert_eq!(PluginFault::Unavailable(String::new()).blame(), Blame::Host);
        assert_eq!(PluginFault::output("verdicts", "are 3, not 4").blame(), Blame::Guest);
        assert_eq!(PluginFault::output("verdicts", "are 3, not 4").to_string(), "E_OUTPUT: the plugin's verdicts are 3, not 4");
    }
}
