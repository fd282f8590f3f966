//! P44: whatever one marketplace told its rules, no other finds: not in memory, a table or a global, and not in what comes of it.

use andon::rules::Judge;
use andon_tests::guests::TextGuest;
use andon_tests::questions::{NOW, orders};
use serde_json::json;

use super::{admitted, classify, guest, judge, mode, refused};
use crate::fuzz::sweep;

/// Fills its memory, its table and its globals with a marketplace's secret once it is asked, having first looked for anybody's.
#[test]
fn p44_what_one_marketplace_told_is_nowhere_to_be_found_by_another() {
    let secret = "(i64.const 0x5ec2e75ec2e75ec2)";
    let look = format!(
        "(local $at i32)
        (if (i64.eq (global.get $kept) {secret}) (then unreachable))
        (if (i32.eqz (ref.is_null (table.get $t (i32.const 99)))) (then unreachable))
        (drop (memory.grow (i32.const 60)))
        (loop $l
            (if (i64.eq (i64.load (local.get $at)) {secret}) (then unreachable))
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br_if $l (i32.lt_u (local.get $at) (i32.const 4194304))))"
    );
    let keep = format!(
        "(local $at i32)
        (global.set $kept {secret}) (table.set $t (i32.const 99) (ref.func $f))
        (local.set $at (i32.const 262144))
        (loop $l
            (i64.store (local.get $at) {secret})
            (local.set $at (i32.add (local.get $at) (i32.const 8)))
            (br_if $l (i32.lt_u (local.get $at) (i32.const 4194304))))"
    );
    let spy = guest()
        .with("(global $kept (mut i64) (i64.const 0)) (table $t 100 funcref) (func $f) (elem declare func $f)")
        .doing("configure", &look)
        .doing("classify", &keep);
    let (one, other) = (judge(&spy), judge(&spy));
    let facts = orders(3);
    let facts: Vec<_> = facts.iter().collect();
    for _ in 0..500 {
        assert_eq!(one.classify(NOW, &facts).unwrap().len(), 3);
        assert_eq!(other.classify(NOW, &facts).unwrap().len(), 3);
    }
    // The same from a compiler's hands: it counts what it was asked in its whole life.
    for _ in 0..3 {
        let five = orders(5);
        let answers = mode("remember").classify(NOW, &five.iter().collect::<Vec<_>>()).unwrap();
        assert!(answers.iter().all(|answer| answer.marks[0].amount == 5));
    }
}

/// Marketplaces, a prime number: going round in steps of every length, each comes once to stand next to each other.
const MARKETS: usize = 317;

/// Traps where the first eight letters of a word lie anywhere but at 8.
const LOOK: &str = "
    (local.set $at (i32.const 16))
    (loop $l
        (if (i64.eq (i64.load (local.get $at)) (i64.load (i32.const 8))) (then unreachable))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 262144))))";

/// Fills the second half of memory with its word.
const FILL: &str = "
    (local.set $at (i32.const 131072))
    (loop $l
        (i64.store (local.get $at) (i64.load (i32.const 8)))
        (i64.store offset=8 (local.get $at) (global.get $own))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 262144))))";

/// Keeps what is its own of the word in its settings, and wipes out the rest.
const TAKE: &str = "
    (global.set $own (i64.load offset=8 (i32.load offset=8 (local.get $p0))))
    (i64.store (i32.load offset=8 (local.get $p0)) (i64.const 0))";

/// A marketplace's word: eight letters that all have, then eight of its own.
fn word(market: usize) -> String {
    format!("canary--{market:08}")
}

/// Looks for anybody's word before anything is written and again when it is asked, then fills its memory with its own, and says it.
fn canary() -> TextGuest<'static> {
    let letters = i64::from_le_bytes(*b"canary--");
    let start = format!("(func $s (local $at i32) (i64.store (i32.const 8) (i64.const {letters})) {LOOK}) (start $s)");
    guest()
        .with("(global $own (mut i64) (i64.const 0))")
        .with(&start)
        .declaring(|manifest| {
            manifest["settings"] = json!([{"key": "word", "kind": "text"}]);
            manifest["wording"].as_array_mut().unwrap().push(json!(["en", "word", "Its word"]));
        })
        .doing("configure", TAKE)
        .doing("classify", &format!("(local $at i32) {LOOK} {FILL}"))
        .answering("classify", json!({"err": {"facts": {"ptr": 131_072, "len": 16}}}))
}

#[test]
fn p44_of_a_hundred_thousand_pairs_none_finds_the_others_word() {
    let rules = admitted(&canary());
    let markets: Vec<Judge> = (0..MARKETS).map(|market| rules.configure(&[("word".into(), word(market))]).unwrap()).collect();
    sweep(4_000, MARKETS * (MARKETS - 1), |pair| {
        let (step, place) = (1 + pair / MARKETS, pair % MARKETS);
        for market in [place * step % MARKETS, (place + 1) * step % MARKETS] {
            let told = classify(&markets[market]).unwrap_err().to_string();
            assert!(told.ends_with(&word(market)), "pair {pair}: {told}");
        }
    });
}

/// With a word in its memory, the guest finds it.
#[test]
fn p44_a_word_that_is_there_is_found() {
    refused(&canary().with(r#"(data (i32.const 200000) "canary--somebody")"#).component(), "E_TRAP", "unreachable");
}
