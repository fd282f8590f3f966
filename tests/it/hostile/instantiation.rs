//! P18 to P22: starting an instance is a call like any other, and no more live at once than were meant to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use andon::rules::{Engine, Limits, Used};
use andon_tests::questions::{NOW, order};

use super::{busy, classify, engine, guest, judge, refused};

#[test]
fn p18_a_start_that_never_ends() {
    refused(&guest().with("(func $s (loop (br 0))) (start $s)").component(), "E_FUEL", "describe");
    refused(&guest().with("(func $s (call $s)) (start $s)").component(), "E_STACK", "describe");
    let engine = Engine::new(Limits { fuel: u64::MAX / 2, ..Limits::default() }).unwrap();
    let refusal = engine.admit(&guest().with("(func $s (loop (br 0))) (start $s)").component()).unwrap_err();
    assert_eq!(refusal.code(), "E_DEADLINE");
}

#[test]
fn p19_a_start_that_takes_all_memory_and_traps() {
    let greedy = guest().with("(func $s (drop (memory.grow (i32.const 252))) unreachable) (start $s)").component();
    // More often than instances may live, so one that was not given back would stop this.
    for _ in 0..100 {
        refused(&greedy, "E_TRAP", "unreachable");
    }
    let too_greedy = guest().with("(func $s (drop (memory.grow (i32.const 253))) unreachable) (start $s)").component();
    refused(&too_greedy, "E_MEMORY", "describe");
    let tables = "(table 1 funcref) (func $s (drop (table.grow 0 (ref.null func) (i32.const 10000)))) (start $s)";
    refused(&guest().with(tables).component(), "E_MEMORY", "describe");
    refused(&guest().with(r#"(data (i32.const 262143) "ab")"#).component(), "E_TRAP", "describe");
}

#[test]
fn p21_ten_thousand_at_once() {
    let engine = Engine::new(Limits { instances: 2, ..Limits::default() }).unwrap();
    let judge = engine.admit(&guest().component()).unwrap().configure(&[]).unwrap();
    let (question, answered) = (order(1, 1), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                for _ in 0..100 {
                    assert_eq!(judge.classify(NOW, &[&question]).unwrap().len(), 1);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(answered.into_inner(), 10_000);
}

/// While questions to one plugin sit on instances, those to another are answered.
#[test]
fn p21_p25_one_plugin_leaves_room_for_others() {
    let limits = Limits { instances: 3, fuel: u64::MAX / 2, wall: Duration::from_secs(3), ..Limits::default() };
    let engine = Engine::new(limits).unwrap();
    let slow = engine.admit(&guest().doing("classify", "(loop (br 0))").component()).unwrap().configure(&[]).unwrap();
    let quick = engine.admit(&guest().component()).unwrap().configure(&[]).unwrap();
    let question = order(1, 1);
    thread::scope(|scope| {
        let sitting: Vec<_> = (0..2).map(|_| scope.spawn(|| slow.classify(NOW, &[&question]))).collect();
        let others = (0..4).map(|_| scope.spawn(|| (0..50).all(|_| quick.classify(NOW, &[&question]).is_ok())));
        assert!(others.collect::<Vec<_>>().into_iter().all(|other| other.join().unwrap()));
        assert!(sitting.iter().all(|one| !one.is_finished()), "the others were only answered when the first had ended");
        assert!(sitting.into_iter().all(|one| one.join().unwrap().is_err()));
    });
}

#[test]
fn p22_a_megabyte_of_data_to_copy() {
    let piece = "x".repeat(1_000);
    let pieces: String = (0..1_000).map(|i| format!(r#"(data (i32.const {}) "{piece}")"#, 300_000 + i * 1_024)).collect();
    let heavy = guest().pages(32).with(&pieces);
    let judge = judge(&heavy);
    // Neither fuel nor the clock sees what is copied before anything runs, so it must be a small part of what a call may take.
    let once = || {
        let (answer, took) = busy(|| classify(&judge));
        assert!(answer.is_ok(), "{answer:?}");
        took
    };
    let shortest = (0..100).map(|_| once()).min().unwrap();
    assert!(shortest < Limits::default().wall / 10, "{shortest:?}");
    let over_and_over = format!(r#"(data (i32.const 300000) "{piece}")"#).repeat(1_900);
    assert!(engine().admit(&guest().pages(32).with(&over_and_over).component()).is_ok());
}

/// A megabyte that no image of memory holds, copied by the guest's own start: a call like any other.
#[test]
fn p22_what_a_start_copies_is_paid_for() {
    let copying = |times: u64| {
        let copy = "(memory.init $bytes (i32.const 300000) (i32.const 0) (i32.const 1000000))";
        let again = "(local.set $i (i64.add (local.get $i) (i64.const 1)))";
        let start = format!(
            "(func $s (local $i i64) (loop $l {copy} {again} (br_if $l (i64.lt_u (local.get $i) (i64.const {times}))))) (start $s)"
        );
        guest().pages(32).with(&format!(r#"(data $bytes "{}")"#, "x".repeat(1_000_000))).with(&start).component()
    };
    let judge = engine().admit(&copying(1)).unwrap().configure(&[]).unwrap();
    let mut used = Used::default();
    assert!(judge.classify_measured(NOW, &[&order(1, 1)], &mut used).is_ok());
    assert!((1_000_000..1_100_000).contains(&used.fuel), "{}", used.fuel);
    refused(&copying(11), "E_FUEL", "describe");
    let wall = Duration::from_millis(50);
    let endless = Engine::new(Limits { fuel: u64::MAX / 2, wall, ..Limits::default() }).unwrap();
    assert_eq!(endless.admit(&copying(u64::MAX)).unwrap_err().code(), "E_DEADLINE");
}
