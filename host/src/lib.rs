//! Skeleton.

pub mod auth;
pub mod clock;
pub mod config;
pub mod events;
pub mod keys;
pub mod shutdown;
pub mod telemetry;
