//! `andon plugin` as an author runs it: the binary in a process, a directory of its own, and what it prints.

mod backtested;
mod cases;
mod project;
mod refused;
mod served;
mod typescript;
mod watch;

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_andon-in-tests");

/// What a command did.
#[derive(Debug)]
struct Ran {
    succeeded: bool,
    out: String,
    err: String,
}

/// `andon plugin`, to be run in a directory. Nothing is fetched, and no host is known.
fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("plugin").args(arguments).current_dir(directory).env("CARGO_NET_OFFLINE", "true").stdin(Stdio::null());
    for name in ["ANDON_URL", "ANDON_TOKEN"] {
        command.env_remove(name);
    }
    command
}

fn run(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { succeeded: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
}

fn plugin(directory: &Path, arguments: &[&str]) -> Ran {
    run(command(directory, arguments))
}

impl Ran {
    /// What was printed by a command that succeeded.
    #[track_caller]
    fn ok(self) -> String {
        assert!(self.succeeded, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The error of a command that failed.
    #[track_caller]
    fn failed(&self) -> &str {
        assert!(!self.succeeded, "{}\n{}", self.out, self.err);
        self.err.trim()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
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
