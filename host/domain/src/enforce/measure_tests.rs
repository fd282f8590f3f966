//! Taking a measure back leaves exactly what the others make, in whatever order they came.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn measures() -> impl Strategy<Value = Vec<Measure>> {
    let kinds: Vec<Kind> = Kind::ALL.iter().map(|(kind, _)| *kind).filter(|kind| kind.lasts()).collect();
    let one = (select(kinds), 0..3u8, 1..4u32).prop_map(|(kind, object, amount)| Measure {
        kind,
        object: if kind.has_object() { format!("o{object}") } else { String::new() },
        amount: (kind == Kind::CapOrders).then_some(amount),
    });
    proptest::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn what_is_taken_back_leaves_what_the_others_make(mut all in measures(), one in any::<prop::sample::Index>()) {
        prop_assume!(!all.is_empty());
        let (before, place) = (all.clone(), one.index(all.len()));
        let taken = all.remove(place);
        let without = Effect::of(&all);
        all.push(taken);
        prop_assert_eq!(Effect::of(&all), Effect::of(&before), "the order is of no account");
        all.pop();
        prop_assert_eq!(Effect::of(&all), without);
    }

    #[test]
    fn more_measures_never_open_an_account(mut all in measures(), more in measures()) {
        let before = Effect::of(&all);
        all.extend(more);
        let after = Effect::of(&all);
        prop_assert!(after.account >= before.account && after.payouts_held >= before.payouts_held);
        prop_assert!(after.listings_pulled.is_superset(&before.listings_pulled));
        prop_assert!(before.order_cap.is_none_or(|cap| after.order_cap.is_some_and(|now| now <= cap)));
    }

    #[test]
    fn nothing_is_admitted_over_a_terminated_account(all in measures(), next in measures()) {
        let terminated = all.iter().chain([&Measure::of(Kind::Terminate)]).cloned().collect::<Vec<_>>();
        for measure in &next {
            prop_assert_eq!(Effect::of(&terminated).admits(measure), Err(Illegal::Terminated));
        }
    }

    #[test]
    fn what_lifts_finds_something_wherever_it_is_admitted(all in measures()) {
        let effect = Effect::of(&all);
        for measure in [Measure::of(Kind::Reinstate), Measure::about(Kind::RestoreListing, "o1"), Measure::about(Kind::RevokeBadge, "o1")] {
            let ends = all.iter().any(|other| measure.lifts(Origin::Person, other, Origin::Rules));
            prop_assert_eq!(effect.admits(&measure).is_ok(), ends && effect.account != Account::Terminated);
        }
    }
}

#[test]
fn rules_end_only_what_rules_did_and_nobody_ends_a_cord() {
    let (pull, restore) = (Measure::about(Kind::PullListing, "a"), Measure::about(Kind::RestoreListing, "a"));
    assert!(restore.lifts(Origin::Rules, &pull, Origin::Rules));
    assert!(!restore.lifts(Origin::Rules, &pull, Origin::Person));
    assert!(restore.lifts(Origin::Person, &pull, Origin::Rules));
    assert!(!restore.lifts(Origin::Person, &pull, Origin::Cord));
    assert!(!restore.lifts(Origin::Person, &Measure::about(Kind::PullListing, "b"), Origin::Rules));
}
