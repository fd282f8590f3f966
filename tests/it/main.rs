//! Integration tests in one binary, so that they link once.
#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod access;
mod admission;
mod architecture;
mod backtest;
mod bad_input;
mod breaker;
mod compile;
mod contract;
mod crowd;
mod flow;
mod fuzz;
mod generations;
mod hostile;
mod interrupted;
mod lanes;
mod ledger;
mod migrations;
mod olist;
mod outbox;
mod plugin;
mod quotas;
mod room;
mod routes;
mod sandbox;
mod session_parity;
mod sudden;
mod typescript;
