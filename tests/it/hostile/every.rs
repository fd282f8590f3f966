//! A guest of every case that runs at all, P22 to P47, so small and so soon at its end that a thousand of each take seconds; and what
//! each comes to when it is asked what a fact means, and where a merchant stands.

use andon_tests::guests::TextGuest;
use serde_json::{Value, json};

use super::guest;
use super::memory::lying;

/// A guest with the codes of its two faults; an empty one where it answers.
pub(super) type Case = (TextGuest<'static>, [&'static str; 2]);

const FOREVER: &str = "(loop (br 0))";

/// Takes all memory that is left, and writes to each page of it as a machine has them.
const GREEDY: &str = "
    (local $at i32)
    (drop (memory.grow (i32.const 12)))
    (local.set $at (i32.const 262144))
    (loop $l
        (i32.store (local.get $at) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (i32.const 4096)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 1048576))))";

/// Does the same whatever it is asked.
fn both(code: &str) -> TextGuest<'static> {
    guest().doing("classify", code).doing("evaluate", code)
}

/// Answers the same whatever it is asked.
fn says(answer: Value) -> TextGuest<'static> {
    guest().answering("classify", answer.clone()).answering("evaluate", answer).pages(16)
}

/// Does this over and over once it is asked what a fact means.
fn over_and_over(instruction: &str) -> TextGuest<'static> {
    let definitions = format!(
        r#"(table $t 10000 funcref) (func $f) (elem $some func {}) (data $bytes "{}")"#,
        "$f ".repeat(9_000),
        "x".repeat(60_000)
    );
    guest().doing("classify", &format!("(loop {instruction} (br 0))")).with(&definitions).pages(16)
}

fn fails(code: &'static str) -> impl Fn(TextGuest<'static>) -> Case {
    move |guest| (guest, [code; 2])
}

