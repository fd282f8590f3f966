//! Why a component was not admitted.

use std::fmt;

use andon_domain::admission::Problem;

use super::fault::PluginFault;

/// A component that will not be run, with everything its author must mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) code: Code,
    /// At least one.
    pub(super) problems: Vec<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Invalid,
    LimitSize,
    Import,
    Wit,
    Compile,
    Manifest,
    /// It failed while it was asked to describe itself.
    Fault(&'static str),
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
            Code::Fault(code) => code,
        }
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
        Self::of(Code::Fault(fault.code()), "describe", fault.to_string())
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
