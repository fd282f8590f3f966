//! Sums over made-up verdicts.

use andon_domain::manifest::{Cadence, Compare, Formula, Limit, Manifest, StandingKind, Window};
use andon_domain::reading::Reading;
use andon_domain::verdict::{Action, Party, Proposal, Snapshot, Verdict};
use proptest::prelude::*;

use super::*;
use crate::backtest::report::Stand;

fn manifest() -> Manifest {
    let standing = |level: Level| StandingKind { code: level.word().into(), level };
    let limit = Some(Limit { compare: Compare::Less, target: 1.0, warn: 0.5 });
    let metric = Metric {
        code: "odr".into(),
        formula: Formula::Ratio { numerator: 0, denominator: 0 },
        window: Window::Lifetime,
        limit,
        evidence: None,
        min_denominator: 0,
        min_numerator: 0,
        min_buyers: 0,
        cadence: None,
    };
    let count = Metric { code: "violations".into(), formula: Formula::Sum(0), ..metric.clone() };
    Manifest {
        marketplace: "m".into(),
        name: "m".into(),
        version: "1.0.0".into(),
        counters: vec![],
        quotas: vec![],
        metrics: vec![metric, count],
        standings: LADDER.map(standing).into(),
        exclusions: vec![],
        causes: vec![],
        reasons: vec![],
        return_reasons: vec![],
        contact_reasons: vec![],
        policies: vec![],
        badges: vec![],
        settings: vec![],
        cadence: Cadence::Continuous,
        wording: vec![],
    }
}

fn snapshot(status: Status) -> Snapshot {
    let reading = Reading {
        value: 0.0,
        numerator: 0,
        denominator: 0,
        buyers: 0,
        lower: 0.0,
        upper: 0.0,
        peers: None,
        status,
        breached_in_a_row: 0,
        from: 0,
        to: 0,
        excluded_numerator: 0,
        value_with_excluded: 0.0,
    };
    let merchant = Party { joined: 0, standing: None, standing_since: 0, badges: vec![], reinstated: None };
    // What is counted is good enough of anybody of whom nothing is known.
    let count = Reading { status: Status::Good, ..reading.clone() };
    Snapshot { now: 0, merchant, readings: vec![reading, count], listings: vec![] }
}

fn verdict(standing: u16, actions: &[Action]) -> Verdict {
    let proposals = actions.iter().map(|action| Proposal { action: *action, days: None, reasons: vec![] }).collect();
    Verdict { standing, score: 0, proposals, reasons: vec![], revisit: None }
}

/// One merchant over one moment: standings under both, or a fault, and orders.
type Case = ([Option<u16>; 2], u64);

fn summed(cases: &[Case]) -> Sum {
    let (manifest, shown) = (manifest(), snapshot(Status::Good));
    let mut sum = Sum::over(1);
    for (number, (standings, orders)) in cases.iter().enumerate() {
        let standings = *standings;
        let verdicts = standings.map(|standing| standing.map(|standing| verdict(standing, &[])));
        let judgement = |side: usize| match &verdicts[side] {
            Some(verdict) => Ok(Judgement { manifest: &manifest, snapshot: &shown, verdict }),
            None => Err(("E_TRAP", "it broke")),
        };
        let weight = Weight { orders: *orders, amount: 10 * *orders as i64 };
        let pair = [judgement(0), judgement(1)];
        let differs = sum.judged(0, &pair, [&manifest.metrics, &manifest.metrics], weight).is_some();
        let faults = (0..2).filter(|side| standings[*side].is_none()).map(|side| (side, "E_TRAP")).collect();
        let changed = differs.then(|| changed(&format!("m{number:03}"), standings, *orders));
        sum.ended(Ended { known: true, weight, faults, changed, ..Ended::default() });
    }
    sum
}

