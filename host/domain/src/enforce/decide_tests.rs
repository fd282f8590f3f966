//! Every gate by itself, and what must hold whatever is proposed: nothing twice, nothing on thin data, nothing beyond the mode.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::enforce::policy::{Ground, GroundWord, KindWord};

const NOW: Instant = 1_000 * DAY;

fn wanted(kind: Kind) -> Wanted {
    let measure = if kind.has_object() { Measure::about(kind, "l") } else { Measure::of(kind) };
    Wanted { measure, days: None, reasons: vec!["odr-breached".into()], is_insufficient: false }
}

fn open(kind: Kind, stage: Stage, at: Instant) -> Open {
    let id = Uuid::from_u128(kind as u128 + 1);
    Open {
        id,
        measure: wanted(kind).measure,
        origin: Origin::Rules,
        stage,
        held: Some(Held::Mode),
        effective_at: at,
        is_timed: false,
    }
}

fn auto() -> Modes {
    Kind::ALL.iter().map(|(kind, _)| (*kind, Mode::Auto)).collect()
}

fn run(case: &Case, kinds: &[Kind], modes: &Modes, policy: &Policy) -> Steps {
    let wanted: Vec<Wanted> = kinds.iter().map(|kind| wanted(*kind)).collect();
    decide(case, &wanted, Terms { modes, policy }, NOW, &mut |_| None)
}

fn opened(steps: &Steps) -> Vec<(Stage, Option<Held>)> {
    let stage = |step: &Step| if let Step::Open { stage, held, .. } = step { Some((*stage, *held)) } else { None };
    steps.steps.iter().filter_map(stage).collect()
}

#[test]
fn each_mode_lets_it_come_so_far() {
    let (case, policy) = (Case::default(), Policy::default());
    let expected = [
        (Mode::Off, None),
        (Mode::Observe, Some(Stage::Observed)),
        (Mode::Review, Some(Stage::InReview)),
        (Mode::Auto, Some(Stage::InForce)),
    ];
    for (mode, stage) in expected {
        let steps = run(&case, &[Kind::PullListing], &Modes::from([(Kind::PullListing, mode)]), &policy);
        assert_eq!(opened(&steps).first().map(|(stage, _)| *stage), stage, "{mode:?}");
    }
    assert_eq!(opened(&run(&case, &[Kind::Suspend], &Modes::new(), &policy)), [(Stage::Observed, Some(Held::Mode))]);
}

#[test]
fn a_suspension_waits_for_the_grace_that_a_warning_began() {
    let policy = Policy::default();
    let at = |case: &Case| match run(case, &[Kind::Warning, Kind::Suspend], &auto(), &policy).steps.last() {
        Some(Step::Open { stage, effective_at, held, .. }) => (*stage, *effective_at, *held),
        other => panic!("{other:?}"),
    };
    assert_eq!(at(&Case::default()), (Stage::Scheduled, NOW + 7 * DAY, Some(Held::Grace)));
    let warned = |days| Case { open: vec![open(Kind::Warning, Stage::InForce, NOW - days * DAY)], ..Case::default() };
    assert_eq!(at(&warned(5)), (Stage::Scheduled, NOW + 2 * DAY, Some(Held::Grace)));
    assert_eq!(at(&warned(7)), (Stage::InForce, NOW, None));
}

#[test]
fn a_termination_needs_two_people_and_notice_unless_fraud_or_law() {
    let mut policy = Policy::default();
    let terminate = [Kind::Terminate];
    assert_eq!(opened(&run(&Case::default(), &terminate, &auto(), &policy)), [(Stage::InReview, Some(Held::TwoPeople))]);
    policy.two_people.remove(&KindWord(Kind::Terminate));
    assert_eq!(opened(&run(&Case::default(), &terminate, &auto(), &policy)), [(Stage::Scheduled, Some(Held::Notice))]);
    policy.without_notice.insert("odr-breached".into(), GroundWord(Ground::Fraud));
    assert_eq!(opened(&run(&Case::default(), &terminate, &auto(), &policy)), [(Stage::InForce, None)]);
}

#[test]
fn gates_are_named_and_asked_again_when_they_open() {
    let policy = Policy::default();
    let cases = [
        (Case { joined: NOW - 29 * DAY, ..Case::default() }, Held::NewMerchant, NOW + DAY),
        (Case { reinstated: Some(NOW - 28 * DAY), ..Case::default() }, Held::Immunity, NOW + 2 * DAY),
        (Case { overrides: vec![(None, NOW + 3 * DAY)], ..Case::default() }, Held::Override, NOW + 3 * DAY),
        (Case { overrides: vec![(Some(Kind::PullListing), NOW + DAY)], ..Case::default() }, Held::Override, NOW + DAY),
    ];
    for (case, held, again) in cases {
        let steps = run(&case, &[Kind::PullListing], &auto(), &policy);
        assert_eq!((opened(&steps), steps.again), (vec![(Stage::Observed, Some(held))], Some(again)));
    }
    let ended = Ended { measure: wanted(Kind::PullListing).measure, stage: Stage::Reversed, at: NOW - 13 * DAY };
    let cooling = Case { ended: vec![ended.clone()], ..Case::default() };
    assert_eq!(opened(&run(&cooling, &[Kind::PullListing], &auto(), &policy)), [(Stage::Observed, Some(Held::Cooldown))]);
    let withdrawn = Case { ended: vec![Ended { stage: Stage::Withdrawn, ..ended }], ..Case::default() };
    assert_eq!(opened(&run(&withdrawn, &[Kind::PullListing], &auto(), &policy)), [(Stage::InForce, None)]);
}

