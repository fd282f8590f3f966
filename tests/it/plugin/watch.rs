//! `andon plugin test --watch`: a change is noticed without anybody asking.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{bench, command};

const CASE: &str = r#"{"now": "2026-03-05T00:00:00Z", "verdict": {"standing": "healthy", "score": 200}}"#;

#[test]
fn a_changed_case_is_tested_again() {
    let place = bench(&[("good.json", CASE)]);
    let mut command = command(place.path(), &["test", "rules.wasm", "--watch"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut round = || lines.by_ref().take_while(|line| !line.starts_with("Waiting")).collect::<Vec<_>>().join("\n");
    assert!(round().contains("1 passed, 0 failed"));
    std::fs::write(place.path().join("cases/good.json"), CASE.replace("200", "201")).unwrap();
    assert!(round().contains("0 passed, 1 failed"));
    std::fs::write(place.path().join("cases/second.json"), CASE).unwrap();
    assert!(round().contains("1 passed, 1 failed"));
    child.kill().unwrap();
    child.wait().unwrap();
}
