//! The three means: what divides what, over which days, how often one buyer counts, and against what they are held.

use andon_sdk::facts::FeedbackState;
use andon_sdk::testing::{Case, OrderBuilder, Shop, SnapshotBuilder, order};
use andon_taobao::Taobao;

const TODAY: &str = "2026-06-30 12:00";

/// An order of some buyer that succeeded on a day and was given the same mark thrice.
fn rated(id: u64, buyer: u64, day: &str, mark: u8) -> OrderBuilder {
    order().id(id).buyer(buyer).delivered(day).feedback(day, mark).aspects(mark, mark, mark)
}

/// Ten ratings of ten buyers, all the best.
fn shop() -> Shop<Taobao> {
    Shop::new().facts(10, |i| rated(1000 + i, 1000 + i, "2026-06-01", 5))
}

#[test]
fn a_mean_wants_ten_ratings() {
    for dimension in ["described", "service", "logistics"] {
        assert_eq!(shop().on(TODAY).metric(dimension), "50/10 good");
        let nine = Shop::<Taobao>::new().facts(9, |i| rated(i, i, "2026-06-01", 5));
        assert_eq!(nine.on(TODAY).metric(dimension), "45/9 insufficient");
        assert_eq!(shop().fact(rated(1, 1, "2026-06-01", 1)).on(TODAY).metric(dimension), "51/11 good");
    }
}

#[test]
fn six_months_are_180_days_and_end_today() {
    let on = |day: &'static str| shop().fact(rated(1, 1, day, 1)).on(TODAY).metric("described");
    assert_eq!(on("2026-01-02"), "51/11 good");
    assert_eq!(on("2026-01-01 23:59"), "50/10 good");
    assert_eq!(on("2026-06-30"), "51/11 good");
}

#[test]
fn a_buyers_first_three_ratings_of_a_month_count() {
    let marks = |n: u64| {
        let day = |i| ["2026-05-31 23:00", "2026-06-01", "2026-06-02", "2026-06-30 09:00", "2026-06-30 10:00"][i as usize];
        (0..n).fold(shop(), |shop, i| shop.fact(rated(i, 7, day(i), 1))).on(TODAY).metric("service")
    };
    // The first is of May; three of June count, and the fourth does not.
    assert_eq!(
        [marks(1), marks(2), marks(3), marks(4), marks(5)],
        ["51/11 good", "52/12 good", "53/13 good", "54/14 good", "54/14 good"]
    );
}

#[test]
fn first_is_who_succeeded_first_however_they_came_and_ties_go_by_the_order() {
    let four = [(1, "2026-06-04", 1), (2, "2026-06-03", 2), (3, "2026-06-02", 3), (4, "2026-06-01", 4)];
    let shop_of = |orders: &[(u64, &str, u8)]| {
        orders.iter().fold(shop(), |shop, (id, day, mark)| shop.fact(rated(*id, 7, day, *mark))).on(TODAY).metric("described")
    };
    assert_eq!(shop_of(&four), "59/13 good");
    assert_eq!(shop_of(&[four[3], four[1], four[0], four[2]]), "59/13 good");
    let at_once = [(4, "2026-06-01", 1), (3, "2026-06-01", 2), (2, "2026-06-01", 3), (1, "2026-06-01", 4)];
    assert_eq!(shop_of(&at_once), "59/13 good");
}

#[test]
fn what_the_rules_exclude_makes_room_for_the_next() {
    let four = |state| {
        let first = rated(1, 7, "2026-06-01", 1).feedback_is(state);
        (2..5).fold(shop().fact(first), |shop, i| shop.fact(rated(i, 7, "2026-06-02", i as u8))).on(TODAY).metric("described")
    };
    assert_eq!(four(FeedbackState::Counted), "56/13 good");
    assert_eq!(four(FeedbackState::Withdrawn), "59/13 good");
}

#[test]
fn whoever_has_not_rated_a_dimension_still_uses_one_of_three() {
    let partial = rated(1, 7, "2026-06-01", 1).aspects(1, None, None);
    let shop = (2..5).fold(shop().fact(partial), |shop, i| shop.fact(rated(i, 7, "2026-06-02", 1)));
    assert_eq!(shop.on(TODAY).metric("described"), "53/13 good");
    assert_eq!(shop.on(TODAY).metric("service"), "52/12 good");
}

fn verdict(settings: &[(&str, &str)], change: impl for<'a> FnOnce(SnapshotBuilder<'a>) -> SnapshotBuilder<'a>, expected: &str) {
    let case = Case::<Taobao>::with(settings);
    let snapshot = ["described", "service", "logistics"].iter().fold(case.snapshot(TODAY), |s, code| s.value(code, 5.0));
    case.check_verdict(change(snapshot), expected);
}

#[test]
fn means_are_held_against_the_marketplaces() {
    verdict(&[], |s| s, "standing good\nscore 1000");
    verdict(&[], |s| s.value("described", 4.5).peers("described", 5.0), "standing good\nscore 967");
    let below = "standing below-mean\nscore 966\nreasons described-below-mean";
    verdict(&[], |s| s.value("described", 4.49).peers("described", 5.0), below);
    verdict(&[("below-mean-percent", "11")], |s| s.value("described", 4.49).peers("described", 5.0), "standing good\nscore 966");
    verdict(&[("below-mean-percent", "0")], |s| s.value("described", 4.49).peers("described", 4.49), "standing good\nscore 966");
    verdict(
        &[],
        |s| s.value("service", 4.0).peers("service", 4.9).value("logistics", 4.0).peers("logistics", 4.9),
        "standing below-mean\nscore 867\nreasons service-below-mean, logistics-below-mean",
    );
}

#[test]
fn nobody_is_below_a_mean_that_is_not_known_or_on_too_few_ratings() {
    verdict(&[], |s| s.value("described", 1.0), "standing good\nscore 733");
    verdict(&[], |s| s.value("described", 1.0).peers("described", 5.0).insufficient("described"), "standing good\nscore 1000");
}
