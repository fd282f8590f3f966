//! P23 to P29: every call ends, by its fuel or by the clock.

use std::time::Duration;

use andon::rules::{ConfigureError, Engine, Limits, PluginFault};
use andon_tests::guests::hostile_padded;
use andon_tests::questions::{NOW, fine, order, orders};
use serde_json::json;

use super::{classify, engine, evaluate, fault, guest, judge, mode, refused};

const FOREVER: &str = "(loop (br 0))";

#[test]
fn p23_loops_without_end() {
    refused(&guest().doing("describe", FOREVER).component(), "E_FUEL", "describe");
    let configured = super::admitted(&guest().doing("configure", FOREVER)).configure(&[]);
    assert!(matches!(configured, Err(ConfigureError::Fault(PluginFault::Fuel))));
    fault(classify(&judge(&guest().doing("classify", FOREVER))), "E_FUEL", "");
    fault(evaluate(&judge(&guest().doing("evaluate", FOREVER))), "E_FUEL", "");
    // Where a compiler would have made the loop.
    fault(classify(&mode("loop")), "E_FUEL", "");
    fault(evaluate(&mode("loop")), "E_FUEL", "");
}

#[test]
fn p23_after_the_answer() {
    refused(&guest().doing_after("describe", FOREVER).component(), "E_FUEL", "describe");
    fault(classify(&judge(&guest().doing_after("classify", FOREVER))), "E_FUEL", "");
    fault(evaluate(&judge(&guest().doing_after("evaluate", "unreachable"))), "E_TRAP", "unreachable");
    fault(evaluate(&judge(&guest().doing_after("evaluate", "(drop (memory.grow (i32.const 253)))"))), "E_MEMORY", "");
}

/// Each of few instructions that take long, over and over.
const LONG: [&str; 8] = [
    "(memory.fill (i32.const 300000) (i32.const 1) (i32.const 10000000))",
    "(memory.copy (i32.const 300000) (i32.const 300001) (i32.const 10000000))",
    "(memory.init $bytes (i32.const 300000) (i32.const 0) (i32.const 60000))",
    "(table.fill $t (i32.const 0) (ref.null func) (i32.const 10000))",
    "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9999))",
    "(table.init $t $some (i32.const 0) (i32.const 0) (i32.const 9000))",
    "(drop (memory.grow (i32.const 0)))",
    "(drop (table.grow $t (ref.null func) (i32.const 0)))",
];

fn long(instruction: &str) -> Vec<u8> {
    let definitions = format!(
        r#"(table $t 10000 funcref) (func $f) (elem $some func {}) (data $bytes "{}")"#,
        "$f ".repeat(9_000),
        "x".repeat(60_000)
    );
    guest().pages(200).with(&definitions).doing("classify", &format!("(loop {instruction} (br 0))")).component()
}

#[test]
fn p24_few_and_long_instructions_cost_what_they_take() {
    for instruction in LONG {
        let judge = engine().admit(&long(instruction)).unwrap().configure(&[]).unwrap();
        fault(classify(&judge), "E_FUEL", "");
    }
    fault(classify(&mode("copy")), "E_FUEL", "");
}

#[test]
fn p24_the_clock_stops_what_fuel_does_not() {
    let endless = Limits { fuel: u64::MAX / 2, wall: Duration::from_millis(50), ..Limits::default() };
    let engine = Engine::new(endless).unwrap();
    for instruction in [""].into_iter().chain(LONG) {
        let judge = engine.admit(&long(instruction)).unwrap().configure(&[]).unwrap();
        assert_eq!(classify(&judge), Err(PluginFault::Deadline), "{instruction}");
    }
    assert!(engine.is_watched());
}

#[test]
fn p25_nearly_all_of_the_budget_in_every_call() {
    // Ten million and fifty thousand are given for one order; a turn of the loop takes seven.
    let busy = "(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const {}))))";
    let turns = |turns: u32| judge(&guest().doing("classify", &busy.replace("{}", &turns.to_string())));
    let (facts, slow) = (orders(640), turns(1_250_000));
    let facts: Vec<_> = facts.iter().collect();
    assert_eq!(slow.classify(NOW, &facts).unwrap().len(), 640, "each call is within its budget");
    fault(classify(&turns(2_500_000)), "E_FUEL", "");
}

#[test]
fn p25_what_can_be_asked_about_with_what_is_left() {
    let (small, large) = (mode(""), engine().admit(&hostile_padded()).unwrap().configure(&[]).unwrap());
    let (facts, within) = (orders(300), 50_000_000);
    let facts: Vec<_> = facts.iter().collect();
    // Three calls of 64 and the start of their instance; eight, four, two and one, until the one at fault is found.
    assert_eq!((small.affordable(&facts, within), small.searchable(within)), (192, 8));
    // Not even the start is sure to leave anything for a call.
    assert_eq!((large.affordable(&facts, within), large.searchable(within)), (0, 1));
}

/// Whoever is asked in the same call loses the answer too; asked again without the one at fault, all others get theirs.
#[test]
fn p26_p27_data_that_is_dear_to_judge_costs_only_itself() {
    let poisoned = mode("poison");
    let (good, bad) = (orders(10), order(99, 1_313));
    let all: Vec<_> = good.iter().chain([&bad]).collect();
    fault(poisoned.classify(NOW, &all), "E_FUEL", "");
    assert_eq!(poisoned.classify(NOW, &all[..10]).unwrap().len(), 10);
    let mut ill = fine(poisoned.manifest());
    ill.readings[1].numerator = 1_313;
    fault(poisoned.evaluate(&[fine(poisoned.manifest()), ill]), "E_FUEL", "");
    assert_eq!(evaluate(&poisoned).unwrap().len(), 1);
}

#[test]
fn p28_recursion_and_huge_frames() {
    let itself = guest().with("(func $f (call $f))").doing("classify", "(call $f)");
    let each_other = guest()
        .with("(type $v (func)) (table 2 funcref) (elem (i32.const 0) $a $b)")
        .with("(func $a (call_indirect (type $v) (i32.const 1))) (func $b (call_indirect (type $v) (i32.const 0)))")
        .doing("classify", "(call $a)");
    // Every local is live across the call, so the frame holds them all.
    let set: String = (0..4_000).map(|i| format!("(local.set {i} (i64.load (i32.const {})))", 8 * i)).collect();
    let used: String = (0..4_000).map(|i| format!("(i64.store (i32.const {}) (local.get {i}))", 8 * i)).collect();
    let huge = format!("(func $h (local {}) {set} (call $h) {used})", "i64 ".repeat(4_000));
    let huge_frames = guest().with(&huge).doing("classify", "(call $h)");
    for deep in [itself, each_other, huge_frames] {
        fault(classify(&judge(&deep)), "E_STACK", "");
    }
    fault(classify(&mode("recurse")), "E_STACK", "");
    let at_start = guest().doing("evaluate", "(call $f (i32.const 0))").with("(func $f (param i32) (call $f (local.get 0)))");
    fault(evaluate(&judge(&at_start)), "E_STACK", "");
}

#[test]
fn p25_a_judge_is_not_held_up_by_its_own_faults() {
    let (bad, good) =
        (judge(&guest().doing("classify", "unreachable")), judge(&guest().answering("classify", json!({"ok": [{}]}))));
    for _ in 0..100 {
        fault(classify(&bad), "E_TRAP", "unreachable");
        assert_eq!(classify(&good).unwrap().len(), 1);
    }
}
