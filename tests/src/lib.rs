//! What integration tests stand on: a host and a database of its own for each test, on both backends, removed however the
//! test ends.
#![expect(clippy::unwrap_used, reason = "a fixture that fails must fail the test")]

mod app;
mod client;
mod database;
pub mod events;
pub mod guests;
pub mod made_up;
pub mod native;
mod picture;
mod postgres;
pub mod process;
pub mod questions;
pub mod receiver;
pub mod typings;

pub use app::{Aside, MARKET, TestApp, options};
pub use client::{Answer, Client, Door, Followed};
pub use database::{Backend, TestDatabase};
pub use picture::Picture;
