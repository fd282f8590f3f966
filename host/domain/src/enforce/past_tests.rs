//! Badges and reinstatements at moments before, in and after the courses of enforcements that a merchant may have.

use super::*;

const NEVER: [Instant; 0] = [];

fn course(id: u128, kind: Kind, stage: Stage, (from, over_at): (Instant, Option<Instant>)) -> Course {
    let (object, decided_by) = (if kind.has_object() { "top" } else { "" }.to_owned(), "ann".to_owned());
    let closing = over_at.filter(|_| stage != Stage::Expired).map(|at| ("bob".to_owned(), at));
    let (effective_at, lifted) = (Some(from), Vec::new());
    Course { id: Uuid::from_u128(id), kind, object, stage, decided_by, effective_at, over_at, closing, lifted }
}

fn ended_by(who: &str, course: Course) -> Course {
    Course { closing: course.closing.map(|(_, at)| (who.to_owned(), at)), ..course }
}

/// Ended others at `at`, and was reversed itself at `reversed`.
fn reversed(kind: Kind, (at, reversed): (Instant, Instant), lifted: u128) -> Course {
    let closing = Some(("bob".to_owned(), reversed));
    Course { closing, lifted: vec![Uuid::from_u128(lifted)], ..course(99, kind, Stage::Reversed, (at, Some(at))) }
}

/// At which of these moments a badge is worn.
fn worn(courses: &[Course], moments: impl IntoIterator<Item = Instant>) -> Vec<Instant> {
    let enforced = Enforced::of(courses);
    moments.into_iter().filter(|at| enforced.badges(*at).contains("top")).collect()
}

#[test]
fn a_badge_is_worn_from_its_award_until_it_ends() {
    let award = |stage, times| course(1, Kind::AwardBadge, stage, times);
    assert_eq!(worn(&[award(Stage::InForce, (10, None))], [9, 10, 1 << 40]), [10, 1 << 40]);
    assert_eq!(worn(&[award(Stage::Lifted, (10, Some(20)))], [9, 10, 19, 20]), [10, 19]);
    assert_eq!(worn(&[award(Stage::InForce, (10, Some(20)))], [19, 20]), [19], "it will be over by itself");
    for stage in [Stage::Observed, Stage::InReview, Stage::Scheduled, Stage::Declined, Stage::Withdrawn] {
        assert_eq!(worn(&[award(stage, (10, None))], [10, 20]), NEVER);
    }
    assert_eq!(worn(&[award(Stage::Reversed, (10, Some(5)))], 0..30), NEVER, "taken back before the time announced");
    let late = Course { effective_at: None, ..award(Stage::Reversed, (10, Some(15))) };
    assert_eq!(worn(&[late], 0..30), NEVER, "taken back after it, but before it was worn");
}

#[test]
fn two_who_awarded_a_badge_give_it_once_and_each_may_end_alone() {
    let courses = [(1, (1, Some(5))), (2, (3, Some(8)))].map(|(id, times)| course(id, Kind::AwardBadge, Stage::Lifted, times));
    assert_eq!(worn(&courses, 0..10), [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(Enforced::of(&courses).badges(4).len(), 1);
}

#[test]
fn what_was_put_back_in_force_was_not_in_between() {
    let revoked = reversed(Kind::RevokeBadge, (12, 15), 1);
    let back = course(1, Kind::AwardBadge, Stage::InForce, (10, None));
    assert_eq!(worn(&[back.clone(), revoked.clone()], 9..18), [10, 11, 15, 16, 17]);
    let again = Course { id: Uuid::from_u128(98), ..reversed(Kind::RevokeBadge, (20, 22), 1) };
    let lifted = course(1, Kind::AwardBadge, Stage::Lifted, (10, Some(25)));
    assert_eq!(worn(&[again, lifted, revoked.clone()], 10..30), [10, 11, 15, 16, 17, 18, 19, 22, 23, 24]);
    let stayed_ended = course(1, Kind::AwardBadge, Stage::Lifted, (10, Some(12)));
    assert_eq!(worn(&[stayed_ended, revoked], 9..30), [10, 11]);
}

#[test]
fn a_person_who_ends_the_last_of_what_narrows_reinstates() {
    let suspended = || course(1, Kind::Suspend, Stage::Lifted, (10, Some(20)));
    let at = |courses: &[Course]| [19, 20, 30].map(|at| Enforced::of(courses).reinstated(at));
    assert_eq!(at(&[suspended()]), [None, Some(20), Some(20)]);
    assert_eq!(at(&[ended_by("rules:amazon@1.0.0", suspended())]), [None; 3]);
    assert_eq!(at(&[ended_by("andon", suspended())]), [None; 3]);
    assert_eq!(at(&[course(1, Kind::Suspend, Stage::Expired, (10, Some(20)))]), [None; 3]);
    assert_eq!(at(&[course(1, Kind::HoldPayouts, Stage::Lifted, (10, Some(20)))]), [None; 3]);
    let restricted = |until| course(2, Kind::Restrict, Stage::Expired, (15, Some(until)));
    assert_eq!(at(&[suspended(), restricted(25)]), [None; 3], "it was still restricted");
    assert_eq!(at(&[suspended(), restricted(20)]), [None, Some(20), Some(20)]);
    let later = course(3, Kind::Terminate, Stage::Reversed, (22, Some(28)));
    assert_eq!(at(&[later, suspended()]), [None, Some(20), Some(28)]);
    let announced = Course { effective_at: None, ..course(1, Kind::Terminate, Stage::Reversed, (10, Some(20))) };
    assert_eq!(at(&[announced]), [None; 3], "it was only announced");
}

#[test]
fn a_reinstatement_that_was_reversed_had_been_one() {
    let suspended = course(1, Kind::Suspend, Stage::InForce, (10, None));
    let taken_back = reversed(Kind::Reinstate, (20, 25), 1);
    let enforced = Enforced::of(&[taken_back.clone(), suspended.clone()]);
    assert_eq!([19, 20, 30].map(|at| enforced.reinstated(at)), [None, Some(20), Some(20)]);
    let by_rules = Course { decided_by: "rules:amazon@1.0.0".into(), ..taken_back };
    assert_eq!(Enforced::of(&[by_rules, suspended]).reinstated(30), None);
}
