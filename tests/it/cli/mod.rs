//! `andon` as it is typed: the binary in a process, and what it prints. `plugin` has tests of its own.

mod demo;
mod import;
mod migrate;
mod replay;
mod simulate;
mod token;

use std::process::Command;

use andon_tests::process::Ran;

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

/// `andon` with these words behind it.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env("CARGO_NET_OFFLINE", "true");
    command
}

fn andon(arguments: &[&str]) -> Ran {
    Ran::to_its_end(&mut command(arguments))
}
