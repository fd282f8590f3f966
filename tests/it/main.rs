//! Integration tests in one binary, so that they link once.
#![expect(clippy::unwrap_used, reason = "what is not there fails the test")]

mod access;
mod admission;
mod agenda;
mod architecture;
mod background;
mod backtest;
mod bad_input;
mod breaker;
mod bundled;
mod cli;
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
mod neighbours;
mod olist;
mod outbox;
mod plugin;
mod quotas;
mod reopening;
mod room;
mod routes;
mod sandbox;
mod session_parity;
mod sudden;
mod typescript;
