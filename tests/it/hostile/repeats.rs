//! What a process looks like after a thousand of each: as before. And what a plugin is told when the machine, and not the plugin,
//! is at its end. Both need a process of their own, so each test runs this binary again with nothing but itself.

use std::process::Command;
use std::sync::Arc;

use andon::rules::{Engine, Limits, Rules};
use andon_tests::guests::TextGuest;
use serde_json::json;

use super::{classify, evaluate, guest};

const ALONE: &str = "ANDON_TESTS_ALONE";

/// Does `work` in a process of its own, begun through the command `by`; `test` is the name of the calling test.
fn alone(test: &str, by: &[&str], work: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return work();
    }
    let own = std::env::current_exe().unwrap();
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let mut command = Command::new(by.first().map_or(own.as_os_str(), |program| program.as_ref()));
    command.args(by.iter().skip(1)).args(by.first().map(|_| &own)).args(["--exact", &name, "--nocapture"]).env(ALONE, "1");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Address space and memory of this process, in bytes.
fn memory() -> [i64; 2] {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let mut pages = pages.split(' ').map(|pages| pages.parse::<i64>().unwrap() * 4_096);
    [pages.next().unwrap(), pages.next().unwrap()]
}

/// Misbehaviour of each kind, ended early so that a thousand of each take seconds.
fn cases() -> Vec<TextGuest<'static>> {
    let greedy = "(drop (memory.grow (i32.const 12))) (memory.fill (i32.const 262144) (i32.const 1) (i32.const 786432))";
    let both = |code: &str| guest().doing("classify", code).doing("evaluate", code);
    let raw = |answer: serde_json::Value| guest().answering("classify", answer.clone()).answering("evaluate", answer).pages(16);
    vec![
        guest(),
        both("(loop (br 0))"),
        both("unreachable"),
        both(&format!("{greedy} unreachable")),
        both(greedy),
        both("(drop (memory.grow (i32.const 13)))"),
        both("(drop (table.grow (ref.null func) (i32.const 10000)))").with("(table 1 funcref)"),
        both("(call $deep)").with("(func $deep (call $deep))"),
        both("").allocating("(i32.const -8)"),
        both("").allocating("unreachable"),
        guest().doing_after("classify", "unreachable").doing_after("evaluate", "unreachable"),
        raw(json!({"ok": {"ptr": 0, "len": 1u64 << 31}})),
        raw(json!({"ok": {"ptr": 0, "len": 20_000}})),
        raw(json!({"ok": []})),
        raw(json!({"err": {"facts": vec![0xff; 1_000]}})),
        raw(json!({"err": {"facts": "x".repeat(200_000)}})),
        raw(json!({"tag": 9})),
        guest().answering("evaluate", json!({"ok": [{"standing": 9}]})),
    ]
}

fn ask(rules: &Arc<Rules>) -> [bool; 2] {
    let Ok(judge) = rules.configure(&[]) else { return [false, false] };
    [classify(&judge).is_ok(), evaluate(&judge).is_ok()]
}

#[test]
fn p32_p43_a_thousand_of_each_leave_memory_where_it_was() {
    alone("p32_p43_a_thousand_of_each_leave_memory_where_it_was", &[], || {
        let limits =
            Limits { fuel: 2_000_000, memory_bytes: 1 << 20, answer_bytes: 256 << 10, instances: 2, ..Limits::default() };
        let engine = Engine::new(limits).unwrap();
        let refused = [
            guest().with("(func $s unreachable) (start $s)").component(),
            guest().declaring(|manifest| manifest["name"] = json!("../x")).component(),
            guest().pages(17).component(),
        ];
        let rules: Vec<_> = cases().iter().map(|case| engine.admit(&case.component()).unwrap()).collect();
        let sound: Vec<_> = rules.iter().map(ask).collect();
        assert_eq!(
            sound.iter().filter(|sound| sound[0]).count(),
            3,
            "only the first, the greedy and the last answer what a fact means"
        );
        let round = |times: usize| {
            for _ in 0..times {
                assert!(rules.iter().map(ask).eq(sound.iter().copied()));
            }
            for component in &refused {
                (0..times).for_each(|_| assert!(engine.admit(component).is_err()));
            }
        };
        round(100);
        let before = memory();
        round(1_000);
        let after = memory();
        // One store that was not dropped would hold four gigabytes of addresses.
        let [addresses, resident] = [after[0] - before[0], after[1] - before[1]];
        assert!(addresses < 1 << 30 && resident < 5 << 20, "grown by {addresses} bytes of addresses, {resident} of memory");
    });
}

#[test]
fn a_machine_at_its_end_is_not_the_plugins_fault() {
    alone("a_machine_at_its_end_is_not_the_plugins_fault", &["prlimit", "--as=12884901888"], || {
        let engine = Engine::new(Limits::default()).unwrap();
        let component = guest().component();
        let judge = engine.admit(&component).unwrap().configure(&[]).unwrap();
        // Addresses alone are taken, no memory; an instance needs four gigabytes of them.
        let taken: Vec<u8> = Vec::with_capacity(8 << 30);
        let fault = classify(&judge).unwrap_err();
        assert_eq!((fault.code(), fault.blame()), ("E_UNAVAILABLE", andon::rules::Blame::Host), "{fault}");
        let refusal = engine.admit(&component).unwrap_err();
        assert_eq!((refusal.code(), refusal.blame()), ("E_UNAVAILABLE", andon::rules::Blame::Host), "{refusal}");
        drop(taken);
        assert!(classify(&judge).is_ok());
    });
}
