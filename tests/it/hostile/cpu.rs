//! P23, P24, P28: every call ends, by its fuel or by the clock. What is dear now and then is in `dear`, and calls out in `contract`.

use std::sync::Arc;
use std::time::Duration;

use andon::rules::{ConfigureError, Engine, Limits, PluginFault};

use super::{budget, busy, classify, engine, evaluate, fault, guest, judge, mode, refused};

const FOREVER: &str = "(loop (br 0))";

/// One on which fuel never runs out, so that the clock alone ends a call.
fn endless(wall: Duration) -> Arc<Engine> {
    Engine::new(Limits { fuel: u64::MAX / 2, wall, ..Limits::default() }).unwrap()
}

/// The time of a call that the clock ended. Waiting for the clock to be noticed is no time of the thread's, and a clock that itself
/// waits for a processor leaves the guest no more of it than others: ten times what it may take is far beyond either.
#[track_caller]
fn in_time(took: Duration, wall: Duration, what: &str) {
    let most = 10 * budget(&Limits { wall, ..Limits::default() });
    assert!(took <= most, "{what}: {took:?} of {most:?}");
}

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
fn p23_whatever_is_left_of_one_budget_the_other_ends_it() {
    let forever = guest().doing("classify", FOREVER);
    let fuelled = judge(&forever);
    let (answer, took) = busy(|| classify(&fuelled));
    fault(answer, "E_FUEL", "");
    assert!(took <= budget(&Limits::default()), "{took:?}");
    let wall = Duration::from_millis(50);
    let judge = endless(wall).admit(&forever.component()).unwrap().configure(&[]).unwrap();
    let (answer, took) = busy(|| classify(&judge));
    fault(answer, "E_DEADLINE", "");
    in_time(took, wall, "a loop");
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

fn long(code: &str) -> Vec<u8> {
    let definitions = format!(
        r#"(table $t 10000 funcref) (func $f) (elem $some func {}) (data $bytes "{}")"#,
        "$f ".repeat(9_000),
        "x".repeat(60_000)
    );
    guest().pages(200).with(&definitions).doing("classify", code).component()
}

fn over_and_over(instruction: &str) -> Vec<u8> {
    long(&format!("(loop {instruction} (br 0))"))
}

#[test]
fn p24_few_and_long_instructions_cost_what_they_take() {
    for instruction in LONG {
        let judge = engine().admit(&over_and_over(instruction)).unwrap().configure(&[]).unwrap();
        fault(classify(&judge), "E_FUEL", "");
    }
    fault(classify(&mode("copy")), "E_FUEL", "");
}

#[test]
fn p24_the_clock_stops_what_fuel_does_not() {
    let wall = Duration::from_millis(50);
    let engine = endless(wall);
    for instruction in [""].into_iter().chain(LONG) {
        let judge = engine.admit(&over_and_over(instruction)).unwrap().configure(&[]).unwrap();
        let (answer, took) = busy(|| classify(&judge));
        assert_eq!(answer, Err(PluginFault::Deadline), "{instruction}");
        in_time(took, wall, instruction);
    }
    assert!(engine.is_watched());
}

/// The clock is looked at between instructions, so that the longest of them is what a call may overrun by.
#[test]
fn p24_memory_bounds_what_one_instruction_takes() {
    let engine = endless(Limits::default().wall);
    for instruction in LONG {
        let judge = engine.admit(&long(instruction)).unwrap().configure(&[]).unwrap();
        let once = || {
            let (answer, took) = busy(|| classify(&judge));
            assert!(answer.is_ok(), "{instruction}: {answer:?}");
            took
        };
        // Milliseconds, the start of an instance included.
        let shortest = (0..5).map(|_| once()).min().unwrap();
        assert!(shortest < Duration::from_millis(100), "{instruction}: {shortest:?}");
    }
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
