//! The contract, a file a version. Types of the contract never leave this folder: they become the domain's here, both ways.

pub(super) mod v0_1;
