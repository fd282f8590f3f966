//! P6 to P9, P13: more than a plugin needs is refused before it is compiled, and what is slow to compile too.

use andon_tests::guests::TextGuest;

use super::{guest, refused, text_refused, with_module};

/// Code that compiles, in a guest that behaves.
#[track_caller]
fn compiles(definitions: &str) {
    super::judge(&guest().with(definitions));
}

#[test]
fn p6_what_is_slow_to_compile_is_refused() {
    let nested = |open: &str, depth: usize| format!("(func {}{})", open.repeat(depth), "end ".repeat(depth));
    text_refused(&with_module(&nested("block ", 100_000)), "E_LIMIT_SIZE", "inside each other");
    text_refused(&with_module(&nested("loop ", 65)), "E_LIMIT_SIZE", "inside each other");
    text_refused(&with_module(&nested("i32.const 1 if ", 2_001)), "E_LIMIT_SIZE", "inside each other");
    text_refused(&with_module(&format!("(func (local {}))", "i64 ".repeat(5_001))), "E_LIMIT_SIZE", "locals");
    text_refused(&with_module(&format!("(func {})", "nop ".repeat(600_000))), "E_LIMIT_SIZE", "function of");
    text_refused(&with_module(&"(func)".repeat(100_000)), "E_LIMIT_SIZE", "functions");
}

#[test]
fn p6_large_code_within_the_limits_is_compiled() {
    compiles(&format!("(func (param i32) (block (br_table {} (local.get 0))))", "0 ".repeat(65_000)));
    compiles(&"(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))".repeat(10_000));
    compiles(&format!("(func (param i32) {}(br_table 0 63 (local.get 0)){})", "loop ".repeat(64), "end ".repeat(64)));
    compiles(&format!("(func {}{})", "block ".repeat(2_000), "end ".repeat(2_000)));
}

#[test]
fn p7_types_that_double_at_each_level() {
    let level = |below: u32| format!("(type $t{} (tuple $t{below} $t{below}))", below + 1);
    let levels: Vec<_> = (0..40).map(level).collect();
    text_refused(&format!("(component (type $t0 (tuple u8 u8)) {})", levels.concat()), "E_INVALID", "component");

    let level = |i: u32| {
        format!(
            "(type $t{i} (instance (export \"a\" (instance (type $t{b}))) (export \"b\" (instance (type $t{b})))))",
            b = i - 1
        )
    };
    let levels: Vec<_> = (1..64).map(level).collect();
    text_refused(&format!("(component (type $t0 (instance)) {})", levels.concat()), "E_INVALID", "component");
}