#[test]
fn a_notice_is_not_given_again_at_once_and_a_badge_is_revoked_whenever_it_is_borne() {
    let done = |kind, days| {
        let ended = vec![Ended { measure: wanted(kind).measure, stage: Stage::Done, at: NOW - days * DAY }];
        Case { open: vec![open(Kind::AwardBadge, Stage::InForce, NOW - DAY)], ended, ..Case::default() }
    };
    let again = |kind, days| opened(&run(&done(kind, days), &[kind, Kind::AwardBadge], &auto(), &Policy::default()));
    assert_eq!(again(Kind::Notice, 0), [(Stage::Observed, Some(Held::Cooldown))]);
    assert_eq!(again(Kind::Notice, 13), [(Stage::Observed, Some(Held::Cooldown))]);
    assert_eq!(again(Kind::Notice, 14), [(Stage::Done, None)]);
    assert_eq!(again(Kind::RevokeBadge, 0), [(Stage::Done, None)]);
}

#[test]
fn what_was_noted_goes_on_once_its_gate_is_open() {
    let noted = open(Kind::PullListing, Stage::Observed, NOW - DAY);
    let case = Case { open: vec![noted.clone()], ..Case::default() };
    let steps = run(&case, &[Kind::PullListing], &auto(), &Policy::default());
    assert_eq!(steps.steps[0], Step::Close { id: noted.id, by: Move::Withdraw });
    assert_eq!(opened(&steps), [(Stage::InForce, None)]);
    assert_eq!(run(&case, &[Kind::PullListing], &Modes::new(), &Policy::default()).steps, []);
}

#[test]
fn what_rules_no_longer_propose_ends_unless_it_has_an_end_of_its_own() {
    let stays = [Kind::Suspend, Kind::Restrict, Kind::Terminate, Kind::PullListing, Kind::AwardBadge];
    for (kind, _) in Kind::ALL.iter().filter(|(kind, _)| kind.lasts()) {
        let case = |stage| Case { open: vec![open(*kind, stage, NOW)], ..Case::default() };
        let closed = |case: &Case| match run(case, &[], &auto(), &Policy::default()).steps.first() {
            Some(Step::Close { by, .. }) => Some(*by),
            _ => None,
        };
        assert_eq!(closed(&case(Stage::InForce)), (!stays.contains(kind)).then_some(Move::Lift), "{kind:?}");
        assert_eq!(closed(&case(Stage::Scheduled)), Some(Move::Withdraw), "{kind:?}");
        assert_eq!(closed(&case(Stage::InReview)), Some(Move::Withdraw), "{kind:?}");
    }
    let timed = Open { is_timed: true, ..open(Kind::CapOrders, Stage::InForce, NOW) };
    assert_eq!(run(&Case { open: vec![timed], ..Case::default() }, &[], &auto(), &Policy::default()).steps, []);
}

#[test]
fn a_full_day_or_an_alarm_makes_a_person_look() {
    let (modes, policy) = (auto(), Policy::default());
    let terms = Terms { modes: &modes, policy: &policy };
    for held in [Held::DailyCap, Held::Alarm] {
        let steps = decide(&Case::default(), &[wanted(Kind::PullListing)], terms, NOW, &mut |_| Some(held));
        assert_eq!(opened(&steps), [(Stage::InReview, Some(held))]);
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    select(Kind::ALL.iter().map(|(kind, _)| *kind).collect::<Vec<_>>())
}

fn stages() -> impl Strategy<Value = Stage> {
    select(vec![Stage::Observed, Stage::InReview, Stage::Scheduled, Stage::InForce])
}

proptest! {
    #[test]
    fn nothing_is_done_twice_or_on_thin_data_or_beyond_its_mode(
        standing in proptest::collection::btree_map(kinds(), stages(), 0..6),
        proposed in proptest::collection::vec((kinds(), any::<bool>()), 0..8),
        modes in proptest::collection::btree_map(kinds(), select(Mode::ALL.iter().map(|(m, _)| *m).collect::<Vec<_>>()), 0..13),
    ) {
        let lasting = standing.iter().filter(|(kind, _)| kind.lasts());
        let case = Case { open: lasting.map(|(kind, stage)| open(*kind, *stage, NOW - 90 * DAY)).collect(), ..Case::default() };
        let wanted: Vec<Wanted> = proposed.iter().map(|(kind, thin)| Wanted { is_insufficient: *thin, ..wanted(*kind) }).collect();
        let policy = Policy::default();
        let steps = decide(&case, &wanted, Terms { modes: &modes, policy: &policy }, NOW, &mut |_| None);
        let mut left: Vec<(Measure, Stage)> = case.open.iter().map(|o| (o.measure.clone(), o.stage)).collect();
        for step in &steps.steps {
            match step {
                Step::Close { id, by } => {
                    let closed = case.open.iter().find(|o| o.id == *id).unwrap();
                    prop_assert!(closed.stage.after(*by).is_ok());
                    left.retain(|(measure, _)| !measure.is_same(&closed.measure));
                }
                Step::Open { wanted: place, stage, .. } => {
                    let one = &wanted[*place];
                    prop_assert!(!one.is_insufficient);
                    prop_assert!(left.iter().all(|(measure, _)| !measure.is_same(&one.measure)), "one at a time");
                    let mode = modes.get(&one.measure.kind).copied().unwrap_or(Mode::Observe);
                    let most = match mode {
                        Mode::Off => None,
                        Mode::Observe => Some(Stage::Observed),
                        Mode::Review => Some(Stage::InReview),
                        Mode::Auto => Some(Stage::Done),
                    };
                    prop_assert!(most.is_some_and(|most| *stage <= most), "{mode:?} {stage:?}");
                    left.push((one.measure.clone(), *stage));
                }
            }
        }
    }
}
