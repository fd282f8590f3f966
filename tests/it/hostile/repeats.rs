//! What a process looks like after a thousand of each: as before. And what a plugin is told when the machine, and not the plugin,
//! is at its end. All need a process of their own.

use andon::rules::compile::{CompileLimits, Compiler};
use andon::rules::{Blame, Engine, Gate, Judge, Limits, PluginFault};
use andon_tests::guests::hostile;
use andon_tests::questions::{NOW, order};
use tokio::runtime::Runtime;

use super::alone::{alone, memory};
use super::every::{self, Case};
use super::{DEAR, classify, evaluate, guest, refusals};

/// What misbehaves costs all that it may, so that a thousand of each take seconds only where that is little.
fn limits() -> Limits {
    let (fuel, fuel_per_item) = (100_000, 20_000);
    let (memory_bytes, answer_bytes, stack_bytes) = (1 << 20, 256 << 10, 64 << 10);
    Limits { fuel, fuel_per_item, memory_bytes, answer_bytes, stack_bytes, instances: 2, ..Limits::default() }
}

/// Does a round until whatever is kept for good is kept, and then so many `times`, after which memory is where it was.
fn leaves_memory_where_it_was(times: usize, mut round: impl FnMut()) {
    (0..(times / 10).max(20)).for_each(|_| round());
    let before = memory();
    (0..times).for_each(|_| round());
    let after = memory();
    // One store that was not dropped would hold four gigabytes of addresses.
    let [addresses, resident] = [after[0] - before[0], after[1] - before[1]];
    assert!(addresses < 1 << 30 && resident < 5 << 20, "grown by {addresses} bytes of addresses, {resident} of memory");
}

fn code<T>(answer: Result<T, PluginFault>) -> &'static str {
    answer.err().map_or("", |fault| fault.code())
}

/// What each guest comes to is what it should, a thousand times.
fn a_thousand_of(test: &str, cases: fn() -> Vec<Case>) {
    alone(module_path!(), test, &[], || {
        let engine = Engine::new(limits()).unwrap();
        let admitted = |(number, (guest, codes)): (usize, Case)| {
            let rules = engine.admit(&guest.component()).unwrap_or_else(|refusal| panic!("guest {number}: {refusal}"));
            (number, rules.configure(&[]).unwrap(), codes)
        };
        let judges: Vec<_> = cases().into_iter().enumerate().map(admitted).collect();
        leaves_memory_where_it_was(1_000, || {
            for (number, judge, codes) in &judges {
                assert_eq!([code(classify(judge)), code(evaluate(judge))], *codes, "guest {number}");
            }
        });
    });
}

#[test]
fn p22_p29_a_thousand_of_each_that_take_time() {
    a_thousand_of("p22_p29_a_thousand_of_each_that_take_time", every::of_time);
}

#[test]
fn p30_p34_a_thousand_of_each_that_take_memory() {
    a_thousand_of("p30_p34_a_thousand_of_each_that_take_memory", every::of_memory);
}

#[test]
fn p35_p42_a_thousand_of_each_that_answer_what_they_must_not() {
    a_thousand_of("p35_p42_a_thousand_of_each_that_answer_what_they_must_not", every::of_answers);
}

#[test]
fn p43_p47_a_thousand_of_each_that_fail_or_remember() {
    a_thousand_of("p43_p47_a_thousand_of_each_that_fail_or_remember", every::over_time);
}

/// Modes of the hostile rules.
const MODES: [&str; 29] = [
    "",
    "bad-badge",
    "bad-cause",
    "bad-counter",
    "bad-listing",
    "bad-standing",
    "backtrack",
    "copy",
    "eager",
    "eat-memory",
    "eat-memory-at-once",
    "facts",
    "few-answers",
    "flood",
    "foreign-listing",
    "huge-answer",
    "loop",
    "many-answers",
    "many-marks",
    "many-reasons",
    "moody",
    "not-utf8",
    "poison",
    "recurse",
    "remember",
    "revisit-never",
    "slow",
    "trap",
    "unexplained",
];

/// The same from a compiler's hands.
#[test]
fn p27_p43_a_thousand_of_each_that_a_compiler_made() {
    alone(module_path!(), "p27_p43_a_thousand_of_each_that_a_compiler_made", &[], || {
        let limits = Limits { fuel: 500_000, memory_bytes: 4 << 20, instances: 2, ..Limits::default() };
        let rules = Engine::new(limits).unwrap().admit(hostile()).unwrap();
        let judges = MODES.map(|mode| rules.configure(&[("mode".to_owned(), mode.to_owned())]).unwrap());
        let dear = order(1, DEAR);
        let ask = |judge: &Judge| [code(judge.classify(NOW, &[&dear])), code(evaluate(judge))];
        let first = judges.each_ref().map(ask);
        assert_eq!(first[0], ["", ""]);
        for (mode, codes) in MODES.iter().zip(first).filter(|(mode, _)| ["backtrack", "flood", "loop", "poison"].contains(mode)) {
            assert_eq!(codes[0], "E_FUEL", "{mode}");
        }
        leaves_memory_where_it_was(1_000, || {
            for (mode, (judge, codes)) in MODES.iter().zip(judges.iter().zip(first)) {
                assert_eq!(ask(judge), codes, "{mode}");
            }
        });
    });
}

#[test]
fn p1_p19_a_thousand_refusals() {
    alone(module_path!(), "p1_p19_a_thousand_refusals", &[], || {
        let engine = Engine::new(limits()).unwrap();
        let admit = |(code, component): &(&str, Vec<u8>)| assert_eq!(engine.admit(component).unwrap_err().code(), *code);
        let bytes = refusals::for_bytes();
        leaves_memory_where_it_was(1_000, || bytes.iter().for_each(admit));
        let components = refusals::for_code();
        let (runtime, compiler) = (Runtime::new().unwrap(), Compiler::here(CompileLimits::default()));
        let compile = |component: &Vec<u8>| runtime.block_on(compiler.compile(&engine, component)).unwrap();
        let compiled: Vec<_> = components.iter().map(|(code, component)| (code, component.len(), compile(component))).collect();
        leaves_memory_where_it_was(1_000, || {
            for (code, bytes, machine_code) in &compiled {
                let refusal = engine.introduce("sha256:", *bytes, machine_code, Gate::default()).unwrap_err();
                assert_eq!(refusal.code(), **code);
            }
        });
        // Compiling is a hundred times the rest.
        leaves_memory_where_it_was(50, || components.iter().for_each(admit));
        assert!(engine.admit(&guest().component()).is_ok());
    });
}

#[test]
fn a_machine_at_its_end_is_not_the_plugins_fault() {
    alone(module_path!(), "a_machine_at_its_end_is_not_the_plugins_fault", &["prlimit", "--as=12884901888"], || {
        let engine = Engine::new(Limits::default()).unwrap();
        let component = guest().component();
        let judge = engine.admit(&component).unwrap().configure(&[]).unwrap();
        // Addresses alone are taken, no memory; an instance needs four gigabytes of them.
        let taken: Vec<u8> = Vec::with_capacity(8 << 30);
        let fault = classify(&judge).unwrap_err();
        assert_eq!((fault.code(), fault.blame()), ("E_UNAVAILABLE", Blame::Host), "{fault}");
        let refusal = engine.admit(&component).unwrap_err();
        assert_eq!((refusal.code(), refusal.blame()), ("E_UNAVAILABLE", Blame::Host), "{refusal}");
        drop(taken);
        assert!(classify(&judge).is_ok());
    });
}
