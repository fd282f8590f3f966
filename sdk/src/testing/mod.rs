//! Tests of rules, run natively: build facts, and compare whole answers written as text.
//!
//! [`Case`] asks rules about one fact or one snapshot. [`Shop`] goes the whole way as the host does, from facts over marks and
//! readings, of listings too, to a verdict. Both panic where an answer differs, and show how.

mod answer;
mod case;
mod convert;
mod facts;
mod shop;
#[cfg(test)]
mod tests;

pub use case::{Case, SnapshotBuilder};
pub use facts::{
    ContactBuilder, OrderBuilder, ReturnBuilder, ViolationBuilder, When, at, contact, order, return_request, violation,
};
pub use shop::{Health, Shop};

use crate::guest::describe;
use crate::rules::Rules;

/// Checks the manifest of `R` as the host does before it admits rules.
#[track_caller]
pub fn check_manifest<R: Rules>() {
    let problems = andon_domain::admission::check(&convert::manifest(describe::<R>())).err().unwrap_or_default();
    let lines: Vec<_> = problems.iter().map(|p| format!("{}: {}", p.field, p.reason)).collect();
    assert!(lines.is_empty(), "the host would not admit these rules:\n{}", lines.join("\n"));
}
