//! Why a component was not admitted.

use std::fmt;

use andon_domain::admission::Problem;

use super::fault::{Blame, PluginFault};

/// A component that will not be run, with everything its author must mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) code: Code,
    /// At least one.
    pub(super) problems: Vec<Problem>,
}

/// Every code of a refusal or fault, and what it means to whoever wrote the plugin.
pub const CODES: [(&str, &str); 17] = [
    (
        "E_INVALID",
        "The bytes are not a valid component, or use what the contract does not need. Build with `andon plugin build`.",
    ),
    ("E_LIMIT_SIZE", "The component, or something in it, is larger or more numerous than is accepted; the reason says which."),
    ("E_IMPORT", "The component imports something. Rules import nothing: no clock, no randomness, no files, no network."),
    (
        "E_WIT",
        "An export of the contract is missing or has other types. Build against the WIT of a version that the host serves.",
    ),
    ("E_COMPILE", "The component could not be compiled within the time and memory for it. Make its largest functions smaller."),
    ("E_MANIFEST", "What the plugin declares makes no sense as a whole; every problem is listed with its field."),
    ("E_FUEL", "A call used more instructions than its batch may. Fuel is the same on every machine, so a replay shows where."),
    ("E_DEADLINE", "A call took more time than its batch may, although it had fuel left."),
    ("E_MEMORY", "The plugin asked for more memory or table space than it may have."),
    ("E_STACK", "The plugin recursed too deep."),
    ("E_TRAP", "The plugin broke down: a panic, an index out of bounds, a division by zero."),
    (
        "E_OUTPUT",
        "An answer breaks the contract: too few or many items, an index out of range, a moment out of bounds, too large.",
    ),
    ("E_FACTS", "The plugin said that it cannot read the facts; the message holds its own words."),
    ("E_NONDET", "A verdict came out differently when it was played again. The plugin is quarantined for it."),
    ("E_UNAVAILABLE", "The host could not run the plugin. The plugin is not to blame."),
    ("E_RESTING", "The plugin was not asked: it failed too often of late, and is tried again after a rest."),
    ("E_QUARANTINED", "The plugin was not asked: it is quarantined until an operator releases it or activates another version."),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Invalid,
    LimitSize,
    Import,
    Wit,
    Compile,
    Manifest,
    /// It failed while it was asked to describe itself.
    Fault(&'static str, Blame),
}

impl Refusal {
    pub(super) fn of(code: Code, field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code, problems: vec![Problem { field: field.into(), reason: reason.into() }] }
    }

    /// A stable name: `E_INVALID`, `E_LIMIT_SIZE`, `E_IMPORT`, `E_WIT`, `E_COMPILE`, `E_MANIFEST`, or the code of the fault it ran into.
    pub fn code(&self) -> &'static str {
        match self.code {
            Code::Invalid => "E_INVALID",
            Code::LimitSize => "E_LIMIT_SIZE",
            Code::Import => "E_IMPORT",
            Code::Wit => "E_WIT",
            Code::Compile => "E_COMPILE",
            Code::Manifest => "E_MANIFEST",
            Code::Fault(code, _) => code,
        }
    }

    /// Whose doing it was: the host's where it could not look, and may admit the same component another time.
    pub fn blame(&self) -> Blame {
        if let Code::Fault(_, blame) = self.code { blame } else { Blame::Guest }
    }

    /// The first field that is wrong.
    pub fn field(&self) -> &str {
        self.problems.first().map_or("component", |problem| &problem.field)
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &str {
        self.problems.first().map_or("", |problem| &problem.reason)
    }

    /// All that is wrong, as far as it could be looked at.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<PluginFault> for Refusal {
    fn from(fault: PluginFault) -> Self {
        Self::of(Code::Fault(fault.code(), fault.blame()), "describe", fault.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.code(), self.field(), self.reason())?;
        match self.problems.len() {
            0 | 1 => Ok(()),
            many => write!(f, " (and {} more)", many - 1),
        }
    }
}

impl std::error::Error for Refusal {}
