//! What was released of the contract stays as it was released, and is served for good.

use std::path::Path;

use andon::rules::SERVED;
use sha2::{Digest, Sha256};

/// Every released version with the SHA-256 of its text, `sdk/wit/released/VERSION.wit`. A release adds a line; no line ever changes.
const RELEASED: &[(&str, &str)] = &[("1.0.0", "1e7c9eaed0f1c2e7bc8732f78754dfc6b25e8dd760df839dc1771a5888895728")];

/// What the repository holds of the contract.
struct Contract<'a> {
    /// File name and text of everything among the released versions.
    files: Vec<(String, String)>,
    /// The contract that is worked on.
    draft: String,
    /// The exports that the host serves.
    served: &'a [&'a str],
}

impl Contract<'_> {
    fn of_repository() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("sdk/wit");
        let files = folder.join("released").read_dir().into_iter().flatten().map(Result::unwrap);
        let file =
            |entry: std::fs::DirEntry| (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap());
        let draft = std::fs::read_to_string(folder.join("rules.wit")).unwrap();
        Self { files: files.map(file).collect(), draft, served: SERVED }
    }

    /// Everything that breaks the promise to authors.
    fn broken(&self, released: &[(&str, &str)]) -> Vec<String> {
        let mut broken = Vec::new();
        for (version, hash) in released {
            let name = format!("{version}.wit");
            match self.files.iter().find(|(file, _)| *file == name) {
                None => broken.push(format!("{name} is gone")),
                Some((_, text)) if sha256(text) != *hash => broken.push(format!("{name} has changed: {}", sha256(text))),
                Some((_, text)) if declares(&self.draft, version) && self.draft != *text => {
                    broken.push(format!("rules.wit still calls itself {version}, which is released; give it the next version"));
                }
                Some(_) => {}
            }
            let export = format!("andon:rules/judge@{version}");
            if !self.served.contains(&export.as_str()) {
                broken.push(format!("the host does not serve {export}"));
            }
        }
        let known = |file: &str| released.iter().any(|(version, _)| format!("{version}.wit") == file);
        broken.extend(
            self.files
                .iter()
                .filter(|(file, _)| !known(file))
                .map(|(file, text)| format!("{file} is not listed: {}", sha256(text))),
        );
        broken
    }
}

fn declares(text: &str, version: &str) -> bool {
    text.lines().any(|line| line.trim() == format!("package andon:rules@{version};"))
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn released_versions_never_change_and_are_served() {
    assert_eq!(Contract::of_repository().broken(RELEASED), Vec::<String>::new());
}

#[test]
fn the_contract_that_is_worked_on_is_served() {
    let draft = Contract::of_repository().draft;
    assert!(SERVED.iter().any(|export| declares(&draft, export.rsplit('@').next().unwrap())), "{SERVED:?}");
}

#[test]
fn each_way_to_break_the_promise_is_noticed() {
    let text = "package andon:rules@1.0.0;\n";
    let hash = sha256(text);
    let released: &[(&str, &str)] = &[("1.0.0", &hash)];
    let served: &[&str] = &["andon:rules/judge@1.0.0"];
    let sound = || Contract { files: vec![("1.0.0.wit".into(), text.into())], draft: text.into(), served };
    assert_eq!(sound().broken(released), Vec::<String>::new());
    let next = text.replace("1.0.0", "1.1.0") + "interface more {}\n";
    assert_eq!(Contract { draft: next, ..sound() }.broken(released), Vec::<String>::new());
    let broken = [
        (Contract { files: vec![], ..sound() }, "1.0.0.wit is gone"),
        (
            Contract { files: vec![("1.0.0.wit".into(), text.to_owned() + "\n")], draft: String::new(), ..sound() },
            "1.0.0.wit has changed",
        ),
        (Contract { draft: text.to_owned() + "// better\n", ..sound() }, "rules.wit still calls itself 1.0.0"),
        (Contract { served: &["andon:rules/judge@1.1.0"], ..sound() }, "the host does not serve andon:rules/judge@1.0.0"),
        (
            Contract { files: vec![("1.0.0.wit".into(), text.into()), ("1.1.0.wit".into(), "x".into())], ..sound() },
            "1.1.0.wit is not listed",
        ),
    ];
    for (contract, complaint) in broken {
        let found = contract.broken(released);
        assert!(found.len() == 1 && found[0].starts_with(complaint), "{found:?}");
    }
}
