//! Each way in which rules misbehave, and the fault that comes of it: named, blamed on the plugin, and nothing else disturbed.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::sync::{Arc, OnceLock};
use std::thread;

use andon::rules::{Blame, ConfigureError, Engine, Judge, Limits, PluginFault, Rules};
use andon_domain::fact::{Fact, Fulfilment, Order, ServiceLevel, Tracking};
use andon_domain::ids::Named;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{Action, ListingSnapshot, Party, Snapshot, Verdict};
use andon_tests::guests::hostile;

const NOW: i64 = 1_700_000_000_000;

fn rules() -> &'static Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    RULES.get_or_init(|| Engine::new(Limits::default()).unwrap().admit(hostile()).unwrap())
}

fn judge(mode: &str) -> Judge {
    rules().configure(&[("mode".to_owned(), mode.to_owned())]).unwrap()
}

fn order(key: u64, units: u32) -> Fact {
    let named = |key| Named { key, name: format!("n{key}") };
    Fact::Order(Box::new(Order {
        id: named(key),
        merchant: "m".into(),
        buyer: named(key + 1),
        listing: named(key + 2),
        units,
        amount: 1000,
        fulfilment: Fulfilment::Merchant,
        service: ServiceLevel::Standard,
        placed: NOW - 1,
        ship_by: None,
        deliver_by: None,
        shipped: None,
        delivered: None,
        tracking: Tracking::None,
        cancelled: None,
        feedback: None,
        claims: vec![],
        returns: vec![],
        incidents: vec![],
        contacts: vec![],
        accepted: None,
    }))
}

fn orders(count: u64) -> Vec<Fact> {
    (0..count).map(|i| order(i, i as u32 + 1)).collect()
}

fn reading(status: Status) -> Reading {
    Reading {
        value: 0.5,
        numerator: 1,
        denominator: 2,
        buyers: 0,
        lower: 0.1,
        upper: 0.9,
        peers: None,
        status,
        breached_in_a_row: 0,
        from: 0,
        to: 1,
        excluded_numerator: 0,
        value_with_excluded: 0.5,
    }
}

fn snapshot(first: Status, second: Status, listing: Option<Status>) -> Snapshot {
    Snapshot {
        now: NOW,
        merchant: Party { joined: NOW - 9, standing: None, standing_since: NOW - 9, badges: vec![], reinstated: None },
        readings: vec![reading(first), reading(second)],
        listings: listing.map(|s| ListingSnapshot { listing: 7, readings: vec![reading(s), reading(s)] }).into_iter().collect(),
    }
}

fn classify(mode: &str, facts: &[Fact]) -> Result<Vec<i64>, PluginFault> {
    let facts: Vec<_> = facts.iter().collect();
    let answers = judge(mode).classify(NOW, &facts)?;
    Ok(answers.iter().map(|answer| answer.marks[0].amount).collect())
}

fn evaluate(mode: &str, snapshot: Snapshot) -> Result<Vec<Verdict>, PluginFault> {
    judge(mode).evaluate(&[snapshot])
}

fn fine() -> Snapshot {
    snapshot(Status::Good, Status::Good, None)
}

#[test]
fn good_behaviour_is_answered_in_order_across_batches() {
    let units: Vec<i64> = (1..=1300).collect();
    assert_eq!(classify("", &orders(1300)).unwrap(), units);
    let verdicts = judge("").evaluate(&vec![fine(); 1300]).unwrap();
    assert!(verdicts.len() == 1300 && verdicts.iter().all(|v| v.score == 1000));
    assert_eq!(classify("", &[]), Ok(vec![]));
}

#[test]
fn breakdowns_are_told_apart() {
    for (mode, code) in [
        ("loop", "E_FUEL"),
        ("trap", "E_TRAP"),
        ("eat-memory", "E_MEMORY"),
        ("eat-memory-at-once", "E_MEMORY"),
        ("recurse", "E_STACK"),
        ("copy", "E_FUEL"),
    ] {
        let from_classify = classify(mode, &orders(3)).unwrap_err();
        let from_evaluate = evaluate(mode, fine()).unwrap_err();
        for fault in [from_classify, from_evaluate] {
            assert_eq!((fault.code(), fault.blame()), (code, Blame::Guest), "{mode}: {fault}");
        }
    }
}

