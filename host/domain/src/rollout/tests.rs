//! Line-ups under every sequence of changes, and the paths that operators take.

use proptest::prelude::*;

use super::*;

const DAY: Instant = 86_400_000;

fn started() -> LineUp {
    LineUp::new([Entry { id: 1, state: State::Active, plan: Plan::at_once(), stopped: None }])
}

fn states(lineup: &LineUp) -> Vec<(i64, State)> {
    lineup.entries().iter().map(|e| (e.id, e.state)).collect()
}

fn why() -> String {
    "because".into()
}

#[derive(Debug, Clone)]
enum Call {
    Begin(i64, Plan),
    Built(i64),
    Due,
    RollBack(i64),
    Stop(i64),
    Pause(i64),
    Resume(i64),
    Cancel(i64),
    Removed(i64),
}

fn call() -> impl Strategy<Value = Call> {
    let id = || 1i64..9;
    let share = prop_oneof![Just(0u8), Just(1), Just(50), Just(100)];
    let plan = (share, prop::option::weighted(0.3, 0i64..40)).prop_map(|(share, days)| Plan {
        share,
        effective_at: days.map(|d| d * DAY),
        ..Plan::default()
    });
    prop_oneof![
        3 => (id(), plan).prop_map(|(id, plan)| Call::Begin(id, plan)),
        3 => id().prop_map(Call::Built),
        1 => Just(Call::Due),
        1 => id().prop_map(Call::RollBack),
        1 => id().prop_map(Call::Stop),
        1 => id().prop_map(Call::Pause),
        1 => id().prop_map(Call::Resume),
        1 => id().prop_map(Call::Cancel),
        2 => id().prop_map(Call::Removed),
    ]
}

