//! The contract, a file a version. Types of the contract never leave this folder: they become the domain's here, both ways.

pub(super) mod v1_0;

/// The exports that make a component rules, one for each version of the contract that is served; a released version stays.
pub const SERVED: &[&str] = &[v1_0::EXPORT];
