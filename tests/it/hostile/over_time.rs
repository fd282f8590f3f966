//! P43, P45, P46 and P48: one call says little about the next, and nothing passes from one to another. What is remembered (P44) is
//! in `remembering`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use andon::rules::{Engine, Judge, Limits, Used, bench};
use andon_tests::guests::{amazon, hostile};
use andon_tests::questions::{NOW, orders};
use serde_json::json;

use super::{classify, engine, evaluate, fault, guest, judge, mode};

#[test]
fn p43_failing_always_at_times_or_when_memory_is_short() {
    fault(classify(&mode("trap")), "E_TRAP", "");
    fault(evaluate(&mode("trap")), "E_TRAP", "");
    let facts = orders(65);
    let facts: Vec<_> = facts.iter().collect();
    // A call takes 64: the second one of the same instance fails, and the first one's answers are lost with it.
    let second = guest()
        .with("(global $calls (mut i32) (i32.const 0))")
        .doing("classify", "(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable))");
    let second = judge(&second);
    fault(second.classify(NOW, &facts), "E_TRAP", "unreachable");
    assert_eq!(second.classify(NOW, &facts[..64]).unwrap().len(), 64, "asked for less, it answers");
    // It never gets to see that memory is short.
    let squeezed = guest().doing("classify", "(if (i32.eq (memory.grow (i32.const 253)) (i32.const -1)) (then unreachable))");
    fault(classify(&judge(&squeezed)), "E_MEMORY", "");
}

#[test]
fn p45_nothing_to_answer_differently_by() {
    // Each makes a NaN, of payloads and signs that differ between machines, and breaks down unless it is the one NaN.
    let nan = "(f64.div (f64.const 0) (f64.const 0))";
    let makers = [
        nan.to_owned(),
        "(f64.sqrt (f64.const -1))".to_owned(),
        "(f64.sub (f64.const inf) (f64.const inf))".to_owned(),
        "(f64.add (f64.const nan:0x123) (f64.const -nan:0x456))".to_owned(),
        "(f64.min (f64.const -nan:0x4) (f64.const 1))".to_owned(),
        "(f64.promote_f32 (f32.add (f32.const -nan:0x5) (f32.const 1)))".to_owned(),
        format!("(f64.nearest {nan})"),
    ];
    for maker in makers {
        let canonical = format!("(if (i64.ne (i64.reinterpret_f64 {maker}) (i64.const 0x7ff8000000000000)) (then unreachable))");
        assert!(classify(&judge(&guest().doing("classify", &canonical))).is_ok(), "{maker}");
    }
    // What was never written is zero, and so is what memory grows by.
    let fresh = "(local i64) (if (i64.ne (local.get $p0) (local.get $p0)) (then unreachable))
        (if (i64.ne (i64.load (i32.mul (memory.grow (i32.const 9)) (i32.const 65536))) (i64.const 0)) (then unreachable))";
    assert!(classify(&judge(&guest().doing("classify", fresh))).is_ok());
    let unequal = judge(&guest().answering("classify", json!({"ok": [{}]})));
    assert!((0..100).all(|_| classify(&unequal) == classify(&unequal)));
}

/// On another engine, after other questions, in a batch of another size: the same answers for the same fuel.
#[test]
fn p45_the_same_question_costs_the_same_fuel() {
    let fuel = || {
        let rules = Engine::new(Limits::default()).unwrap().admit(amazon()).unwrap();
        let judge = rules.configure(&[]).unwrap();
        let once = |batch| bench::classify(&judge, batch, Duration::ZERO).unwrap().fuel_per_item;
        [once(64), once(1), once(64)]
    };
    let first = fuel();
    assert_eq!(first[0], first[2]);
    assert_eq!(first, fuel());
}

/// How busy others are is nowhere to be read: not in an answer, and not in the fuel that it takes, by which whoever watches its own
/// figures might tell.
#[test]
fn p46_what_others_do_changes_neither_answers_nor_fuel() {
    let facts = orders(200);
    let facts: Vec<_> = facts.iter().collect();
    let (quiet, busy) = (mode(""), [mode("copy"), mode("eat-memory")]);
    let ask = || {
        let mut used = Used::default();
        (quiet.classify_measured(NOW, &facts, &mut used), used)
    };
    let alone = ask();
    assert!(alone.0.is_ok());
    let (over, begun) = (AtomicBool::new(false), AtomicBool::new(false));
    let keep_busy = |judge: &Judge| {
        while !over.load(Ordering::Acquire) {
            begun.store(true, Ordering::Release);
            assert!(classify(judge).is_err());
        }
    };
    thread::scope(|scope| {
        let keep_busy = &keep_busy;
        let others = busy.each_ref().map(|judge| scope.spawn(move || keep_busy(judge)));
        while !begun.load(Ordering::Acquire) {
            thread::yield_now();
        }
        let same = (0..50).all(|_| ask() == alone);
        over.store(true, Ordering::Release);
        for other in others {
            other.join().unwrap();
        }
        assert!(same);
    });
}

/// Whoever is being asked is asked to the end, whatever becomes of everything that led to it.
#[test]
fn p48_rules_put_away_while_they_answer() {
    let facts = orders(2_000);
    let facts: Vec<_> = facts.iter().collect();
    for _ in 0..5 {
        let engine = Engine::new(Limits::default()).unwrap();
        let rules = engine.admit(hostile()).unwrap();
        let judges: Vec<_> = ["", "", "trap"].map(|mode| rules.configure(&[("mode".into(), mode.into())]).unwrap()).into();
        thread::scope(|scope| {
            let asked: Vec<_> = judges
                .into_iter()
                .map(|judge| {
                    scope.spawn({
                        let facts = &facts;
                        move || judge.classify(NOW, facts)
                    })
                })
                .collect();
            drop((rules, engine));
            let answers: Vec<_> = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
            assert!(answers[0].as_ref().unwrap().len() == 2_000 && answers[0] == answers[1] && answers[2].is_err());
        });
    }
    assert!(engine().is_watched());
}
