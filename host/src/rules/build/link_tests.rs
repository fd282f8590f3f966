//! Modules go in as text, and what they are linked into comes out as text.

use super::link::{LinkError, link};

/// Two modules: the second sees the first's memory, a global of it, and a function from outside.
const TWO: &str = r#"(component
    (import "now" (func $now (result u32)))
    (core module $base
        (memory (export "memory") 1)
        (global (export "start") i32 (i32.const 8))
        (table (export "table") 4 funcref)
        (data (i32.const 8) "\2a")
        (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core module $rules
        (import "env" "memory" (memory 1))
        (import "env" "start" (global $start i32))
        (import "env" "table" (table 4 funcref))
        (import "env" "twice" (func $twice (param i32) (result i32)))
        (import "clock" "now" (func $now (result i32)))
        (global $next i32 (i32.add (global.get $start) (i32.const 1)))
        (data (i32.add (global.get $start) (i32.const 1)) "\07")
        (elem (i32.const 2) func $twice)
        (func (export "a:b/c#answer") (result i32)
            (i32.add
                (call_indirect (param i32) (result i32) (i32.load8_u (global.get $start)) (i32.const 2))
                (i32.load8_u (global.get $next))))
        (func (export "a:b/c#late") (result i32) (call $now))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
        (func (export "hidden")))
    (core instance $first (instantiate $base))
    (alias core export $first "twice" (core func $twice))
    (alias core export $first "memory" (core memory $memory))
    (alias core export $first "start" (core global $start))
    (alias core export $first "table" (core table $table))
    (core func $lowered (canon lower (func $now)))
    (core instance $env
        (export "twice" (func $twice)) (export "memory" (memory $memory))
        (export "start" (global $start)) (export "table" (table $table)))
    (core instance $clock (export "now" (func $lowered)))
    (core instance $rules (instantiate $rules (with "env" (instance $env)) (with "clock" (instance $clock)))))"#;

fn linked(component: &str) -> Result<Vec<u8>, LinkError> {
    link(&wat::parse_str(component).unwrap())
}

#[test]
fn modules_become_one_without_imports_and_what_was_outside_a_trap() {
    let expected = r#"(module
        (type (func (param i32) (result i32)))
        (type (func (param i32) (result i32)))
        (type (func (result i32)))
        (type (func (param i32 i32 i32 i32) (result i32)))
        (type (func))
        (func (type 0) (i32.mul (local.get 0) (i32.const 2)))
        (func (type 2)
            (i32.add
                (call_indirect (type 1) (i32.load8_u (global.get 0)) (i32.const 2))
                (i32.load8_u (global.get 1))))
        (func (type 2) (call 5))
        (func (type 3) (i32.const 0))
        (func (type 4))
        (func (type 2) unreachable)
        (table 4 funcref)
        (memory 1)
        (global i32 (i32.const 8))
        (global i32 (i32.add (i32.const 8) (i32.const 1)))
        (export "a:b/c#answer" (func 1))
        (export "a:b/c#late" (func 2))
        (export "cabi_realloc" (func 3))
        (export "memory" (memory 0))
        (elem (i32.const 2) func 0)
        (data (i32.const 8) "\2a")
        (data (i32.add (i32.const 8) (i32.const 1)) "\07"))"#;
    let printed = |module: &[u8]| wasmprinter::print_bytes(module).unwrap();
    assert_eq!(printed(&linked(TWO).unwrap()), printed(&wat::parse_str(expected).unwrap()));
}

#[test]
fn what_cannot_be_linked_is_named() {
    let refused = |component: &str| linked(component).unwrap_err().to_string();
    assert_eq!(refused("(module)"), "it has a core module");
    assert_eq!(refused("(component)"), "it has no exported function");
    assert_eq!(refused(&TWO.replace("(func (export \"hidden\"))", "(func $s) (start $s)")), "it has a start function");
    assert!(link(b"\0asm").unwrap_err().to_string().starts_with("it cannot be read"));
}
