//! One component of each case that is refused before anybody is judged by it, P1 to P19, for whoever tries them again and again.

use andon_tests::guests::{Contract, TextGuest};
use serde_json::json;

use super::{guest, with_module};

/// A component with the code of its refusal.
pub(super) type Sample = (&'static str, Vec<u8>);

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// What is refused for its bytes, of which nothing is compiled.
pub(super) fn for_bytes() -> Vec<Sample> {
    let sound = guest().component();
    let cut = sound[..sound.len() / 2].to_vec();
    let nested = format!("(func {}{})", "block ".repeat(10_000), "end ".repeat(10_000));
    let doubled: String = (0..40).map(|below| format!("(type $t{} (tuple $t{below} $t{below}))", below + 1)).collect();
    let named = format!(r#"(func (export "{}"))"#, "n".repeat(99_000));
    let clock = r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result u64))))))"#;
    let log = r#"(component (import "log" (func (param "line" string))))"#;
    let machine_code = wasmtime::Engine::default().precompile_component(&sound).unwrap();
    let deceiving =
        r#"(component (core module $m (import "\1b[31m<script>" "\e2\80\ae" (func))) (core instance (instantiate $m)))"#;
    vec![
        ("E_INVALID", Vec::new()),
        ("E_INVALID", b"<!doctype html>".to_vec()),
        ("E_INVALID", guest().module()),
        ("E_INVALID", b"\0asm\x0e\0\x01\0".to_vec()),
        ("E_INVALID", cut),
        ("E_INVALID", zstd::encode_all(&sound[..], 1).unwrap()),
        ("E_LIMIT_SIZE", text(&with_module(&nested))),
        ("E_LIMIT_SIZE", text(&with_module(&"(func)".repeat(100_000)))),
        ("E_INVALID", text(&format!("(component (type $t0 (tuple u8 u8)) {doubled})"))),
        ("E_LIMIT_SIZE", text(&with_module(&"(global i32 (i32.const 0))".repeat(20_001)))),
        ("E_LIMIT_SIZE", text(&with_module(&named))),
        ("E_INVALID", text(&with_module("(memory i64 1)"))),
        ("E_LIMIT_SIZE", text(&with_module("(memory 1) (memory 1)"))),
        ("E_IMPORT", text(clock)),
        ("E_IMPORT", text(log)),
        ("E_LIMIT_SIZE", guest().pages(257).component()),
        ("E_LIMIT_SIZE", text(&with_module("(table 4294967295 funcref)"))),
        ("E_INVALID", machine_code),
        ("E_INVALID", text(deceiving)),
    ]
}

/// What is refused for its exports, for what it declares, or for how it starts, when it has been compiled.
pub(super) fn for_code() -> Vec<Sample> {
    let next = Contract::altered("package andon:rules@", "package andon:rules@9.9.9-");
    let narrow = Contract::altered("rating: u8,", "rating: option<u8>,");
    let greedy = "(func $s (drop (memory.grow (i32.const 12))) unreachable) (start $s)";
    vec![
        ("E_WIT", TextGuest::of(&next).component()),
        ("E_WIT", text("(component)")),
        ("E_WIT", TextGuest::of(&narrow).declaring(|manifest| *manifest = json!({})).component()),
        ("E_MANIFEST", guest().declaring(|manifest| manifest["name"] = json!("../x")).component()),
        ("E_FUEL", guest().with("(func $s (loop (br 0))) (start $s)").component()),
        ("E_STACK", guest().with("(func $s (call $s)) (start $s)").component()),
        ("E_TRAP", guest().with(greedy).component()),
        ("E_MEMORY", guest().with("(func $s (drop (memory.grow (i32.const 253)))) (start $s)").component()),
    ]
}
