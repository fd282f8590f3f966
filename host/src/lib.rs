//! The host, in the order of the flow: text becomes events, events become facts and tallies, tallies become verdicts, and
//! HTTP shows them. `app` alone puts the parts together.

pub mod app;
pub mod auth;
pub mod background;
pub mod backtest;
pub mod bench;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod config;
pub mod enforce;
pub mod events;
pub mod http;
pub mod import;
pub mod keys;
pub mod ledger;
pub mod markets;
pub mod options;
pub mod outbound;
pub mod page;
pub mod pipeline;
pub mod plugins;
pub mod registry;
pub mod rules;
pub mod setup;
pub mod shutdown;
pub mod simulate;
pub mod store;
pub mod sudden;
pub mod telemetry;
pub mod wording;
