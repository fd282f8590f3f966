//! What must hold however an appeal runs: over is over, time alone decides nothing, and each side's clock runs on its own side only.

use proptest::prelude::*;

use super::*;

const NOW: Instant = 1_000 * DAY;
const HOUR: Instant = DAY / 24;
const TERMS: Appeals = Appeals { file_days: 184, answer_days: 14, more_days: 10 };

#[derive(Debug, Clone, Copy)]
enum Step {
    Ask,
    Give,
    Answer(bool),
}

/// Steps, each so many hours after the one before it.
fn steps() -> impl Strategy<Value = Vec<(u16, Step)>> {
    let step = prop_oneof![3 => Just(Step::Ask), 3 => Just(Step::Give), 1 => any::<bool>().prop_map(Step::Answer)];
    proptest::collection::vec((0u16..300, step), 0..20)
}

fn passed(mut course: Course, now: Instant) -> (Course, Vec<Passed>) {
    let mut all = Vec::new();
    while let (next, Some(passed)) = course.clone().pass(now) {
        course = next;
        all.push(passed);
    }
    (course, all)
}

fn take(course: Course, step: Step, now: Instant) -> Result<Course, Stuck> {
    match step {
        Step::Ask => course.ask(&TERMS, now),
        Step::Give => course.give(now),
        Step::Answer(overturn) => course.answer(overturn),
    }
}

proptest! {
    #[test]
    fn clocks_run_on_their_own_side(steps in steps()) {
        let (mut course, mut now, mut ours) = (Course::filed(&TERMS, NOW), NOW, 0);
        for (hours, step) in steps {
            let then = now;
            now += Instant::from(hours) * HOUR;
            let before = course.clone();
            let (passed, events) = passed(course, now);
            prop_assert!(!passed.phase.is_over() || passed == before, "time alone decides nothing");
            prop_assert!(events.len() <= 2);
            // Of the hours since the last step those count for us in which nothing was asked of the merchant.
            ours += before.asked.map_or(now - then, |(_, until)| (now - until).max(0));
            let remains = TERMS.answer_days as Instant * DAY - ours;
            if !passed.phase.is_over() {
                let stands = passed.asked.map_or(now, |(since, _)| since);
                prop_assert_eq!(passed.answer_by - stands, remains);
                prop_assert_eq!(passed.overdue, remains <= 0);
            }
            course = match take(passed.clone(), step, now) {
                Ok(next) => {
                    prop_assert!(!passed.phase.is_over(), "over is over");
                    prop_assert!(next.phase != Phase::Upheld || passed.phase != Phase::MoreAsked, "the merchant had time left");
                    prop_assert!(next.times_asked <= MOST_ASKED);
                    next
                }
                Err(_) => passed,
            };
        }
    }

    #[test]
    fn looking_often_or_seldom_comes_to_the_same(ask in 0u16..500, looks in proptest::collection::vec(0u16..400, 0..8)) {
        let asked = Course::filed(&TERMS, NOW).ask(&TERMS, NOW + Instant::from(ask) * HOUR).unwrap();
        let (mut often, mut now, mut seen) = (asked.clone(), NOW + Instant::from(ask) * HOUR, Vec::new());
        for hours in looks {
            now += Instant::from(hours) * HOUR;
            let (next, events) = passed(often, now);
            often = next;
            seen.extend(events);
        }
        prop_assert_eq!((often, seen), passed(asked, now));
    }
}

