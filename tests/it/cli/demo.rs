//! `andon demo`, from nothing to requests that are answered, and again over what it left behind.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use andon_tests::process::{Connection, Ran};
use serde_json::Value;

use super::{BINARY, andon, command};

/// The command for a small demonstration in a home.
fn small<'a>(home: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    [&["demo", "--merchants=4", "--orders=160", "--days=40", "--home", home.to_str().unwrap()], more].concat()
}

/// A demonstration that serves, for as long as somebody holds it.
struct Demo {
    child: Child,
    /// Everything it printed until it said how it is ended.
    said: String,
}

impl Demo {
    #[track_caller]
    fn begin(home: &Path, more: &[&str]) -> Self {
        Self::of(command(&small(home, more)))
    }

    #[track_caller]
    fn of(mut command: Command) -> Self {
        command.env("ANDON_LISTEN", "127.0.0.1:0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut demo = Self { child: command.spawn().unwrap(), said: String::new() };
        let lines = BufReader::new(demo.child.stdout.take().unwrap()).lines().map(Result::unwrap);
        for line in lines {
            if line.starts_with("Ctrl-C") {
                return demo;
            }
            demo.said += &(line + "\n");
        }
        let errors = demo.errors();
        panic!("it ended by itself:\n{}{errors}", demo.said);
    }

    fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        errors
    }

    /// Ends it as Ctrl-C does, and gives what it said on standard error.
    fn end(mut self) -> String {
        // The shell has a `kill` of its own; the program is not on every machine.
        assert!(Command::new("sh").args(["-c", &format!("kill -INT {}", self.child.id())]).status().unwrap().success());
        let errors = self.errors();
        assert!(self.child.wait().unwrap().success(), "{errors}");
        errors
    }

    fn address(&self) -> &str {
        self.said.split_once("listens on http://").unwrap().1.split(',').next().unwrap()
    }

    fn token(&self, role: &str) -> &str {
        self.said.lines().find_map(|line| line.strip_prefix("export ")?.strip_prefix(role)?.strip_prefix('=')).unwrap()
    }

    fn get(&self, role: &str, path: &str) -> (u16, Value) {
        Connection::open(self.address(), self.token(role)).unwrap().get(path).unwrap()
    }

    /// Roles and paths of the requests it gives to try.
    fn requests(&self) -> Vec<(&str, &str)> {
        let curls = self.said.lines().filter_map(|line| line.strip_prefix("curl -sH \"Authorization: Bearer $"));
        let requests = curls.map(|curl| curl.split_once("\" ").unwrap());
        requests.map(|(role, url)| (role, url.trim_matches('\'').split_once(self.address()).unwrap().1)).collect()
    }

