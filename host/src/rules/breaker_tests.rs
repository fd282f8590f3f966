//! The breaker against its rule in words, then against any history.

use proptest::prelude::*;

use super::*;

fn breaker() -> Breaker {
    Breaker::new(BreakerPolicy::default(), 0)
}

/// Asks about one thing; says what changed, or nothing where the question was not let through.
fn ask(breaker: &mut Breaker, key: u64, good: bool, now: Instant) -> Option<Change> {
    let through = breaker.enter(now);
    let (answered, failed) = if good { (1, vec![]) } else { (0, vec![key]) };
    through.then(|| breaker.record(answered, &failed, now))
}

/// Fails on things never seen before until something changes.
fn fail(breaker: &mut Breaker, now: Instant) -> Change {
    (now as u64 * 1_000..).find_map(|key| ask(breaker, key, false, now).filter(|change| *change != Change::Nothing)).unwrap()
}

#[test]
fn five_failures_among_twenty_answers_open_it() {
    let mut breaker = breaker();
    for i in 0..4 {
        assert_eq!(ask(&mut breaker, i, false, 0), Some(Change::Nothing));
    }
    for _ in 0..15 {
        assert_eq!(ask(&mut breaker, 0, true, 0), Some(Change::Nothing));
    }
    let mut sixteenth = breaker.clone();
    assert_eq!(ask(&mut breaker, 9, false, 0), Some(Change::Opened(1)));
    // One answer more, and the first failure is no longer among the last twenty.
    assert_eq!(ask(&mut sixteenth, 0, true, 0), Some(Change::Nothing));
    assert_eq!(ask(&mut sixteenth, 9, false, 0), Some(Change::Nothing));
}

#[test]
fn rests_double_up_to_the_longest_and_then_it_is_given_up() {
    let (mut breaker, mut now, mut rests) = (breaker(), 1_000, Vec::new());
    loop {
        match fail(&mut breaker, now) {
            Change::Opened(_) => {
                let until = breaker.resting(now).unwrap();
                assert!(!breaker.enter(until - 1));
                rests.push(until - now);
                now = until;
            }
            other => break assert_eq!(other, Change::GivenUp),
        }
    }
    assert_eq!(rests, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
}

#[test]
fn after_a_rest_one_question_decides() {
    let mut breaker = breaker();
    fail(&mut breaker, 0);
    assert!(breaker.enter(1_000));
    assert!(!breaker.enter(1_000), "a second one while the first is out");
    let mut bad = breaker.clone();
    assert_eq!(bad.record(3, &[1], 1_000), Change::Opened(2));
    assert_eq!(breaker.record(4, &[1], 1_000), Change::Nothing);
    assert!(breaker.enter(1_000) && breaker.enter(1_000));
}

#[test]
fn a_question_that_came_to_nothing_leaves_its_place_to_the_next() {
    let mut breaker = breaker();
    fail(&mut breaker, 0);
    assert!(breaker.enter(1_000));
    breaker.leave(1_000);
    assert!(breaker.enter(1_000));
}

#[test]
fn one_bad_thing_tried_again_and_again_never_opens_it() {
    let mut breaker = breaker();
    for now in 0..1_000 {
        assert_eq!(ask(&mut breaker, 7, false, now), Some(Change::Nothing));
    }
}

#[test]
fn a_window_without_a_rest_forgets_the_rests_before() {
    let mut breaker = breaker();
    fail(&mut breaker, 0);
    let changes: Vec<_> = (0..20).map(|_| ask(&mut breaker, 0, true, 1_000).unwrap()).collect();
    assert_eq!((changes[18], changes[19]), (Change::Nothing, Change::Recovered));
    fail(&mut breaker, 1_000);
    assert_eq!(breaker.resting(1_000), Some(2_000));
}

#[test]
fn one_that_flaps_is_given_up_in_the_end() {
    let (mut breaker, mut now) = (breaker(), 0);
    let given_up = (0..100).any(|_| {
        now = breaker.resting(now).unwrap_or(now);
        let _ = ask(&mut breaker, 0, true, now);
        now += 1;
        fail(&mut breaker, now) == Change::GivenUp
    });
    assert!(given_up);
}

#[test]
fn a_clock_set_back_does_not_lengthen_a_rest() {
    let mut breaker = breaker();
    fail(&mut breaker, 1_000_000_000);
    assert!(breaker.enter(1_000));
}

#[test]
fn what_rested_in_another_process_is_tried_first() {
    let mut breaker = Breaker::new(BreakerPolicy::default(), 10);
    assert!(breaker.enter(0) && !breaker.enter(0));
    assert_eq!(breaker.record(0, &[1], 0), Change::GivenUp);
}

proptest! {
    #[test]
    fn any_history_keeps_the_rules(
        steps in prop::collection::vec((any::<bool>(), 0u64..30, 0i64..5_000), 0..400),
        (failures, window, rests) in (1u32..8, 1u32..25, 0u32..6),
    ) {
        let policy = BreakerPolicy { failures: failures.min(window), window, rest: 1_000, longest_rest: 10_000, rests };
        let (mut breaker, mut now, mut failed) = (Breaker::new(policy, 0), 0, 0);
        for (good, key, later) in steps {
            now += later;
            let resting = breaker.resting(now);
            let change = ask(&mut breaker, key, good, now);
            prop_assert_eq!(change.is_none(), resting.is_some());
            failed += u32::from(change.is_some() && !good);
            prop_assert!(breaker.recent.len() <= window as usize && breaker.rests <= rests);
            match change {
                Some(Change::Opened(n)) => {
                    prop_assert!(!good && n <= rests && n == breaker.rests);
                    let rest = breaker.resting(now).unwrap() - now;
                    prop_assert_eq!(rest, (1_000 << (n - 1)).min(10_000));
                }
                Some(Change::GivenUp) => prop_assert!(!good && failed > rests),
                Some(Change::Recovered) => prop_assert_eq!(breaker.rests, 0),
                _ => {}
            }
        }
    }
}
