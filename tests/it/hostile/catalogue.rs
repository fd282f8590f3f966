//! That no case is missing, that every code is met by some test, and that all codes are documented.

use std::collections::BTreeSet;
use std::path::Path;

use andon::rules::CODES;

/// What stands in a folder's files, this one left out.
fn sources(folder: &Path) -> String {
    let own = Path::new(file!()).file_name();
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.file_name() != own);
    entries.map(|path| if path.is_dir() { sources(&path) } else { std::fs::read_to_string(path).unwrap() }).collect()
}

fn tests() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it")
}

#[test]
fn every_case_has_a_test() {
    let sources = sources(&tests().join("hostile"));
    let names = sources.split("fn ").filter_map(|rest| rest.split_once('(')).map(|(name, _)| name);
    let numbered = |name: &str| name.split('_').map_while(|part| part.strip_prefix('p')?.parse().ok()).collect::<Vec<u32>>();
    let found: BTreeSet<u32> = names.flat_map(numbered).collect();
    assert_eq!(found, (1..=48).collect());
}

#[test]
fn every_code_is_met() {
    let sources = sources(&tests());
    let unmet: Vec<_> = CODES.iter().map(|(code, _)| code).filter(|code| !sources.contains(**code)).collect();
    assert!(unmet.is_empty(), "{unmet:?}");
}

#[test]
fn every_code_is_documented() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk/README.md")).unwrap();
    let table: String = CODES.iter().map(|(code, meaning)| format!("| `{code}` | {meaning} |\n")).collect();
    assert!(guide.contains(&table), "sdk/README.md needs this table:\n{table}");
}
