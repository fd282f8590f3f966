//! The same for rules in TypeScript: a new project outside this repository, what its author is told of mistakes, and the cases of
//! the rules that come in that language.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use andon_tests::guests;

use super::{command, plugin, run};

const TOOLS: &str = "sdk/typescript/node_modules";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A new project with these tools, as `tools` or as this repository has them for its own rules.
fn project(place: &Path, name: &str, tools: Option<&Path>) -> PathBuf {
    let next = plugin(place, &["new", name, "--lang", "typescript"]).ok();
    assert!(next.contains(&format!("cd {name}\n")), "{next}");
    let project = place.join(name);
    let tools = tools.map_or_else(
        || {
            guests::zappos();
            root().join(TOOLS)
        },
        Path::to_owned,
    );
    symlink(tools, tools_of(&project)).unwrap();
    project
}

fn tools_of(project: &Path) -> PathBuf {
    project.join("vendor/andon-sdk/typescript/node_modules")
}

/// Changes the rules of a new project.
fn rewrite(project: &Path, from: &str, to: &str) {
    let source = project.join("src/rules.ts");
    let text = std::fs::read_to_string(&source).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(&source, text.replace(from, to)).unwrap();
}

#[test]
fn a_new_project_in_typescript_builds_and_passes_its_tests_at_once() {
    let place = tempfile::tempdir().unwrap();
    plugin(place.path(), &["new", "fresh-market", "--lang", "typescript"]).ok();
    let first = place.path().join("fresh-market");
    let tested = plugin(&first, &["test"]).ok();
    assert!(tested.ends_with("5 passed, 0 failed\n"), "{tested}");
    let about = plugin(&first, &["check", "--json"]).json();
    assert_eq!((&about["accepted"], &about["name"], &about["version"]), (&true.into(), &"fresh-market".into(), &"0.1.0".into()));
    let figures = plugin(&first, &["bench", "--json", "--millis", "1"]).json();
    for figure in figures.as_array().unwrap().iter().filter(|figure| figure["unit"] != "µs" && figure["unit"] != "ms") {
        let ratio = figure["against"]["ratio"].as_f64().unwrap();
        assert!(ratio > 0.0 && ratio < 1.0, "{figure}");
    }

    // The same sources make the same bytes, elsewhere and later too.
    let built = |project: &Path| {
        let said = plugin(project, &["build"]).ok();
        std::fs::read(said.split(" (").next().unwrap()).unwrap()
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let second = project(elsewhere.path(), "fresh-market", Some(&tools_of(&first)));
    assert!(built(&first) == built(&second), "two builds of the same sources differ");
    assert_eq!(about["bytes"].as_u64().unwrap(), built(&first).len() as u64);
}

#[test]
fn what_is_wrong_with_sources_is_said_with_file_and_line() {
    let place = tempfile::tempdir().unwrap();
    let project = project(place.path(), "broken-market", None);
    rewrite(&project, "lessThan(0.1, 0.05)", "lessThan(0.09, 0.05)");
    let ran = plugin(&project, &["test", "--filter", "eleven"]);
    assert_eq!(ran.failed(), "error: 1 of 1 cases failed");
    assert!(ran.out.contains(r#"-   "late-rate": {"value": 0.090909,"#), "{}", ran.out);

    rewrite(&project, "new Verdict(codes.good, 1000)", "new Verdict(codes.good, \"1000\")");
    let said = plugin(&project, &["build"]).failed().to_owned();
    let begins = "error: broken-market cannot be built: its sources make no component:\nsrc/rules.ts(";
    assert!(said.starts_with(begins) && said.ends_with("is not assignable to parameter of type 'number'."), "{said}");
    rewrite(&project, "\"1000\"", "1000");

    rewrite(&project, "export const judge", "export const judges");
    assert!(plugin(&project, &["build"]).failed().ends_with("src/rules.ts exports no `judge`, by which a host finds the rules"));
    rewrite(&project, "export const judges", "export const judge");

    rewrite(&project, "words(\"Late rate\", \"迟到率\")", "words(\"Late rate\", String(Math.random()))");
    assert!(plugin(&project, &["build"]).failed().contains("rules have no chance; the moment to judge by is an argument"));
}

#[test]
fn a_changed_source_is_tested_again() {
    let place = tempfile::tempdir().unwrap();
    let project = project(place.path(), "watched-market", None);
    let mut command = command(&project, &["test", "--watch", "--filter", "eleven"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut round = || lines.by_ref().take_while(|line| !line.starts_with("Waiting")).collect::<Vec<_>>().join("\n");
    assert!(round().contains("1 passed, 0 failed"));
    rewrite(&project, "lessThan(0.1, 0.05)", "lessThan(0.09, 0.05)");
    assert!(round().contains("0 passed, 1 failed"));
    rewrite(&project, "lessThan(0.09, 0.05)", "lessThan(0.1, 0.05)");
    assert!(round().contains("1 passed, 0 failed"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn tools_that_are_missing_are_named_with_what_to_install() {
    let place = tempfile::tempdir().unwrap();
    plugin(place.path(), &["new", "bare-market", "--lang", "typescript"]).ok();
    // A machine without Node.js, and a package manager that has none either.
    let bin = place.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("apt-get"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(bin.join("apt-get"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut build = command(&place.path().join("bare-market"), &["build"]);
    build.env("PATH", &bin);
    let said = run(build);
    assert!(
        said.failed().ends_with("no Node.js from version 18 on with npm: install them, or as root `apt-get install nodejs npm`")
    );
}

#[test]
fn zappos_passes_its_cases() {
    let tested = plugin(root(), &["test", "plugins/zappos"]).ok();
    assert!(tested.ends_with(" passed, 0 failed\n"), "{tested}");
}
