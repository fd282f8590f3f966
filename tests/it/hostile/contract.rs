//! P10 to P12, P16: nothing is imported, what is exported is the contract's to the letter, and what is declared makes sense.

use andon_tests::guests::{Contract, TextGuest};
use serde_json::{Value, json};

use super::{guest, refusal, refused, text_refused};

/// Whatever a plugin would call out to, it does not start: no clock, no chance, no log, not in a loop and not once.
#[test]
fn p10_p20_p29_p46_p47_imports_are_named_and_none_is_given() {
    let import = |name: &str, what: &str| format!(r#"(component (import "{name}" {what}))"#);
    let instance = r#"(instance (export "now" (func (result u64))))"#;
    for name in [
        "wasi:clocks/wall-clock@0.2.0",
        "wasi:clocks/monotonic-clock@0.3.0",
        "wasi:random/random@0.2.0",
        "wasi:filesystem/types@0.2.0",
        "wasi:sockets/tcp@0.2.0",
        "wasi:http/types@0.3.0",
        "wasi:cli/stdout@0.2.0",
        "wasi:logging/logging",
        "somebody:else/here@1.0.0",
        "andon:rules/facts@1.0.0",
    ] {
        text_refused(&import(name, instance), "E_IMPORT", name);
    }
    text_refused(&import("log", r#"(func (param "line" string))"#), "E_IMPORT", "log");
    text_refused(&import("store", r#"(instance (export "key" (type (sub resource))))"#), "E_IMPORT", "store");
    text_refused(&import("code", "(core module)"), "E_IMPORT", "code");
    text_refused(&import("part", "(component)"), "E_IMPORT", "part");
    let two = r#"(component (import "a" (func)) (import "b" (func)))"#;
    assert_eq!(refusal(&wat::parse_str(two).unwrap()).problems().len(), 2);
    let in_a_loop = r#"(component
        (import "log" (func $log))
        (core func $log' (canon lower (func $log)))
        (core module $m (import "" "log" (func $log)) (func $s (loop (call $log) (br 0))) (start $s))
        (core instance (instantiate $m (with "" (instance (export "log" (func $log')))))))"#;
    text_refused(in_a_loop, "E_IMPORT", "log");
}

#[test]
fn p11_another_version_of_the_contract() {
    let next = Contract::altered("package andon:rules@", "package andon:rules@9.9.9-");
    refused(&TextGuest::of(&next).component(), "E_WIT", "the component exports andon:rules/judge@9.9.9-");
    let other = Contract::altered("package andon:rules@", "package endon:rules@");
    refused(&TextGuest::of(&other).component(), "E_WIT", "the component exports endon:rules/judge@");
}

#[test]
fn p12_exports_missing_or_of_other_types() {
    text_refused("(component)", "E_WIT", "exports nothing");
    let renamed = Contract::altered("judge", "judged");
    refused(&TextGuest::of(&renamed).component(), "E_WIT", "the component exports andon:rules/judged@");
    for (from, to) in [
        ("describe: func() -> manifest;", "describe: func(when: instant) -> manifest;"),
        ("evaluate: func(", "evaluated: func("),
        ("record standing { code: string,", "record standing { code: list<u8>,"),
        ("enum level { excellent,", "enum level { superb,"),
        ("enum level { excellent, good,", "enum level { good, excellent,"),
        ("record rolling { days: u16,", "record rolling { days: u16, hours: u16,"),
        ("record rolling { days: u16,", "record rolling { days: s16,"),
        ("rating: u8,", "rating: option<u8>,"),
        ("buyers: u32,", "buyers: u64,"),
        ("    score: u16,", "    score: f32,"),
        ("facts(string),", "facts(string), nothing,"),
    ] {
        let contract = Contract::altered(from, to);
        let guest = TextGuest::of(&contract).declaring(|manifest| *manifest = json!({}));
        refused(&guest.component(), "E_WIT", "andon:rules/judge@");
    }
}

#[test]
fn p16_names_that_deceive() {
    let names = ["../x", "a\0", "a\u{202e}b", "Admin", "\u{430}dmin", "a b", "-a", "", &"a".repeat(10_000)];
    for name in names {
        let with = |list: &str, value: Value| guest().declaring(|manifest| manifest[list] = value).component();
        refused(&with("name", json!(name)), "E_MANIFEST", "name");
        refused(&with("marketplace", json!(name)), "E_MANIFEST", "marketplace");
        refused(&with("version", json!(format!("1.0.0-{name}_"))), "E_MANIFEST", "version");
        for list in ["exclusions", "causes", "reasons", "return-reasons", "contact-reasons", "policies", "badges"] {
            refused(&with(list, json!([name])), "E_MANIFEST", &format!("{list}[0]"));
        }
        for list in ["counters", "metrics", "standings"] {
            let renamed = guest().declaring(|manifest| manifest[list][0]["code"] = json!(name));
            refused(&renamed.component(), "E_MANIFEST", &format!("{list}[0]"));
        }
        refused(&with("settings", json!([{"key": name}])), "E_MANIFEST", "settings[0]");
    }
    let twice = guest().declaring(|manifest| manifest["causes"] = json!(["late", "late"]));
    refused(&twice.component(), "E_MANIFEST", "causes[1] late stands in this list already");
}

#[test]
fn declarations_have_a_size() {
    let many = guest().declaring(|manifest| manifest["causes"] = json!(vec!["late"; 5_000])).pages(32);
    refused(&many.component(), "E_MANIFEST", "causes has 5000 entries");
    assert_eq!(refusal(&many.component()).problems().len(), 100);
}