#[test]
fn more_is_given_in_time_or_not_at_all() {
    let asked = Course::filed(&TERMS, NOW).ask(&TERMS, NOW + 13 * DAY).unwrap();
    assert_eq!(asked.due_at(), Some(NOW + 23 * DAY));
    assert_eq!(asked.clone().answer(false), Err(Stuck::Waiting));
    assert_eq!(asked.clone().ask(&TERMS, NOW + 13 * DAY), Err(Stuck::Waiting));
    assert_eq!(asked.clone().answer(true).unwrap().phase, Phase::Overturned);
    let given = asked.clone().give(NOW + 23 * DAY - 1).unwrap();
    assert_eq!((given.phase, given.answer_by), (Phase::MoreGiven, NOW + 24 * DAY - 1));
    assert_eq!(given.clone().give(NOW + 23 * DAY), Err(Stuck::NotAsked));
    assert_eq!(asked.clone().give(NOW + 23 * DAY), Err(Stuck::NotAsked));
    let (lapsed, events) = passed(asked, NOW + 30 * DAY);
    assert_eq!(
        (lapsed.phase, lapsed.answer_by, events),
        (Phase::MoreLapsed, NOW + 24 * DAY, vec![Passed::Lapsed, Passed::Overdue])
    );
    assert_eq!(lapsed.answer(false).unwrap().due_at(), None);
}

#[test]
fn more_is_asked_for_three_times_at_most() {
    let mut course = Course::filed(&TERMS, NOW);
    for _ in 0..MOST_ASKED {
        course = course.ask(&TERMS, NOW).unwrap().give(NOW).unwrap();
    }
    assert_eq!(course.ask(&TERMS, NOW), Err(Stuck::AskedEnough));
}

fn evidence(attachments: &[&str], orders: &[&str]) -> Evidence {
    let reference = |name: &&str| Reference { kind: Referred::Order, name: (*name).to_owned() };
    Evidence {
        attachments: attachments.iter().map(|a| (*a).to_owned()).collect(),
        references: orders.iter().map(reference).collect(),
    }
}

#[test]
fn once_and_once_more_on_new_evidence() {
    let (first, until) = (evidence(&["a"], &["o-1"]), NOW + 184 * DAY);
    let file = |earlier: &[(Phase, Option<Instant>)], new: &Evidence, now| {
        let earlier: Vec<_> =
            earlier.iter().map(|(phase, closed_at)| Earlier { phase: *phase, closed_at: *closed_at, evidence: &first }).collect();
        may_file(Kind::Suspend, until, &earlier, new, &TERMS, now)
    };
    assert_eq!(file(&[], &Evidence::default(), until - 1), Ok(()));
    assert_eq!(file(&[], &first, until), Err(NotFiled::TooLate));
    let upheld = (Phase::Upheld, Some(until + DAY));
    assert_eq!(file(&[(Phase::MoreAsked, None)], &evidence(&["b"], &[]), NOW), Err(NotFiled::UnderWay));
    assert_eq!(file(&[(Phase::Overturned, Some(NOW))], &evidence(&["b"], &[]), NOW), Err(NotFiled::Overturned));
    assert_eq!(file(&[upheld], &first, until + DAY), Err(NotFiled::NothingNew));
    assert_eq!(file(&[upheld], &Evidence::default(), until + DAY), Err(NotFiled::NothingNew));
    assert_eq!(file(&[upheld], &evidence(&["a", "b"], &[]), until + DAY), Ok(()));
    assert_eq!(file(&[upheld], &evidence(&[], &["o-2"]), until + DAY), Ok(()));
    assert_eq!(file(&[upheld], &evidence(&["b"], &[]), until + 185 * DAY), Err(NotFiled::TooLate));
    assert_eq!(file(&[upheld, upheld], &evidence(&["c"], &[]), until + DAY), Err(NotFiled::Twice));
}

#[test]
fn what_gives_is_not_appealed() {
    let may = |kind| may_file(kind, NOW + 1, &[], &Evidence::default(), &TERMS, NOW);
    for kind in [Kind::Reinstate, Kind::RestoreListing, Kind::AwardBadge, Kind::Notice] {
        assert_eq!(may(kind), Err(NotFiled::NothingTaken));
    }
    for kind in [Kind::Warning, Kind::AskPlanOfAction, Kind::PullListing, Kind::RevokeBadge, Kind::Terminate] {
        assert_eq!(may(kind), Ok(()));
    }
}
