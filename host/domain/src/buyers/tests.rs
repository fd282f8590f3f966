//! Who is found and who is not: by what they did, whatever the order in which it became known.

use proptest::prelude::*;

use super::*;
use crate::fact::{Feedback, Fulfilment, ServiceLevel, Tracking};
use crate::ids::Named;

const HOUR: Instant = 3_600_000;

/// A rating of an order of its own.
fn rated(order: i64, buyer: u64, merchant: i64, at: Instant, low: bool) -> Rated {
    Rated { buyer, at, order, merchant, low, money_back: false, gainsaid: false }
}

/// A thousand ratings by as many buyers over fifty merchants, one in twenty low, an hour apart.
fn everybody() -> Vec<Rated> {
    (0..1000).map(|i| rated(i, 10_000 + i as u64, i % 50, i * HOUR, i % 20 == 0)).collect()
}

fn kinds(suspect: &Suspect) -> Vec<&'static str> {
    suspect.signals.iter().map(|s| s.oddity.word()).collect()
}

#[test]
fn a_buyer_who_gives_low_ratings_only_is_found_with_the_orders() {
    let mut ratings = everybody();
    ratings.extend((0..6).map(|i| rated(2000 + i, 1, i, i * 100 * HOUR, true)));
    // Four tell nothing, however low; and six of a hundred are what everybody gives.
    ratings.extend((0..4).map(|i| rated(3000 + i, 2, 10 + i, i * 100 * HOUR, true)));
    ratings.extend((0..100).map(|i| rated(4000 + i, 3, i % 50, i * 10 * HOUR, i < 6)));
    let found = suspects(&ratings);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].buyer, found[0].low, kinds(&found[0])), (1, 6, vec!["low-share"]));
    assert_eq!(found[0].signals[0].orders, [2000, 2001, 2002, 2003, 2004, 2005]);
    assert!(found[0].signals[0].chance < 1e-6 && (0.04..0.07).contains(&found[0].signals[0].usual));
}

#[test]
fn low_ratings_of_one_merchant_within_hours_are_a_burst_of_all_who_gave_them() {
    let mut ratings = everybody();
    let minutes = |i: i64| 500 * HOUR + i * 60_000;
    ratings.extend((0..8).map(|i| rated(2000 + i, 100 + i as u64, 7, minutes(i), true)));
    let found = suspects(&ratings);
    assert_eq!(found.iter().map(|s| s.buyer).collect::<Vec<_>>(), (100..108).collect::<Vec<_>>());
    for (i, suspect) in found.iter().enumerate() {
        let signal = &suspect.signals[0];
        assert_eq!((kinds(suspect), signal.count, signal.orders.as_slice()), (vec!["burst"], 8, &[2000 + i as i64][..]));
        assert_eq!(signal.burst, Some((7, minutes(0), minutes(7))));
    }
    // A merchant with as many low ratings at any other time has no burst, only bad days.
    let bad_days = |i: i64| rated(5000 + i, 20_000 + i as u64, 7, i * HOUR / 2, true);
    let everyday: Vec<Rated> = everybody().into_iter().chain((0..2000).map(bad_days)).collect();
    assert!(suspects(&everyday).iter().all(|s| !kinds(s).contains(&"burst")));
}

#[test]
fn money_back_and_gainsaying_words_are_told_apart() {
    let mut ratings = everybody();
    ratings.extend((0..4).map(|i| Rated { money_back: true, ..rated(2000 + i, 1, i, i * 100 * HOUR, true) }));
    ratings.extend((0..4).map(|i| Rated { gainsaid: true, ..rated(3000 + i, 2, i, i * 100 * HOUR, true) }));
    let found = suspects(&ratings);
    let said: Vec<_> = found.iter().map(|s| (s.buyer, kinds(s))).collect();
    assert_eq!(said, [(1, vec!["low-with-money-back"]), (2, vec!["text-against-stars"])]);
}

struct Praise;

impl ReadsText for Praise {
    fn stars(&self, comment: &str) -> Option<u8> {
        comment.contains("perfect").then_some(5)
    }
}

