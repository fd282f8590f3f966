//! From nothing to rules that a host takes: a new project outside this repository builds, is checked, passes its own tests, and
//! is measured.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{command, plugin, run};

/// Where this repository's own builds are kept: what a new project shares with them is compiled once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("target")
}

#[test]
fn a_new_project_in_rust_builds_and_passes_its_tests_at_once() {
    let place = tempfile::tempdir().unwrap();
    let next = plugin(place.path(), &["new", "fresh-market", "--lang", "rust"]).ok();
    assert!(next.contains("cd fresh-market\n"), "{next}");
    let project = place.path().join("fresh-market");
    std::os::unix::fs::symlink(target(), project.join("target")).unwrap();

    let tested = plugin(&project, &["test"]).ok();
    assert!(tested.ends_with("5 passed, 0 failed\n"), "{tested}");
    let about = plugin(&project, &["check", "--json"]).json();
    assert_eq!((&about["accepted"], &about["name"], &about["version"]), (&true.into(), &"fresh-market".into(), &"0.1.0".into()));
    let built = plugin(&project, &["build"]).ok();
    let component = std::fs::read(built.split(" (").next().unwrap()).unwrap();
    assert_eq!(about["bytes"].as_u64().unwrap(), component.len() as u64);

    let figures = plugin(&project, &["bench", "--json", "--millis", "1"]).json();
    let figures = figures.as_array().unwrap();
    let figure = |what: &str| figures.iter().find(|f| f["what"] == what).unwrap();
    assert_eq!(figure("component")["value"], serde_json::json!(component.len() as f64));
    for what in
        ["memory of an instance", "an order by itself", "a contact among many", "a violation by itself", "a merchant among many"]
    {
        let ratio = figure(what)["against"]["ratio"].as_f64().unwrap();
        assert!(ratio > 0.0 && ratio < 1.0, "{what}: {ratio}");
    }
    assert!(plugin(&project, &["bench", "--millis", "1"]).ok().contains("| component | "));

    // What the template says of itself must hold natively too.
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--offline", "--quiet"]).current_dir(&project).env("CARGO_TARGET_DIR", target().join("new-project"));
    let native = run(cargo);
    assert!(native.out.contains("2 passed"), "{}\n{}", native.out, native.err);
}

#[test]
fn a_rule_that_is_broken_is_found_by_its_own_cases() {
    let place = tempfile::tempdir().unwrap();
    plugin(place.path(), &["new", "broken-market"]).ok();
    let project = place.path().join("broken-market");
    std::os::unix::fs::symlink(target(), project.join("target")).unwrap();
    let source = project.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("less_than(0.10)", "less_than(0.09)")).unwrap();
    let ran = plugin(&project, &["test", "--filter", "eleven"]);
    assert_eq!(ran.failed(), "error: 1 of 1 cases failed");
    assert!(
        ran.out.contains(r#"-   "late-rate": {"value": 0.090909, "numerator": 1, "denominator": 11, "status": "at-risk"}"#),
        "{}",
        ran.out
    );
    // And one that does not compile is shown with what the compiler says.
    std::fs::write(&source, text.replace("deliver_by + self.grace", "deliver_by + self.patience")).unwrap();
    let ran = run(command(&project, &["build"]));
    assert!(ran.failed().contains("broken-market cannot be built") && ran.err.contains("no field `patience`"), "{}", ran.err);
}
