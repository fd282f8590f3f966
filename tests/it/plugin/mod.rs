//! `andon plugin` as an author runs it: the binary in a process, a directory of its own, and what it prints.

mod backtested;
mod cases;
mod measured;
mod project;
mod refused;
mod served;
mod typescript;
mod watch;

use std::path::Path;
use std::process::{Command, Stdio};

use andon_tests::process::Ran;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

/// `andon plugin`, to be run in a directory. Nothing is fetched, and no host is known.
fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("plugin").args(arguments).current_dir(directory).env("CARGO_NET_OFFLINE", "true").stdin(Stdio::null());
    // A compiler in a test's binary is not as quick as a release's, nor is it alone.
    command.env("ANDON_COMPILE_SECONDS", "60").env("ANDON_COMPILE_WALL_SECONDS", "600");
    for name in ["ANDON_URL", "ANDON_TOKEN"] {
        command.env_remove(name);
    }
    command
}

fn run(mut command: Command) -> Ran {
    Ran::to_its_end(&mut command)
}

fn plugin(directory: &Path, arguments: &[&str]) -> Ran {
    run(command(directory, arguments))
}

/// A directory with amazon's rules as `rules.wasm` and the given cases.
fn bench(cases: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("rules.wasm"), andon_tests::guests::amazon()).unwrap();
    std::fs::create_dir(directory.path().join("cases")).unwrap();
    for (name, text) in cases {
        std::fs::write(directory.path().join("cases").join(name), text).unwrap();
    }
    directory
}
