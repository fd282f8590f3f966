//! How rules are asked when they behave: in order, in batches, with settings that were taken, and never on insufficient data.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

use std::sync::{Arc, OnceLock};

use andon::rules::{ConfigureError, Engine, Judge, Limits, PluginFault, Rules};
use andon_domain::fact::Fact;
use andon_domain::reading::Status;
use andon_domain::verdict::{Action, Snapshot, Verdict};
use andon_tests::guests::hostile;
use andon_tests::questions::{NOW, orders, reading};

fn rules() -> &'static Arc<Rules> {
    static RULES: OnceLock<Arc<Rules>> = OnceLock::new();
    RULES.get_or_init(|| Engine::new(Limits::default()).unwrap().admit(hostile()).unwrap())
}

fn judge(mode: &str) -> Judge {
    rules().configure(&[("mode".to_owned(), mode.to_owned())]).unwrap()
}

fn snapshot(first: Status, second: Status, listing: Option<Status>) -> Snapshot {
    let both = |first, second| vec![reading(first), reading(second)];
    andon_tests::questions::snapshot(both(first, second), listing.map(|status| both(status, status)))
}

fn classify(mode: &str, facts: &[Fact]) -> Result<Vec<i64>, PluginFault> {
    let facts: Vec<_> = facts.iter().collect();
    let answers = judge(mode).classify(NOW, &facts)?;
    Ok(answers.iter().map(|answer| answer.marks[0].amount).collect())
}

fn evaluate(mode: &str, snapshot: Snapshot) -> Result<Vec<Verdict>, PluginFault> {
    judge(mode).evaluate(&[snapshot])
}

#[test]
fn good_behaviour_is_answered_in_order_across_batches() {
    let units: Vec<i64> = (1..=1300).collect();
    assert_eq!(classify("", &orders(1300)).unwrap(), units);
    let verdicts = judge("").evaluate(&vec![snapshot(Status::Good, Status::Good, None); 1300]).unwrap();
    assert!(verdicts.len() == 1300 && verdicts.iter().all(|v| v.score == 1000));
    assert_eq!(classify("", &[]), Ok(vec![]));
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
fn the_same_question_gets_the_same_answer() {
    let snapshots = vec![snapshot(Status::Breached, Status::AtRisk, Some(Status::Breached)); 40];
    let whole = judge("eager").evaluate(&snapshots).unwrap();
    let single: Vec<_> = snapshots.iter().flat_map(|s| judge("eager").evaluate(std::slice::from_ref(s)).unwrap()).collect();
    assert!(whole == single);
}
