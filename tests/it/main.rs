//! Integration tests in one binary, so that they link once.

mod admission;
mod architecture;
mod bad_input;
mod flow;
mod interrupted;
mod lanes;
mod migrations;
mod olist;
mod routes;
mod sandbox;
mod session_parity;
