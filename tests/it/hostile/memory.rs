//! P30 to P34: memory and tables end where they are meant to, and a guest's allocator is believed in nothing.

use serde_json::json;

use andon_tests::guests::TextGuest;

use super::{classify, evaluate, fault, guest, judge, mode, refused};

#[test]
fn p30_memory_up_to_its_limit_and_beyond() {
    let grow = |pages: u32| judge(&guest().pages(4).doing("classify", &format!("(drop (memory.grow (i32.const {pages})))")));
    assert!(classify(&grow(252)).is_ok(), "256 pages are 16 MiB");
    fault(classify(&grow(253)), "E_MEMORY", "");
    fault(classify(&grow(65_000)), "E_MEMORY", "");
    fault(classify(&grow(u32::MAX)), "E_MEMORY", "");
    let bit_by_bit = guest().doing("evaluate", "(loop (drop (memory.grow (i32.const 1))) (br 0))");
    fault(evaluate(&judge(&bit_by_bit)), "E_MEMORY", "");
    for hungry in ["eat-memory", "eat-memory-at-once"] {
        fault(classify(&mode(hungry)), "E_MEMORY", "");
        fault(evaluate(&mode(hungry)), "E_MEMORY", "");
    }
}

#[test]
fn p31_tables_up_to_their_limit_and_beyond() {
    let grow = |elements: u32| {
        let grow = format!("(drop (table.grow (ref.null func) (i32.const {elements})))");
        judge(&guest().with("(table 1 funcref)").doing("classify", &grow))
    };
    assert!(classify(&grow(9_999)).is_ok());
    fault(classify(&grow(10_000)), "E_MEMORY", "");
    fault(classify(&grow(u32::MAX)), "E_FUEL", "");
    let many = format!("(table 10000 funcref) (func $f) (elem (i32.const 0) func {})", "$f ".repeat(100_000));
    refused(&guest().with(&many).component(), "E_TRAP", "describe");
    let unused = format!("(func $f) (elem func {})", "$f ".repeat(100_000));
    assert!(classify(&judge(&guest().with(&unused))).is_ok(), "a list that no table takes in");
}

#[test]
fn p32_every_page_touched() {
    let touch = "(memory.fill (i32.const 300000) (i32.const 255) (i32.const 9000000))";
    let judge = judge(&guest().pages(256).doing("classify", touch));
    assert!((0..200).all(|_| classify(&judge).is_ok()));
}

/// A guest whose allocator does this once there is something to allocate; settings, of which there are none, take no room.
pub(super) fn lying(code: &str) -> TextGuest<'static> {
    let settled = "(global.set $settled (i32.const 1)) (return (i32.const 131072))";
    guest()
        .with("(global $settled (mut i32) (i32.const 0))")
        .allocating(&format!("(if (i32.eqz (global.get $settled)) (then {settled})) {code}"))
}

#[test]
fn p33_an_allocator_that_lies() {
    for (lie, why) in [
        ("(i32.const 300000)", "beyond end of memory"),
        ("(i32.const 262136)", "beyond end of memory"),
        ("(i32.const -8)", "beyond end of memory"),
        ("(i32.const 100001)", "not aligned"),
    ] {
        fault(classify(&judge(&lying(lie))), "E_OUTPUT", why);
        fault(evaluate(&judge(&lying(lie))), "E_OUTPUT", why);
    }
    fault(classify(&judge(&lying("unreachable"))), "E_TRAP", "unreachable");
    // The beginning of memory, and the same place for everything: its own loss.
    for odd in ["(i32.const 0)", "(i32.const 131072)"] {
        assert_eq!(classify(&judge(&lying(odd))).unwrap().len(), 1);
    }
    let own_export = guest().with("(func $again (result i32) (call $c (i64.const 0) (i32.const 0) (i32.const 0)))");
    let own_export = own_export.with("(func $c (param i64 i32 i32) (result i32) (i32.const 131072))");
    let own_export = own_export.allocating("(call $again)");
    assert_eq!(classify(&judge(&own_export)).unwrap().len(), 1, "it may call itself, and nobody else");
}

#[test]
fn p34_an_allocator_that_never_ends() {
    let judge_of = |code: &str| judge(&lying(code));
    fault(classify(&judge_of("(loop (br 0)) unreachable")), "E_FUEL", "");
    fault(classify(&judge_of("(loop (drop (memory.grow (i32.const 1))) (br 0)) unreachable")), "E_MEMORY", "");
    let deep = lying("(call $deep)").with("(func $deep (result i32) (call $deep))");
    fault(evaluate(&judge(&deep)), "E_STACK", "");
    let settings = json!([{"key": "mode", "kind": "text", "default": "x"}]);
    let declared = guest().allocating("(loop (br 0)) unreachable").declaring(|manifest| {
        manifest["settings"] = settings;
        manifest["wording"].as_array_mut().unwrap().push(json!(["en", "mode", "Mode"]));
    });
    assert!(super::admitted(&declared).configure(&[]).is_err(), "settings are handed over through it too");
}
