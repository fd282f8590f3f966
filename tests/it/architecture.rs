//! The house rules that a compiler does not check: who may import whom, one wall clock, one maker of sandboxes, files that say
//! why they exist and stay short, and nothing in the repository that belongs to one machine.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a part of the code must never name, and why.
const NEVER: &[(&str, &[&str], &str)] = &[
    ("host/domain/src", &["tokio", "sea_orm", "wasmtime", "axum", "std::fs", "std::net", "std::env"], "the domain does no I/O"),
    ("host/src/http", &["wasmtime", "entity::", "crate::outbound"], "handlers speak domain types"),
    ("host/src/pipeline", &["axum", "wasmtime", "entity::", "crate::http"], "the flow knows neither wire nor tables"),
    ("host/src/rules", &["axum", "sea_orm", "crate::http", "crate::pipeline"], "rules judge, they reach nothing"),
    (
        "host/src/events",
        &["axum", "wasmtime", "sea_orm", "crate::http", "crate::store", "crate::pipeline"],
        "events are only read",
    ),
    ("host/src/auth", &["wasmtime", "sea_orm", "crate::store", "crate::pipeline"], "a caller is known by a token alone"),
    (
        "host/src/store",
        &["axum", "wasmtime", "crate::http", "crate::pipeline", "crate::rules", "crate::app"],
        "the store stands alone",
    ),
    (
        "host/src/outbound",
        &["axum", "wasmtime", "sea_orm", "crate::http", "crate::pipeline", "crate::rules", "Session"],
        "what leaves is only sent",
    ),
    ("sdk/src", &["tokio", "sea_orm", "wasmtime"], "rules are built without the host"),
    ("plugins", &["tokio", "sea_orm", "wasmtime"], "rules are built on the SDK alone"),
];

/// What only one file may name.
const ONLY: &[(&str, &[&str])] = &[
    ("host/src/clock.rs", &["SystemTime::now", "Utc::now", "Local::now", "now_v7", "new_v4"]),
    ("host/src/rules/sandbox.rs", &["Store::new(", "Store::<"]),
];

const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "host",
    "migrations",
    "plugins",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "sdk",
    "tests",
];

/// Made by building or running, never committed.
const MADE: &[&str] = &["target", "andon-data", "node_modules", ".git", "proptest-regressions"];

const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file of the repository with its path from the top and its text; those that are not text are left out.
fn files() -> Vec<(String, String)> {
    let (root, mut found, mut folders) = (root(), Vec::new(), vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap().map(Result::unwrap) {
            let path = entry.path();
            if MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

fn sources() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|(path, _)| Path::new(path).extension().is_some_and(|e| e == "rs"))
}

/// Lines that are code, with their numbers.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Whether `line` names `word`, and not a longer word that ends or begins with it.
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(i, _)| {
        let (before, after) = (line[..i].chars().next_back(), line[i + word.len()..].chars().next());
        !(before.is_some_and(part) || word.ends_with(part) && after.is_some_and(part))
    })
}

fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn imports_go_one_way() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (part, never, why) in NEVER.iter().filter(|(part, ..)| path.starts_with(part)) {
            for (number, line) in code(&text) {
                found.extend(
                    never.iter().filter(|w| names(line, w)).map(|w| format!("{path}:{number} names {w} ({part}: {why})")),
                );
            }
        }
    }
    none("imports against the grain", found);
}

#[test]
fn one_clock_and_one_maker_of_sandboxes() {
    let mut found = Vec::new();
    for (path, text) in sources().filter(|(path, _)| !path.starts_with("tests/")) {
        for (owner, words) in ONLY.iter().filter(|(owner, _)| *owner != path) {
            for (number, line) in code(&text) {
                found.extend(
                    words.iter().filter(|w| names(line, w)).map(|w| format!("{path}:{number} names {w}, which is for {owner}")),
                );
            }
        }
    }
    none("named outside its file", found);
}