    /// What everybody's merchants look like: reference, orders, and the verdict in force on the largest.
    fn merchants(&self) -> (Vec<(String, i64)>, Value) {
        let (status, list) = self.get("OPERATOR", "/v1/marketplaces/demo/merchants?sort=orders&order=desc");
        assert_eq!(status, 200, "{list}");
        let merchant = |m: &Value| (m["ref"].as_str().unwrap().to_owned(), m["orders"].as_i64().unwrap());
        let all: Vec<_> = list["items"].as_array().unwrap().iter().map(merchant).collect();
        let (_, health) = self.get("OPERATOR", &format!("/v1/marketplaces/demo/merchants/{}/health", all[0].0));
        (all, health["verdict"].clone())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn from_nothing_to_requests_that_are_answered_and_the_same_again() {
    let home = tempfile::tempdir().unwrap();
    let demo = Demo::begin(home.path(), &[]);
    assert!(demo.said.contains("4 merchants judged. "), "{}", demo.said);
    for role in ["OPERATOR", "INGEST", "AUTHOR", "REVIEWER", "AGENT", "MERCHANT"] {
        let (status, answer) = demo.get(role, "/v1/marketplaces/demo/merchants");
        assert!([200, 403].contains(&status), "{role}: {status} {answer}");
    }
    let requests = demo.requests();
    assert_eq!(requests.len(), 4, "{}", demo.said);
    let answers: Vec<Value> = requests
        .iter()
        .map(|(role, path)| {
            let (status, answer) = demo.get(role, path);
            assert_eq!(status, 200, "{path}: {answer}");
            answer
        })
        .collect();
    assert!(answers[1]["metrics"].as_array().is_some_and(|metrics| !metrics.is_empty()), "{}", answers[1]);
    assert!([0, 2, 3].iter().all(|i| answers[*i]["items"].is_array()), "{answers:?}");
    let first = demo.merchants();
    assert_eq!(first.0.iter().map(|(_, orders)| orders).sum::<i64>(), 160);
    demo.end();

    let demo = Demo::begin(home.path(), &[]);
    assert_eq!(demo.merchants(), first, "the same data, and the very same verdict");
    assert!(!demo.end().contains("beginning anew"));

    let demo = Demo::begin(home.path(), &["--seed=2"]);
    assert_ne!(demo.merchants().0, first.0);
    let in_use = andon(&small(home.path(), &["--seed=3"]));
    assert!(in_use.failed().contains("is using this database"), "{}", in_use.err);
    assert!(demo.end().contains("beginning anew: the last demonstration was another one"));
    let refused = andon(&["demo", "--days=0", "--home", home.path().to_str().unwrap()]);
    assert!(refused.failed().contains("days must be from 1 to 3650"), "{}", refused.err);
}

#[test]
fn away_from_a_checkout_a_complete_home_is_enough() {
    let (home, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // The rules are looked for from where the binary lies, too. It is copied by a process of its own, since what this one holds open
    // for writing, others that it starts meanwhile would hold as well, and it could not be run.
    let binary = away.path().join("andon");
    assert!(Command::new("cp").arg(BINARY).arg(&binary).status().unwrap().success());
    let outside = |home: &Path, more: &[&str]| {
        let mut command = Command::new(&binary);
        command.args(small(home, more)).current_dir(away.path());
        command
    };
    let lacking = Ran::to_its_end(&mut outside(home.path(), &[]));
    assert!(lacking.failed().contains("the rules amazon are not installed, nor here to be built"), "{}", lacking.err);
    let demo = Demo::begin(home.path(), &[]);
    let first = demo.merchants();
    demo.end();
    let other = Ran::to_its_end(&mut outside(home.path(), &["--seed=2"]));
    assert!(
        other.failed().contains("the last demonstration was another one, and what its rules are built of is not here"),
        "{}",
        other.err
    );
    // However old it is: there is no other.
    let is_note = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("lived-"));
    let mut files = fs::read_dir(home.path().join("demo")).unwrap().map(|entry| entry.unwrap().path());
    let note = files.find(is_note).unwrap();
    let mut finished: Value = serde_json::from_slice(&fs::read(&note).unwrap()).unwrap();
    finished["end"] = 1.into();
    fs::write(&note, finished.to_string()).unwrap();
    let demo = Demo::of(outside(home.path(), &[]));
    assert_eq!(demo.merchants(), first);
    demo.end();
}

/// Begins a demonstration that dies when its first events are in.
fn interrupted(home: &Path, more: &[&str]) -> Ran {
    Ran::to_its_end(command(&small(home, more)).env("ANDON_DIE_AT", "lane::after-commit:1"))
}

#[test]
fn one_that_was_interrupted_begins_anew() {
    let home = tempfile::tempdir().unwrap();
    assert!(!interrupted(home.path(), &[]).succeeded);
    let demo = Demo::begin(home.path(), &[]);
    let (merchants, _) = demo.merchants();
    assert_eq!((merchants.len(), merchants.iter().map(|(_, orders)| orders).sum::<i64>()), (4, 160));
    assert!(demo.end().contains("beginning anew: the last demonstration was not set up to its end"));
}

#[test]
fn a_database_that_was_named_is_never_emptied() {
    let home = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", home.path().join("named.db").display());
    assert!(!interrupted(home.path(), &["--database-url", &url]).succeeded);
    let refused = andon(&small(home.path(), &["--database-url", &url]));
    assert!(refused.failed().contains("a database that is named is never emptied"), "{}", refused.err);
}
