//! The contract, a file a version. Types of the contract never leave this folder: they become the domain's here, both ways.

pub(super) mod v0_1;

/// The exports that make a component rules, one for each version of the contract that is served; a released version stays.
pub const SERVED: &[&str] = &[v0_1::EXPORT];