/// P22 to P29.
pub(super) fn of_time() -> Vec<Case> {
    let piece = "x".repeat(1_000);
    let pieces: String = (0..700).map(|i| format!(r#"(data (i32.const {}) "{piece}")"#, 300_000 + i * 1_024)).collect();
    let copy = "(func $s (memory.init $d (i32.const 300000) (i32.const 0) (i32.const 50000))) (start $s)";
    let copied = format!(r#"(data $d "{}") {copy}"#, "x".repeat(50_000));
    let nearly = "(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $i) (i32.const 14000))))";
    let each_other = "(type $v (func)) (table 2 funcref) (elem (i32.const 0) $a $b)
        (func $a (call_indirect (type $v) (i32.const 1))) (func $b (call_indirect (type $v) (i32.const 0)))";
    let set: String = (0..1_000).map(|i| format!("(local.set {i} (i64.load (i32.const {})))", 8 * i)).collect();
    let used: String = (0..1_000).map(|i| format!("(i64.store (i32.const {}) (local.get {i}))", 8 * i)).collect();
    let huge = format!("(func $h (local {}) {set} (call $h) {used})", "i64 ".repeat(1_000));
    let ends = [
        (guest().with(&pieces).pages(16), [""; 2]),
        (guest().with(&copied).pages(16), [""; 2]),
        (both(nearly), [""; 2]),
        // Cheap in one, dear in the other.
        (guest().doing("evaluate", FOREVER), ["", "E_FUEL"]),
        (both("(call $f)").with("(func $f (call $f))"), ["E_STACK"; 2]),
        (both("(call $a)").with(each_other), ["E_STACK"; 2]),
        (both("(call $h)").with(&huge), ["E_STACK"; 2]),
    ];
    let never_end = [both(FOREVER), guest().doing_after("classify", FOREVER).doing_after("evaluate", FOREVER)];
    // The last two take next to no fuel by themselves.
    let long = [
        "(memory.fill (i32.const 300000) (i32.const 1) (i32.const 70000))",
        "(memory.copy (i32.const 300000) (i32.const 300001) (i32.const 70000))",
        "(memory.init $bytes (i32.const 300000) (i32.const 0) (i32.const 60000))",
        "(table.fill $t (i32.const 0) (ref.null func) (i32.const 10000))",
        "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 9999))",
        "(table.init $t $some (i32.const 0) (i32.const 0) (i32.const 9000))",
        "(drop (memory.grow (i32.const 0))) (memory.fill (i32.const 300000) (i32.const 1) (i32.const 1000))",
        "(drop (table.grow $t (ref.null func) (i32.const 0))) (memory.fill (i32.const 300000) (i32.const 1) (i32.const 1000))",
    ];
    let long = long.map(|instruction| (over_and_over(instruction), ["E_FUEL", ""]));
    ends.into_iter().chain(never_end.map(fails("E_FUEL"))).chain(long).collect()
}

/// P30 to P34.
pub(super) fn of_memory() -> Vec<Case> {
    let bit_by_bit = "(loop (drop (memory.grow (i32.const 1))) (br 0))";
    let table = "(drop (table.grow (ref.null func) (i32.const 10000)))";
    let too_much = [
        both("(drop (memory.grow (i32.const 13)))"),
        both("(drop (memory.grow (i32.const -1)))"),
        both(bit_by_bit),
        both(table).with("(table 1 funcref)"),
        lying(&format!("{bit_by_bit} unreachable")),
    ];
    let lies = ["(i32.const 300000)", "(i32.const 262136)", "(i32.const -8)", "(i32.const 100001)"];
    let own_loss = ["(i32.const 0)", "(i32.const 131072)"].map(|place| (lying(place), [""; 2]));
    let rest = [
        (both(GREEDY), [""; 2]),
        (both(&format!("{GREEDY} unreachable")), ["E_TRAP"; 2]),
        (lying("unreachable"), ["E_TRAP"; 2]),
        (lying(&format!("{FOREVER} unreachable")), ["E_FUEL"; 2]),
        (lying("(call $deep)").with("(func $deep (result i32) (call $deep))"), ["E_STACK"; 2]),
    ];
    let lies = lies.map(|lie| (lying(lie), ["E_OUTPUT"; 2]));
    too_much.map(fails("E_MEMORY")).into_iter().chain(lies).chain(own_loss).chain(rest).collect()
}

/// P35 to P42.
pub(super) fn of_answers() -> Vec<Case> {
    let unread = [
        json!({"ok": {"ptr": 0, "len": 1u64 << 31}}),
        json!({"ok": {"ptr": 1_048_576, "len": 1}}),
        json!({"ok": {"ptr": 1_025, "len": 1}}),
        json!({"ok": {"ptr": 0, "len": 20_000}}),
        json!({"err": {"facts": {"ptr": 0, "len": 900_000}}}),
        json!({"err": {"facts": vec![0xff; 1_000]}}),
        json!({"tag": 9}),
        json!({"err": {"tag": 9}}),
        json!({"ok": []}),
        json!({"ok": [{}, {}]}),
        json!({"ok": [{"revisit": 1}]}),
    ];
    let marks = [json!([{"at": 0}]), json!([{"at": 1, "amount": i64::MIN}]), json!([{"counter": 9}]), json!(vec![json!({}); 65])];
    let marks = marks.map(|marks| guest().answering("classify", json!({"ok": [{"marks": marks}]})));
    let verdicts = [
        json!({"score": 1_001}),
        json!({"standing": 9}),
        json!({"reasons": vec![json!({}); 33]}),
        json!({"proposals": [{"action": "terminate"}]}),
        json!({"proposals": [{"action": {"tag": 99}}]}),
        json!({"proposals": [{"action": {"pull-listing": 8}, "reasons": [{}]}]}),
    ];
    let verdicts = verdicts.map(|verdict| guest().answering("evaluate", json!({"ok": [verdict]})));
    let words = guest().declaring(|manifest| manifest["wording"][0][2] = json!("<script>alert(1)</script>"));
    let both = unread.map(says).map(fails("E_OUTPUT")).into_iter();
    let one = marks.map(|guest| (guest, ["E_OUTPUT", ""])).into_iter();
    both.chain(one).chain(verdicts.map(|guest| (guest, ["", "E_OUTPUT"]))).chain([(words, [""; 2])]).collect()
}

/// P43 to P47.
pub(super) fn over_time() -> Vec<Case> {
    let fill = "(memory.fill (i32.const 131072) (i32.const 255) (i32.const 65536))";
    let keeps = format!("(global.set $kept (i64.const 7)) (table.set $t (i32.const 99) (ref.func $f)) {fill}");
    let kept = "(global $kept (mut i64) (i64.const 0)) (table $t 100 funcref) (func $f) (elem declare func $f)";
    let squeezed = "(if (i32.eq (memory.grow (i32.const 13)) (i32.const -1)) (then unreachable))";
    let nan = "(drop (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0))))";
    vec![
        (guest(), [""; 2]),
        (both("unreachable"), ["E_TRAP"; 2]),
        (guest().doing_after("classify", "unreachable").doing_after("evaluate", "unreachable"), ["E_TRAP"; 2]),
        (guest().doing("evaluate", "unreachable"), ["", "E_TRAP"]),
        (both(squeezed), ["E_MEMORY"; 2]),
        (both(&keeps).with(kept), [""; 2]),
        (both(nan), [""; 2]),
        (says(json!({"err": {"facts": "x\r\n\u{1b}[31m".repeat(20_000)}})), ["E_FACTS"; 2]),
    ]
}
