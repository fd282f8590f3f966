//! `andon simulate`: the same bytes for the same seed, an event a line, and how far it is where somebody watches.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use andon_tests::process::Ran;
use serde_json::Value;

use super::{BINARY, andon, command};

const SMALL: [&str; 4] = ["simulate", "--merchants=3", "--orders=100", "--days=10"];

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let simulated = |more: &[&str]| andon(&[&SMALL, more].concat());
    let first = simulated(&[]).ok();
    let again = simulated(&["--seed=1"]);
    assert_eq!((&again.out, again.err.as_str()), (&first, ""), "where nobody watches, nothing is shown");
    assert_ne!(simulated(&["--seed=2"]).ok(), first);
    let events: Vec<Value> = first.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("andon.merchant.registered"), of("andon.order.placed")), (3, 100));
    assert!(events.iter().all(|event| event["specversion"] == "1.0" && event["time"].as_str() <= Some("2026-01-01T00:00:00Z")));
    assert_eq!(andon(&["simulate", "--days=0"]).failed(), "error: days must be from 1 to 3650");
}

#[test]
fn it_ends_quietly_when_its_reader_has_had_enough() {
    let mut child = command(&SMALL).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn on_a_terminal_it_says_how_far_it_is() {
    let simulated = format!("{BINARY} {} > /dev/null", SMALL.join(" "));
    let shown = Ran::to_its_end(Command::new("script").args(["-qec", &simulated, "/dev/null"])).ok();
    assert!(shown.contains(" events, "), "{shown:?}");
}