#[test]
fn time_runs_out_where_fuel_does_not() {
    let engine = Engine::new(Limits { fuel: u64::MAX / 2, ..Limits::default() }).unwrap();
    let judge = engine.admit(hostile()).unwrap().configure(&[("mode".to_owned(), "loop".to_owned())]).unwrap();
    assert_eq!(judge.classify(NOW, &[&order(1, 1)]), Err(PluginFault::Deadline));
    assert!(engine.is_watched());
}

#[test]
fn answers_are_checked_by_field_and_value() {
    for (mode, expected) in [
        ("few-answers", "E_OUTPUT: the plugin's classified are 2, not 3"),
        ("many-answers", "E_OUTPUT: the plugin's classified are 4, not 3"),
        ("bad-counter", "E_OUTPUT: the plugin's classified[0].marks[0].counter is 2, of 2"),
        ("bad-cause", "E_OUTPUT: the plugin's classified[0].marks[0].cause is 1, of 1"),
        ("bad-exclusion", "E_OUTPUT: the plugin's classified[0].marks[0].excluded is 1, of 1"),
        ("old-mark", "E_OUTPUT: the plugin's classified[0].marks[0].at is 0, outside the years 2000 to 2099"),
        ("late-mark", "E_OUTPUT: the plugin's classified[0].marks[0].at is 4102444800000, outside the years 2000 to 2099"),
        ("huge-amount", "E_OUTPUT: the plugin's classified[0].marks[0].amount is -9223372036854775808, beyond 1000000000000000"),
        ("many-marks", "E_OUTPUT: the plugin's classified[0].marks has 65 entries, above 64"),
        (
            "revisit-now",
            "E_OUTPUT: the plugin's classified[0].revisit is 1700000000000, not after now (1700000000000) and before the year 2100",
        ),
        (
            "revisit-never",
            "E_OUTPUT: the plugin's classified[0].revisit is 9223372036854775807, not after now (1700000000000) and before the year 2100",
        ),
        ("facts", "E_FACTS: the plugin could not read the facts: delivered beforeit was placed [31m"),
    ] {
        assert_eq!(classify(mode, &orders(3)).unwrap_err().to_string(), expected);
    }
    for mode in ["not-utf8", "huge-answer"] {
        let fault = classify(mode, &orders(3)).unwrap_err();
        assert!(matches!(&fault, PluginFault::Output { field, .. } if field == "answer"), "{mode}: {fault}");
    }
}

#[test]
fn verdicts_are_checked_by_field_and_value() {
    for (mode, expected) in [
        ("few-answers", "verdicts are 0, not 1"),
        ("bad-standing", "verdicts[0].standing is 1, of 1"),
        ("score", "verdicts[0].score is 1001, above 1000"),
        ("bad-reason", "verdicts[0].reasons[0].code is 1, of 1"),
        ("bad-metric", "verdicts[0].reasons[0].metric is 2, of 2"),
        ("bad-listing", "verdicts[0].reasons[0].listing names listing 404, which is not in the snapshot"),
        ("many-reasons", "verdicts[0].reasons has 33 entries, above 32"),
        ("many-proposals", "verdicts[0].proposals has 33 entries, above 32"),
        ("unexplained", "verdicts[0].proposals[0].reasons is empty; what is done to a merchant must be explained"),
        ("foreign-listing", "verdicts[0].proposals[0].action names listing 404, which is not in the snapshot"),
        ("bad-badge", "verdicts[0].proposals[0].action is 1, of 1"),
        ("revisit-now", "verdicts[0].revisit is 1700000000000, not after now (1700000000000) and before the year 2100"),
    ] {
        assert_eq!(evaluate(mode, fine()).unwrap_err().to_string(), format!("E_OUTPUT: the plugin's {expected}"));
    }
}