fn changed(merchant: &str, standings: [Option<u16>; 2], orders: u64) -> Changed {
    let level = |side: usize| standings[side].map(|s| LADDER[usize::from(s)].word().to_owned()).unwrap_or_default();
    let stand = |side| Stand { standing: level(side), level: level(side), score: 0 };
    Changed {
        merchant: merchant.into(),
        at: String::new(),
        first: String::new(),
        moments: 1,
        orders,
        amount_minor: 0,
        direction: String::new(),
        in_force: stand(0),
        candidate: stand(1),
        new_proposals: vec![],
        vanished_proposals: vec![],
        readings: vec![],
        evidence: vec![],
        evidence_total: 0,
    }
}

#[test]
fn the_reach_of_a_level_is_who_comes_to_it_or_below() {
    // One falls from good to suspended, one rises from restricted to good, one stays, over one the candidate fails.
    let sum = summed(&[([Some(1), Some(4)], 30), ([Some(3), Some(1)], 5), ([Some(2), Some(2)], 7), ([Some(1), None], 1)]);
    let levels = sum.levels.map(|at| [at.in_force, at.candidate, at.newly, at.no_longer, at.weight.orders]);
    assert_eq!(levels, [[3, 3, 0, 0, 0], [3, 3, 0, 0, 0], [2, 2, 1, 1, 30], [1, 1, 1, 1, 30], [0, 1, 1, 0, 30]]);
    assert_eq!(sum.timeline[0], AtMoment { compared: 3, better: 1, worse: 1, sideways: 0, proposals: 0 });
    assert_eq!(sum.faults[&(1, "E_TRAP")], Failed { message: "it broke".into(), verdicts: 1, merchants: 1 });
    assert_eq!((sum.merchants, sum.changed, sum.weight), (4, 2, Weight { orders: 43, amount: 430 }));
    assert_eq!(sum.transitions.into_iter().collect::<Vec<_>>(), [((1, 4), 1), ((2, 2), 1), ((3, 1), 1)]);
}

#[test]
fn an_action_counts_once_a_merchant_whatever_it_is_about() {
    let (manifest, shown) = (manifest(), snapshot(Status::Insufficient));
    let (old, new) = (verdict(1, &[Action::Notice]), verdict(1, &[Action::PullListing(1), Action::PullListing(2)]));
    let pair = [&old, &new].map(|verdict| Ok(Judgement { manifest: &manifest, snapshot: &shown, verdict }));
    let mut sum = Sum::over(1);
    sum.judged(0, &pair, [&manifest.metrics, &manifest.metrics], Weight::default());
    assert_eq!(sum.actions.into_iter().collect::<Vec<_>>(), [("notice".into(), [0, 1]), ("pull-listing".into(), [1, 0])]);
    assert_eq!((sum.timeline[0].proposals, sum.insufficient), (1, [1, 1]));
}

#[test]
fn the_worst_thousand_are_kept() {
    let cases: Vec<Case> = (0..3 * LISTED as u64).map(|n| ([Some(1), Some(1 + (n % 4) as u16)], n)).collect();
    let mut sum = summed(&cases);
    sum.shorten();
    assert_eq!((sum.listed.len(), sum.changed), (LISTED, 9 * LISTED as u64 / 4));
    assert_eq!((sum.listed[0].orders, &*sum.listed[0].candidate.level), (2_999, "suspended"));
    assert!(sum.listed.windows(2).all(|two| severity(&two[0]) >= severity(&two[1])));
}

proptest! {
    #[test]
    fn it_does_not_matter_who_saw_whom(
        cases in prop::collection::vec(([prop::option::of(0u16..5), prop::option::of(0u16..5)], 0u64..9), 0..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(cases.len() + 1);
        let whole = { let mut whole = summed(&cases); whole.shorten(); whole };
        let mut parts = Sum::over(1);
        let (left, right) = cases.split_at(cut);
        // The names go by place, so the right part's are moved on.
        let mut right = summed(right);
        for changed in &mut right.listed {
            let number: usize = changed.merchant[1..].parse().unwrap();
            changed.merchant = format!("m{:03}", number + cut);
        }
        parts.merge(right);
        parts.merge(summed(left));
        prop_assert_eq!(parts, whole);
    }
}
