//! What integration tests stand on: databases of their own on both backends, removed however the tests end.
#![expect(clippy::unwrap_used, reason = "a fixture that fails must fail the test")]

mod database;
mod postgres;

pub use database::{Backend, TestDatabase};
