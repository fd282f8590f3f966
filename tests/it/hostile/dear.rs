//! P25 to P27: rules that are dear always, from some moment on, or over some data.

use andon::rules::{Limits, PluginFault, Used};
use andon_tests::guests::hostile_padded;
use andon_tests::questions::{NOW, fine, order, orders};
use serde_json::json;

use super::{DEAR, classify, engine, evaluate, fault, guest, judge, mode};

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

#[test]
fn p25_a_judge_is_not_held_up_by_its_own_faults() {
    let (bad, good) =
        (judge(&guest().doing("classify", "unreachable")), judge(&guest().answering("classify", json!({"ok": [{}]}))));
    for _ in 0..100 {
        fault(classify(&bad), "E_TRAP", "unreachable");
        assert_eq!(classify(&good).unwrap().len(), 1);
    }
}

/// Cheap for as long as anybody would try it out, and dear from then on, in the life of one instance.
#[test]
fn p26_cheap_then_dear() {
    let asked = "(global.set $asked (i32.add (global.get $asked) (local.get $len)))";
    let turning = format!("{asked} (if (i32.gt_u (global.get $asked) (i32.const 640)) (then (loop (br 0))))");
    let turning = guest().doing("classify", &turning).doing("evaluate", &turning);
    let turning = judge(&turning.with("(global $asked (mut i32) (i32.const 0))"));
    let facts = orders(641);
    let facts: Vec<_> = facts.iter().collect();
    let ask = |count: usize| {
        let mut used = Used::default();
        let answer = turning.classify_measured(NOW, &facts[..count], &mut used);
        (answer.map(|answers| answers.len()), used.fuel)
    };
    let ((answered, few), (failed, many)) = (ask(640), ask(641));
    assert_eq!((answered, failed), (Ok(640), Err(PluginFault::Fuel)));
    assert!(few < 1_000_000 && many - few > Limits::default().fuel, "{few} and {many}: what a fault took is counted");
    assert_eq!(ask(640), (Ok(640), few), "the next instance knows nothing of it");
    let merchants = vec![fine(turning.manifest()); 641];
    assert_eq!(turning.evaluate(&merchants[..640]).unwrap().len(), 640);
    fault(turning.evaluate(&merchants), "E_FUEL", "");
}

/// Whoever is asked in the same call loses the answer too; asked again without the one at fault, all others get theirs.
#[test]
fn p26_p27_data_that_is_dear_to_judge_costs_only_itself() {
    // An endless loop, a pattern that is tried in all ways, and keys that all come to lie in one place.
    for rules in ["poison", "backtrack", "flood"] {
        let judge = mode(rules);
        let (good, bad) = (orders(10), order(99, DEAR));
        let all: Vec<_> = good.iter().chain([&bad]).collect();
        fault(judge.classify(NOW, &all), "E_FUEL", "");
        assert_eq!(judge.classify(NOW, &all[..10]).unwrap().len(), 10, "{rules}");
        let mut ill = fine(judge.manifest());
        ill.readings[1].numerator = i64::from(DEAR);
        fault(judge.evaluate(&[fine(judge.manifest()), ill]), "E_FUEL", "");
        assert_eq!(evaluate(&judge).unwrap().len(), 1, "{rules}");
    }
}