#[test]
fn the_domain_depends_on_nothing_that_does_io() {
    let manifest = std::fs::read_to_string(root().join("host/domain/Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split('[').next().unwrap();
    let names: Vec<_> = dependencies.lines().filter_map(|l| l.split(['.', ' ', '=']).next()).filter(|n| !n.is_empty()).collect();
    let pure = ["chrono", "chrono-tz", "postcard", "semver", "serde", "sha2", "smol_str", "statrs", "thiserror", "uuid"];
    none("not known to be pure", names.into_iter().filter(|n| !pure.contains(n)).map(Into::into).collect());
}

#[test]
fn rules_are_built_without_the_host() {
    let manifests =
        files().into_iter().filter(|(p, _)| (p.starts_with("sdk/") || p.starts_with("plugins/")) && p.ends_with("Cargo.toml"));
    let hosts = ["andon.", "andon ", "andon=", "andon-migrations"];
    none(
        "depends on the host",
        manifests.filter(|(_, t)| t.lines().any(|l| hosts.iter().any(|h| l.starts_with(h)))).map(|f| f.0).collect(),
    );
}

#[test]
fn every_file_says_why_it_exists() {
    let silent = sources().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path);
    none("no `//!` on the first line", silent.collect());
}

#[test]
fn files_stay_short() {
    let long = sources().filter(|(_, text)| text.lines().count() > 400);
    none("above 400 lines", long.map(|(path, text)| format!("{path}: {}", text.lines().count())).collect());
}

#[test]
fn tests_neither_sleep_nor_skip() {
    let words =
        [concat!("thread::", "sleep"), concat!("time::", "sleep"), concat!("#[", "ignore"), concat!("#[should", "_panic")];
    let tests = sources().filter(|(path, _)| path.starts_with("tests/") || path.contains("/tests/"));
    let found = tests.flat_map(|(path, text)| {
        let bad = code(&text).filter(|(_, line)| words.iter().any(|w| line.contains(w)));
        bad.map(|(number, _)| format!("{path}:{number}")).collect::<Vec<_>>()
    });
    none("sleeps, ignores or expects to panic", found.collect());
}

#[test]
fn nothing_else_stands_at_the_top() {
    let names = root().read_dir().unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
    let strangers = names.filter(|n| !n.starts_with('.') && !TOP.contains(&n.as_str()) && !MADE.contains(&n.as_str()));
    none("at the top", strangers.collect());
}

#[test]
fn nothing_belongs_to_one_machine_or_registry() {
    // Written in two parts, so that this file does not find itself.
    let words = [
        concat!("/cra", "tes.io"),
        concat!("registry.np", "mjs"),
        concat!("files.python", "hosted"),
        concat!("py", "pi.org"),
        concat!("deb.deb", "ian"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
    ];
    let found = files().into_iter().filter(|(path, _)| path != "Cargo.lock").flat_map(|(path, text)| {
        let bad = text.lines().enumerate().filter(|(_, line)| words.iter().any(|w| line.contains(w)));
        bad.map(|(i, line)| format!("{path}:{}: {}", i + 1, line.trim())).collect::<Vec<_>>()
    });
    none("hosts of registries and paths of a machine", found.collect());
}

#[test]
fn licences_let_anyone_use_it() {
    let host = Command::new("rustc").args(["-vV"]).output().unwrap().stdout;
    let host = String::from_utf8(host).unwrap().lines().find_map(|l| l.strip_prefix("host: ").map(str::to_owned)).unwrap();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", &host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    // Only what is in the tree: `packages` lists optional dependencies that nobody asked for as well.
    let used: BTreeSet<&str> = metadata["resolve"]["nodes"].as_array().unwrap().iter().filter_map(|n| n["id"].as_str()).collect();
    let packages =
        metadata["packages"].as_array().unwrap().iter().filter(|p| p["id"].as_str().is_some_and(|id| used.contains(id)));
    let bad = packages.filter(|p| !p["license"].as_str().is_some_and(permissive));
    none("licences", bad.map(|p| format!("{}: {}", p["name"], p["license"])).collect());
}

/// Whether an SPDX expression (or the older form with slashes) can be satisfied by permissive licences alone.
fn permissive(expression: &str) -> bool {
    let all = |text: &str| text.split(" AND ").all(|part| LICENCES.contains(&part.trim()));
    let flat = expression.replace('/', " OR ");
    // Alternatives in brackets are reduced to their first, where that will do.
    let mut rest = flat.as_str();
    let mut reduced = String::new();
    while let Some((before, (inside, after))) = rest.split_once('(').and_then(|(b, r)| Some((b, r.split_once(')')?))) {
        reduced += before;
        reduced += if inside.split(" OR ").any(all) { "MIT" } else { inside };
        rest = after;
    }
    reduced += rest;
    reduced.split(" OR ").any(all)
}
