//! Which components are let in. Whatever is uploaded, the answer is a refusal with a code and a reason, and the process lives.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::path::Path;
use std::sync::{Arc, OnceLock};

use andon::rules::{Engine, Limits, Refusal};
use andon_tests::guests::{component, hostile, hostile_with};

fn engine() -> &'static Arc<Engine> {
    static ENGINE: OnceLock<Arc<Engine>> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Limits::default()).unwrap())
}

fn refusal(component: &[u8]) -> Refusal {
    match engine().admit(component) {
        Ok(_) => panic!("was admitted"),
        Err(refusal) => refusal,
    }
}

#[track_caller]
fn refused(component: &[u8], code: &str, reason: &str) {
    let refusal = refusal(component);
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(reason), "{refusal}");
}

#[track_caller]
fn text_refused(text: &str, code: &str, reason: &str) {
    refused(&wat::parse_str(text).unwrap(), code, reason);
}

/// A component with the contract's exports by name, of the wrong types, around some core module.
fn wrong_types(module: &str) -> String {
    let names = ["describe", "configure", "classify", "evaluate"];
    let exports = names.map(|name| format!(r#"(export "{name}" (func $f))"#)).concat();
    format!(
        r#"(component
            (core module $m {module} (func (export "f")))
            (core instance $i (instantiate $m))
            (func $f (canon lift (core func $i "f")))
            (instance $judge {exports})
            (export "andon:rules/judge@0.1.0" (instance $judge)))"#
    )
}

fn with_module(module: &str) -> String {
    format!("(component (core module {module}))")
}

#[test]
fn a_sound_component_is_admitted_and_described() {
    let rules = engine().admit(hostile()).unwrap();
    assert_eq!((rules.manifest().name.as_str(), rules.manifest().metrics.len()), ("hostile", 2));
    assert!(rules.digest().starts_with("sha256:") && rules.digest().len() == 71);
}

#[test]
fn every_bundled_set_of_rules_is_admitted() {
    let plugins = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("plugins");
    let crates =
        plugins.read_dir().unwrap().map(|entry| entry.unwrap()).filter(|entry| entry.path().join("Cargo.toml").is_file());
    for name in crates.map(|entry| entry.file_name().into_string().unwrap()) {
        match engine().admit(&component(&format!("andon-{name}"))) {
            Ok(rules) => assert_eq!(rules.manifest().name, name),
            Err(refusal) => panic!("the rules of {name} are refused: {refusal}"),
        }
    }
}

#[test]
fn what_is_no_component() {
    let png = b"\x89PNG\r\n\x1a\n----";
    for bytes in [&b""[..], b"a", b"(component)", b"<!doctype html>", b"\x1f\x8b\x08\0\0\0\0\0", b"\x7fELF\x02\x01\x01\0", png] {
        refused(bytes, "E_INVALID", "is ");
    }
    refused(b"\0asm\x01\0\0\0", "E_INVALID", "is a core module");
    refused(b"\0asm\x0e\0\x01\0", "E_INVALID", "unknown layer");
    refused(b"\0asm\x0d\0\x01\0\xff\xff", "E_INVALID", "component");
    refused(&vec![0; (4 << 20) + 1], "E_LIMIT_SIZE", "4194305 bytes");
}

#[test]
fn imports_are_named_and_none_is_given() {
    let import = |name: &str, what: &str| format!(r#"(component (import "{name}" {what}))"#);
    let instance = r#"(instance (export "now" (func (result u64))))"#;
    for name in ["wasi:clocks/wall-clock@0.2.0", "wasi:random/random@0.2.0", "wasi:http/types@0.3.0", "andon:rules/facts@0.1.0"] {
        text_refused(&import(name, instance), "E_IMPORT", name);
    }
    text_refused(&import("log", r#"(func (param "line" string))"#), "E_IMPORT", "log");
    text_refused(&import("store", r#"(instance (export "key" (type (sub resource))))"#), "E_IMPORT", "store");
    let two = r#"(component (import "a" (func)) (import "b" (func)))"#;
    assert_eq!(refusal(&wat::parse_str(two).unwrap()).problems().len(), 2);
}

#[test]
fn exports_must_be_the_contracts() {
    text_refused("(component)", "E_WIT", "exports nothing");
    let other_version = wrong_types("").replace("@0.1.0", "@0.2.0");
    text_refused(&other_version, "E_WIT", "andon:rules/judge@0.2.0");
    text_refused(&wrong_types(""), "E_WIT", "andon:rules/judge@0.1.0");
    let one_missing = wrong_types("").replace(r#"(export "classify" (func $f))"#, "");
    text_refused(&one_missing, "E_WIT", "classify");
}

#[test]
fn whatever_the_contract_does_not_need_is_off() {
    let modules = [
        "(memory i64 1)",
        "(memory 1 1 shared)",
        "(func (param v128))",
        "(func (param externref))",
        "(func (result v128) v128.const i64x2 0 0)",
        "(func (param v128 v128 v128) (drop (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2))))",
        "(func (return_call 0))",
        "(tag)",
        "(type (struct (field i32)))",
        "(type $f (func)) (type $c (cont $f))",
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        "(memory 1 (pagesize 1))",
    ];
    for module in modules {
        text_refused(&with_module(module), "E_INVALID", "component");
    }
    let asynchronous = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (export "f") async (canon lift (core func $i "f"))))"#;
    text_refused(asynchronous, "E_INVALID", "component");
    text_refused("(component (type (future u8)))", "E_INVALID", "component");
}

#[test]
fn more_than_a_plugin_needs_is_refused_before_it_is_compiled() {
    let many = |what: &str, count: usize| with_module(&what.repeat(count));
    text_refused(&with_module("(memory 257)"), "E_LIMIT_SIZE", "257 pages");
    text_refused(&with_module("(memory 65536)"), "E_LIMIT_SIZE", "65536 pages");
    text_refused(&with_module("(memory 1) (memory 1)"), "E_LIMIT_SIZE", "more than 1 memory");
    text_refused("(component (core module (memory 1)) (core module (memory 1)))", "E_LIMIT_SIZE", "more than 1 memory");
    text_refused(&with_module("(table 10000000 funcref)"), "E_LIMIT_SIZE", "10000000 elements");
    text_refused(&many("(func)", 20_001), "E_LIMIT_SIZE", "functions");
    text_refused(&many("(type (func))", 20_001), "E_LIMIT_SIZE", "types");
    text_refused(&many("(global i32 (i32.const 0))", 20_001), "E_LIMIT_SIZE", "globals");
    text_refused(&with_module(&format!("(memory 1) {}", r#"(data "x")"#.repeat(20_001))), "E_LIMIT_SIZE", "segments");
    text_refused(&many(r#"(import "a" "b" (func))"#, 1_001), "E_LIMIT_SIZE", "imports and exports");
    text_refused(&format!("(component {})", r#"(@custom "c" "x")"#.repeat(201)), "E_LIMIT_SIZE", "custom sections");
    text_refused(&format!("(component {})", "(core module)".repeat(9)), "E_LIMIT_SIZE", "core modules");
    text_refused(&format!("(component {})", "(component)".repeat(4)), "E_LIMIT_SIZE", "nested");
    text_refused(&with_module(&format!("(func (local {}))", "i64 ".repeat(5_001))), "E_LIMIT_SIZE", "locals");
    text_refused(&with_module(&format!("(func {})", "nop ".repeat(600_000))), "E_LIMIT_SIZE", "function of");
    text_refused(&with_module(&format!(r#"(func (export "{}"))"#, "n".repeat(99_000))), "E_LIMIT_SIZE", "99000 bytes");
    text_refused(&format!(r#"(component (import "{}" (func)))"#, "n".repeat(99_000)), "E_LIMIT_SIZE", "99000 bytes");
}

#[test]
fn types_that_double_at_each_level_are_refused() {
    let level = |below: u32| format!("(type $t{} (tuple $t{below} $t{below}))", below + 1);
    let levels: Vec<_> = (0..40).map(level).collect();
    text_refused(&format!("(component (type $t0 (tuple u8 u8)) {})", levels.concat()), "E_INVALID", "component");
}

#[test]
fn what_is_slow_to_compile_is_refused() {
    let nested = |open: &str, depth: usize| format!("(func {}{})", open.repeat(depth), "end ".repeat(depth));
    text_refused(&with_module(&nested("block ", 100_000)), "E_LIMIT_SIZE", "inside each other");
    text_refused(&with_module(&nested("loop ", 65)), "E_LIMIT_SIZE", "inside each other");
    text_refused(&with_module(&nested("i32.const 1 if ", 2_001)), "E_LIMIT_SIZE", "inside each other");
    let table = format!("(func (param i32) (block (br_table {} (local.get 0))))", "0 ".repeat(100_000));
    let functions = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))".repeat(5_000);
    let loops = format!("(func (param i32) {}(br_table 0 63 (local.get 0)){})", "loop ".repeat(64), "end ".repeat(64));
    for module in [table, functions, loops] {
        let refusal = refusal(&wat::parse_str(wrong_types(&module)).unwrap());
        assert!(["E_WIT", "E_COMPILE"].contains(&refusal.code()), "{refusal}");
    }
}

#[test]
fn instantiation_has_a_budget() {
    text_refused(&wrong_types("(func $s (loop (br 0))) (start $s)"), "E_FUEL", "describe");
    text_refused(&wrong_types("(func $s unreachable) (start $s)"), "E_TRAP", "unreachable");
    text_refused(&wrong_types("(func $s (call $s)) (start $s)"), "E_STACK", "describe");
    let hungry = "(memory 1) (func $s (drop (memory.grow (i32.const 256)))) (start $s)";
    text_refused(&wrong_types(hungry), "E_MEMORY", "describe");
    let tables = "(table 1 funcref) (func $s (drop (table.grow (ref.null func) (i32.const 10000)))) (start $s)";
    text_refused(&wrong_types(tables), "E_MEMORY", "describe");
}

#[test]
fn describing_itself_has_a_budget() {
    refused(&hostile_with("describe:quietly", "describe:forever"), "E_FUEL", "describe");
    refused(&hostile_with("describe:quietly", "describe:falling"), "E_TRAP", "describe");
    refused(&hostile_with("describe:quietly", "describe:hungry!"), "E_MEMORY", "describe");
    refused(&hostile_with("describe:quietly", "describe:at-once"), "E_OUTPUT", "describe");
}

#[test]
fn a_manifest_that_makes_no_sense_is_refused_by_its_fields() {
    refused(&hostile_with("bungled-rate", "bungled_rate"), "E_MANIFEST", "metrics[0] must be lower-case");
    refused(&hostile_with("bungled", "ordered"), "E_MANIFEST", "counters[1] ordered stands in this list already");
    refused(&hostile_with("carriers-fault", "carriers-fa\u{202e}"), "E_MANIFEST", "exclusions[0]");
}

#[test]
fn cut_anywhere_it_is_refused() {
    let bytes = hostile();
    for length in (0..bytes.len()).step_by(211).chain(bytes.len() - 40..bytes.len()) {
        // Cut between two sections, what is left may be a component that exports nothing.
        let refusal = refusal(&bytes[..length]);
        assert!(["E_INVALID", "E_WIT"].contains(&refusal.code()), "{length}: {refusal}");
    }
}

#[test]
fn a_byte_changed_anywhere_is_survived() {
    let component = wat::parse_str(wrong_types("(memory 1) (data (i32.const 0) \"abc\")")).unwrap();
    for place in 0..component.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut changed = component.clone();
            changed[place] ^= flip;
            assert!(refusal(&changed).code().starts_with("E_"));
        }
    }
    let bytes = hostile();
    for place in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut changed = bytes.to_vec();
        changed[place] ^= 0xff;
        // Some bytes are the plugin's own data, and change nothing that matters.
        if let Err(refusal) = engine().admit(&changed) {
            assert!(refusal.code().starts_with("E_"));
        }
    }
}