fn make(lineup: &LineUp, call: Call, now: Instant) -> Option<Step> {
    match call {
        Call::Begin(id, plan) => lineup.begin(id, plan, now).ok(),
        Call::Built(id) => lineup.built(id, now, 15 * DAY).ok(),
        Call::Due => lineup.due(now),
        Call::RollBack(id) => lineup.roll_back(id, why()).ok(),
        Call::Stop(id) => lineup.stop(id, why()).ok(),
        Call::Pause(id) => lineup.pause(id).ok(),
        Call::Resume(id) => lineup.resume(id).ok(),
        Call::Cancel(id) => lineup.cancel(id, why()).ok(),
        Call::Removed(id) => lineup.removed(id).ok(),
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_the_line_up_stays_sound(calls in prop::collection::vec(call(), 0..60)) {
        let mut lineup = started();
        for (day, call) in calls.into_iter().enumerate() {
            let now = day as i64 * DAY;
            let Some(step) = make(&lineup, call, now) else { continue };
            let count = |state: State| step.lineup.entries().iter().filter(|e| e.state == state).count();
            prop_assert_eq!(count(State::Active), 1, "somebody rules, and nobody else");
            prop_assert!(count(State::Standby) <= 1 && count(State::RollingOut) <= 1 && count(State::Announced) <= 1);
            prop_assert!(step.lineup.entries().iter().filter(|e| e.state.is_tallied()).count() <= MOST);
            for entry in step.lineup.entries() {
                let before = lineup.get(entry.id).map(|e| e.state);
                prop_assert!(before.is_some() || entry.state == State::Building, "nothing is used that was not built");
                if entry.state.is_judged() && before != Some(entry.state) {
                    prop_assert!(step.judge_all, "{:?} came without anybody being judged", entry.state);
                }
                if before == Some(State::RollingOut) && !matches!(entry.state, State::RollingOut | State::Active) {
                    prop_assert!(step.restore.contains(&entry.id), "a share keeps what a stopped roll-out gave it");
                }
                if before == Some(State::Announced) && !matches!(entry.state, State::Announced | State::RollingOut | State::Active) {
                    prop_assert!(step.withdraw.contains(&entry.id), "merchants wait for what will not come");
                }
            }
            lineup = LineUp::new(step.lineup.entries().iter().cloned());
        }
    }

    #[test]
    fn a_smaller_share_lies_within_a_larger_one(lot: u64, a in 0u8..=100, b in 0u8..=100) {
        let (small, large) = (a.min(b), a.max(b));
        prop_assert!(!is_drawn(lot, small) || is_drawn(lot, large));
        prop_assert!(is_drawn(lot, 100) && !is_drawn(lot, 0));
    }
}

#[test]
fn a_switch_keeps_the_last_one_and_going_back_is_the_same_switch() {
    let building = started().begin(2, Plan::at_once(), 0).unwrap().lineup;
    assert_eq!(states(&building), [(1, State::Active), (2, State::Building)]);
    let switched = building.built(2, 0, 0).unwrap();
    assert_eq!(states(&switched.lineup), [(1, State::Standby), (2, State::Active)]);
    assert!(switched.judge_all && switched.restore.is_empty());
    let back = switched.lineup.roll_back(2, why()).unwrap();
    assert_eq!((states(&back.lineup), back.restore.clone()), (vec![(1, State::Active), (2, State::Standby)], vec![2]));
    // The one that was rolled back says why; switched back to, it says no more.
    let stopped = |step: &Step, id| step.lineup.get(id).unwrap().stopped.clone();
    assert_eq!((stopped(&back, 1), stopped(&back, 2)), (None, Some(why())));
    let returned = back.lineup.roll_back(1, why()).unwrap();
    assert_eq!(states(&returned.lineup), states(&switched.lineup));
    assert_eq!((stopped(&returned, 1), stopped(&returned, 2)), (Some(why()), None));
    let forth = back.lineup.begin(2, Plan::at_once(), 0).unwrap();
    assert_eq!(states(&forth.lineup), states(&switched.lineup));
    let third = forth.lineup.begin(3, Plan::at_once(), 0).unwrap().lineup.built(3, 0, 0).unwrap();
    assert_eq!(states(&third.lineup), [(1, State::Retiring), (2, State::Standby), (3, State::Active)]);
    assert_eq!(started().roll_back(1, why()), Err(Refusal::NoWayBack));
}

#[test]
fn a_roll_out_grows_shrinks_and_stops() {
    let plan = |share| Plan { share, ..Plan::default() };
    let one = started().begin(2, plan(1), 0).unwrap().lineup.built(2, 0, 0).unwrap();
    assert_eq!(states(&one.lineup), [(1, State::Active), (2, State::RollingOut)]);
    assert_eq!(one.lineup.begin(3, Plan::at_once(), 0), Err(Refusal::UnderWay(2)));
    let ten = one.lineup.begin(2, plan(10), 0).unwrap();
    assert!(ten.judge_all && ten.lineup.get(2).unwrap().plan.share == 10);
    let stopped = ten.lineup.stop(2, why()).unwrap();
    assert_eq!((states(&stopped.lineup), stopped.restore), (vec![(1, State::Active), (2, State::Shadow)], vec![2]));
    assert_eq!(stopped.lineup.get(2).unwrap().stopped, Some(why()));
    let all = ten.lineup.begin(2, plan(100), 0).unwrap();
    assert_eq!((states(&all.lineup), all.restore), (vec![(1, State::Standby), (2, State::Active)], vec![]));
}

#[test]
fn what_is_announced_comes_on_its_day_with_the_whole_notice_given() {
    let plan = Plan { share: 100, effective_at: Some(15 * DAY), ..Plan::default() };
    let building = started().begin(2, plan.clone(), 0).unwrap().lineup;
    let announced = building.built(2, DAY, 15 * DAY).unwrap().lineup;
    assert_eq!(announced.get(2).unwrap().plan.effective_at, Some(16 * DAY), "building took a day of the notice");
    assert_eq!(announced.begin(3, plan.clone(), 0), Err(Refusal::Announced(2)));
    for other in [Plan::at_once(), Plan::default(), Plan { effective_at: Some(40 * DAY), ..plan }] {
        assert_eq!(announced.begin(2, other, 0), Err(Refusal::Announced(2)));
    }
    assert_eq!(announced.due(16 * DAY - 1), None);
    assert_eq!(states(&announced.due(16 * DAY).unwrap().lineup), [(1, State::Standby), (2, State::Active)]);
    // Something that cannot wait goes first, and what was announced stays.
    let urgent = announced.begin(3, Plan::at_once(), 0).unwrap().lineup.built(3, 0, 0).unwrap().lineup;
    assert_eq!(states(&urgent), [(1, State::Standby), (2, State::Announced), (3, State::Active)]);
    let cancelled = urgent.cancel(2, why()).unwrap();
    assert_eq!((cancelled.withdraw, cancelled.lineup.get(2).unwrap().state), (vec![2], State::Retiring));
}

#[test]
fn without_rules_in_force_there_is_nothing_to_compare_with() {
    let shadow = Plan { share: 0, ..Plan::default() };
    assert_eq!(LineUp::default().begin(1, shadow, 0), Err(Refusal::NothingInForce));
    let first = LineUp::default().begin(1, Plan::at_once(), 0).unwrap().lineup.built(1, 0, 0).unwrap();
    assert_eq!(states(&first.lineup), [(1, State::Active)]);
}
