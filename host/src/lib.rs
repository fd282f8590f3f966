//! Skeleton.

pub mod events;
pub mod keys;
