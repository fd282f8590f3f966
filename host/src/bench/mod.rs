//! `andon bench`: how fast the host is here, each figure beside what the machine can do without it, measured in the same run.

pub mod asked;
pub mod backtest;
mod bare_postgres;
mod bare_sqlite;
mod client;
pub mod decide;
mod drive;
mod figures;
mod fill;
pub mod ingest;
pub mod load;
mod native;
mod place;
pub mod read;
mod record;
pub mod rules;
mod server;
pub mod start;
mod telling;
pub mod webhooks;

pub use figures::{Figure, Target, table};
pub(crate) use telling::telling;