#[test]
fn only_feedback_that_counts_is_looked_at() {
    let feedback = Feedback {
        at: 5,
        rating: 2,
        as_described: None,
        service: None,
        delivery: None,
        comment: "perfect".into(),
        state: FeedbackState::Counted,
        state_reason: "".into(),
    };
    let claim = crate::fact::Claim {
        reference: "c".into(),
        opened: 1,
        kind: crate::fact::ClaimKind::NotReceived,
        state: ClaimState::Open,
        closed: None,
    };
    let named = |name: &str, key| Named { key, name: name.into() };
    let order = Order {
        id: named("o", 1),
        merchant: "m".into(),
        buyer: named("b", 2),
        listing: named("l", 3),
        units: 1,
        amount: 1,
        fulfilment: Fulfilment::Merchant,
        service: ServiceLevel::Standard,
        placed: 0,
        ship_by: None,
        deliver_by: None,
        shipped: None,
        delivered: None,
        tracking: Tracking::None,
        cancelled: None,
        feedback: Some(feedback.clone()),
        claims: vec![claim.clone()],
        returns: Vec::new(),
        incidents: Vec::new(),
        contacts: Vec::new(),
        accepted: None,
    };
    let known = Rated { buyer: 2, at: 5, order: 9, merchant: 4, low: true, money_back: true, gainsaid: false };
    assert_eq!(Rated::of(&order, 9, 4, None), Some(known));
    assert_eq!(Rated::of(&order, 9, 4, Some(&Praise)), Some(Rated { gainsaid: true, ..known }));
    let denied = Order { claims: vec![crate::fact::Claim { state: ClaimState::Denied, ..claim }], ..order.clone() };
    assert_eq!(Rated::of(&denied, 9, 4, None), Some(Rated { money_back: false, ..known }));
    let middling = Order { feedback: Some(Feedback { rating: 3, ..feedback.clone() }), ..order.clone() };
    assert_eq!(Rated::of(&middling, 9, 4, Some(&Praise)), Some(Rated { low: false, money_back: false, ..known }));
    let struck = Order { feedback: Some(Feedback { state: FeedbackState::Struck, ..feedback }), ..order.clone() };
    assert_eq!((Rated::of(&struck, 9, 4, None), Rated::of(&Order { feedback: None, ..order }, 9, 4, None)), (None, None));
}

/// Ratings among which buyer 0 gives low ones nearly always, and merchant 3 gets its low ones within an hour and a half.
fn some_ratings() -> impl Strategy<Value = Vec<Rated>> {
    let one = (0u64..6, 0i64..4, 0i64..200, 0i64..100, any::<bool>());
    prop::collection::vec(one, 0..160).prop_map(|all| {
        let rating = |(i, (buyer, merchant, at, luck, back)): (usize, (u64, i64, i64, i64, bool))| {
            let low = luck < if buyer == 0 { 95 } else { 12 };
            let at = if low && merchant == 3 { 20 * HOUR + luck * 60_000 } else { at * HOUR / 4 };
            Rated { money_back: low && back, ..rated(i as i64, buyer, merchant, at, low) }
        };
        all.into_iter().enumerate().map(rating).collect()
    })
}

proptest! {
    #[test]
    fn whatever_is_found_is_borne_out_by_low_ratings_of_the_buyer(ratings in some_ratings()) {
        let found = suspects(&ratings);
        prop_assert!(found.windows(2).all(|pair| pair[0].signals[0].chance <= pair[1].signals[0].chance));
        for suspect in &found {
            for signal in &suspect.signals {
                prop_assert!(signal.chance < CHANCE && signal.count <= signal.of && signal.count >= LEAST);
                prop_assert!(!signal.orders.is_empty());
                for order in &signal.orders {
                    let rating = &ratings[*order as usize];
                    prop_assert!(rating.low && rating.buyer == suspect.buyer);
                    prop_assert!(signal.oddity != Oddity::MoneyBack || rating.money_back);
                    let inside = signal.burst.is_none_or(|(merchant, from, to)| rating.merchant == merchant && (from..=to).contains(&rating.at));
                    prop_assert!(inside);
                }
            }
        }
    }

    #[test]
    fn the_order_in_which_ratings_are_read_does_not_matter(ratings in some_ratings(), turn in any::<prop::sample::Index>()) {
        let found = suspects(&ratings);
        let mut turned = ratings.clone();
        turned.rotate_left(turn.index(ratings.len().max(1)).min(ratings.len()));
        prop_assert_eq!(suspects(&turned), found);
    }

    #[test]
    fn a_good_rating_never_makes_a_buyer_more_suspect(ratings in some_ratings()) {
        let share = |all: &[Rated]| {
            let suspect = suspects(all).into_iter().find(|s| s.buyer == 0)?;
            suspect.signals.into_iter().find(|s| s.oddity == Oddity::LowShare).map(|s| s.chance)
        };
        let more: Vec<Rated> = ratings.iter().copied().chain([rated(1000, 0, 9, 9_999_999_999, false)]).collect();
        prop_assert!(share(&more).unwrap_or(1.0) >= share(&ratings).unwrap_or(1.0));
    }
}
