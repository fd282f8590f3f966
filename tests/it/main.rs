//! Integration tests in one binary, so that they link once.

mod admission;
mod architecture;
mod flow;
mod migrations;
mod olist;
mod sandbox;
