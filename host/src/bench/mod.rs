//! `andon bench`: how fast the host is here, each figure beside what the machine can do without it, measured in the same run.

mod bare_postgres;
mod bare_sqlite;
mod client;
mod drive;
mod figures;
pub mod ingest;
pub mod load;
mod place;
mod record;
mod server;

pub use figures::{Figure, table};
