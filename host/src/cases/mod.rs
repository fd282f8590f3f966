//! Cases: what a merchant's facts must come to, written in JSON and asked of rules through the sandbox, with the host's own
//! arithmetic in between. A case is the same for rules in any language, and what passes here holds in the host.

mod answer;
mod facts;
mod file;
mod fold;
mod given;
mod layout;
mod run;
#[cfg(test)]
mod tests;
mod words;
mod written;

pub use answer::{Answer, Difference};
pub use file::{Case, CaseFile};
pub use run::run;

/// Most orders, contacts and violations of one case, repeated ones counted each.
pub const MAX_SUBJECTS: usize = 10_000;

/// What is wrong with a case itself, whatever rules would answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct CaseError {
    /// Path of the field, such as `facts.orders[3].units`.
    pub field: String,
    /// What is wrong with it, the value included.
    pub why: String,
}

impl CaseError {
    fn at(field: impl Into<String>, why: impl ToString) -> Self {
        Self { field: field.into(), why: why.to_string() }
    }
}
