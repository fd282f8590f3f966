//! `andon plugin test --watch`: a change is noticed without anybody asking.

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use super::{bench, command};

const CASE: &str = r#"{"now": "2026-03-05T00:00:00Z", "verdict": {"standing": "healthy", "score": 200}}"#;

/// A command that watches, for as long as somebody holds it.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn begin(project: &Path) -> Self {
        let mut command = command(project, &["test", "rules.wasm", "--watch"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// What it prints until it waits again.
    fn round(&mut self) -> String {
        self.lines.by_ref().map(Result::unwrap).take_while(|line| !line.starts_with("Waiting")).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_changed_case_is_tested_again() {
    let place = bench(&[("good.json", CASE)]);
    let mut watching = Watching::begin(place.path());
    assert!(watching.round().contains("1 passed, 0 failed"));
    fs::write(place.path().join("cases/good.json"), CASE.replace("200", "201")).unwrap();
    assert!(watching.round().contains("0 passed, 1 failed"));
    fs::write(place.path().join("cases/second.json"), CASE).unwrap();
    assert!(watching.round().contains("1 passed, 1 failed"));
}

#[test]
fn a_directory_made_later_is_watched_too() {
    let (place, elsewhere) = (bench(&[("good.json", CASE)]), tempfile::tempdir().unwrap());
    let (cases, aside) = (place.path().join("cases"), elsewhere.path().join("cases"));
    fs::rename(&cases, &aside).unwrap();
    let mut watching = Watching::begin(place.path());
    assert!(!watching.round().contains("passed"));
    fs::rename(&aside, &cases).unwrap();
    assert!(watching.round().contains("1 passed, 0 failed"));
    fs::write(cases.join("second.json"), CASE).unwrap();
    assert!(watching.round().contains("2 passed, 0 failed"));
}