#[test]
fn p8_too_many_of_anything() {
    let many = |what: &str, count: usize| with_module(&what.repeat(count));
    text_refused(&many("(type (func))", 500_000), "E_LIMIT_SIZE", "types");
    text_refused(&many("(global i32 (i32.const 0))", 20_001), "E_LIMIT_SIZE", "globals");
    text_refused(&with_module(&format!("(memory 1) {}", r#"(data "x")"#.repeat(20_001))), "E_LIMIT_SIZE", "segments");
    text_refused(&with_module(&format!("(table 1 funcref) {}", "(elem func)".repeat(20_001))), "E_LIMIT_SIZE", "segments");
    text_refused(&many(r#"(import "a" "b" (func))"#, 1_001), "E_LIMIT_SIZE", "imports and exports");
    let exports: String = (0..1_001).map(|i| format!(r#"(export "e{i}" (func 0))"#)).collect();
    text_refused(&with_module(&format!("(func) {exports}")), "E_LIMIT_SIZE", "imports and exports");
    let imports: String = (0..1_001).map(|i| format!(r#"(import "i{i}" (func))"#)).collect();
    text_refused(&format!("(component {imports})"), "E_LIMIT_SIZE", "imports and exports");
    text_refused(&format!("(component {})", "(type u8)".repeat(20_001)), "E_LIMIT_SIZE", "types");
    text_refused(&format!("(component {})", r#"(@custom "c" "x")"#.repeat(201)), "E_LIMIT_SIZE", "custom sections");
    text_refused(&format!("(component {})", "(core module)".repeat(9)), "E_LIMIT_SIZE", "core modules");
    text_refused(&format!("(component {})", "(component)".repeat(4)), "E_LIMIT_SIZE", "nested");
}

#[test]
fn p8_long_names() {
    let name = "n".repeat(99_000);
    for module in [
        format!(r#"(func (export "{name}"))"#),
        format!(r#"(import "{name}" "a" (func))"#),
        format!(r#"(import "a" "{name}" (func))"#),
        format!(r#"(@custom "{name}" "")"#),
    ] {
        text_refused(&with_module(&module), "E_LIMIT_SIZE", "99000 bytes");
    }
    text_refused(&format!(r#"(component (import "{name}" (func)))"#), "E_LIMIT_SIZE", "99000 bytes");
    let exported = format!(r#"(component (component $c) (instance $i (instantiate $c)) (export "{name}" (instance $i)))"#);
    text_refused(&exported, "E_LIMIT_SIZE", "99000 bytes");
}

#[test]
fn p9_whatever_the_contract_does_not_need_is_off() {
    let modules = [
        "(memory i64 1)",
        "(table i64 1 funcref)",
        "(memory 1 1 shared)",
        "(func (param v128))",
        "(func (param externref))",
        "(func (param exnref))",
        "(func (param (ref func)))",
        "(func (result v128) v128.const i64x2 0 0)",
        "(func (param v128 v128 v128) (drop (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2))))",
        "(func (return_call 0))",
        "(tag)",
        "(func (try_table))",
        "(type (struct (field i32)))",
        "(type $f (func)) (type $c (cont $f))",
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        "(memory 1 (pagesize 1))",
        "(func (drop (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))))",
    ];
    for module in modules {
        text_refused(&with_module(module), "E_INVALID", "component");
    }
    let asynchronous = r#"(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (export "f") async (canon lift (core func $i "f"))))"#;
    text_refused(asynchronous, "E_INVALID", "component");
    for ty in ["future u8", "stream u8", "map string u8"] {
        text_refused(&format!("(component (type ({ty})))"), "E_INVALID", "component");
    }
    text_refused("(component (core func (canon thread.available_parallelism)))", "E_INVALID", "component");
    text_refused("(component (core func (canon task.cancel)))", "E_INVALID", "component");
}

#[test]
fn p9_no_more_instances_memories_and_tables_than_one_plugin_has() {
    text_refused(&with_module("(memory 1) (memory 1)"), "E_LIMIT_SIZE", "more than 1 memory");
    text_refused("(component (core module (memory 1)) (core module (memory 1)))", "E_LIMIT_SIZE", "more than 1 memory");
    text_refused(&with_module(&"(table 1 funcref)".repeat(5)), "E_LIMIT_SIZE", "more than 4 tables");
}

#[test]
fn p9_the_same_code_twice_by_whatever_name() {
    let module = "(core module $m (memory 1))";
    let of_m = "(core instance (instantiate $m))";
    for text in [
        format!("(component {module} {of_m} {of_m})"),
        // Within one component, and in one inside it.
        format!("(component $o {module} {of_m} (alias outer $o $m (core module $n)) (core instance (instantiate $n)))"),
        format!("(component $o {module} {of_m} (component $c (alias outer $o $m (core module $m)) {of_m}) (instance (instantiate $c)))"),
        format!(
            "(component $o {module} (component $c (alias outer $o $m (core module $m)) {of_m})
                (component $d (alias outer $o $m (core module $m)) {of_m}) (instance (instantiate $c)) (instance (instantiate $d)))"
        ),
        // A component that brings it along.
        format!("(component (component $c {module} {of_m}) (instance (instantiate $c)) (instance (instantiate $c)))"),
        format!(
            "(component $o (component $c {module} {of_m}) (instance (instantiate $c))
                (alias outer $o $c (component $d)) (instance (instantiate $d)))"
        ),
        // What is exported has another index from then on.
        format!(r#"(component {module} (export $n "n" (core module $m)) {of_m} (core instance (instantiate $n)))"#),
    ] {
        text_refused(&text, "E_LIMIT_SIZE", "instantiates the same code twice");
    }
    let handed_in = format!(
        r#"(component {module} {of_m} (component $c (import "m" (core module $m)) {of_m}) (instance (instantiate $c (with "m" (core module $m)))))"#
    );
    let taken_out = format!(
        r#"(component (component $c {module} (export "m" (core module $m))) (instance $i (instantiate $c))
            (alias export $i "m" (core module $m)) {of_m})"#
    );
    for text in [handed_in, taken_out] {
        text_refused(&text, "E_LIMIT_SIZE", "instantiates code that is handed in");
    }
    let nested =
        format!("(component $o {module} (component $c (alias outer $o $m (core module $m)) {of_m}) (instance (instantiate $c)))");
    text_refused(&nested, "E_WIT", "is not what it should be");
    text_refused("(component (core instance (instantiate 0)))", "E_INVALID", "component");
}

#[test]
fn p13_more_memory_or_table_than_allowed() {
    text_refused(&with_module("(memory 257)"), "E_LIMIT_SIZE", "257 pages");
    text_refused(&with_module("(memory 65536)"), "E_LIMIT_SIZE", "65536 pages");
    text_refused(&with_module("(table 10001 funcref)"), "E_LIMIT_SIZE", "10001 elements");
    text_refused(&with_module("(table 10000000 funcref)"), "E_LIMIT_SIZE", "10000000 elements");
    text_refused(&with_module("(table 4294967295 funcref)"), "E_LIMIT_SIZE", "4294967295 elements");
    refused(&guest_with(257), "E_LIMIT_SIZE", "257 pages");
}

fn guest_with(pages: u32) -> Vec<u8> {
    TextGuest::default().pages(pages).component()
}