#[test]
fn nothing_is_proposed_on_insufficient_data() {
    use Status::{Breached, Insufficient};
    let kept = |first, second, listing| {
        let verdict = evaluate("eager", snapshot(first, second, listing)).unwrap().remove(0);
        verdict.proposals.into_iter().map(|p| (p.action, p.reasons.len())).collect::<Vec<_>>()
    };
    let (suspend, warning, notice, pull) = (Action::Suspend, Action::Warning, Action::Notice, Action::PullListing(7));
    assert_eq!(kept(Breached, Breached, Some(Breached)), [(suspend, 1), (warning, 2), (notice, 1), (pull, 1)]);
    assert_eq!(kept(Insufficient, Breached, Some(Breached)), [(warning, 1), (notice, 1), (pull, 1)]);
    assert_eq!(kept(Breached, Insufficient, Some(Insufficient)), [(suspend, 1), (warning, 1), (notice, 1)]);
    assert_eq!(kept(Insufficient, Insufficient, Some(Insufficient)), [(notice, 1)]);
}

#[test]
fn a_plugin_remembers_nothing_between_batches() {
    for _ in 0..3 {
        assert_eq!(classify("remember", &orders(5)).unwrap(), [5; 5]);
    }
}

#[test]
fn settings_are_refused_when_they_are_set() {
    let setting = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let refused = |settings: &[(String, String)]| rules().configure(settings).unwrap_err();
    let why = |error: ConfigureError| match error {
        ConfigureError::Setting { key, why } => (key, why),
        ConfigureError::Fault(fault) => panic!("{fault}"),
    };
    assert_eq!(why(refused(&[setting("moed", "")])), setting("moed", "is not declared by these rules"));
    assert_eq!(why(refused(&[setting("mode", ""), setting("mode", "")])), setting("mode", "is given twice"));
    assert_eq!(why(refused(&[setting("mode", "a\0")])).0, "mode");
    assert_eq!(why(refused(&[setting("mode", "refuse")])), setting("mode", "is not to my liking"));
    assert!(matches!(refused(&[setting("mode", "trap-at-configure")]), ConfigureError::Fault(PluginFault::Trap(_))));
    assert_eq!(rules().configure(&[]).unwrap().settings_digest(), judge("").settings_digest());
    assert_ne!(judge("score").settings_digest(), judge("").settings_digest());
}

#[test]
fn faults_leave_nothing_behind() {
    let bad: Vec<_> = ["trap", "eat-memory", "recurse", "few-answers"].map(judge).into();
    let (facts, good) = (orders(3), judge(""));
    let facts: Vec<_> = facts.iter().collect();
    // More faults than instances may be alive, so a permit that was not given back would stop this.
    for i in 0..100 {
        assert!(bad[i % bad.len()].classify(NOW, &facts).is_err());
        assert!(good.classify(NOW, &facts).is_ok());
    }
}

#[test]
fn more_callers_than_instances_wait_their_turn() {
    let engine = Engine::new(Limits { instances: 2, ..Limits::default() }).unwrap();
    let judge = engine.admit(hostile()).unwrap().configure(&[]).unwrap();
    let facts = orders(20);
    let facts: Vec<_> = facts.iter().collect();
    thread::scope(|scope| {
        let callers: Vec<_> = (0..12).map(|_| scope.spawn(|| (0..20).all(|_| judge.classify(NOW, &facts).is_ok()))).collect();
        assert!(callers.into_iter().all(|caller| caller.join().unwrap()));
    });
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let snapshots = vec![snapshot(Status::Breached, Status::AtRisk, Some(Status::Breached)); 40];
    let whole = judge("eager").evaluate(&snapshots).unwrap();
    let single: Vec<_> = snapshots.iter().flat_map(|s| judge("eager").evaluate(std::slice::from_ref(s)).unwrap()).collect();
    assert!(whole == single);
}
