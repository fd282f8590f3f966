//! Feedback as it adds up: one rating a buyer in ten days, windows, floors.

use andon_aliexpress::AliExpress;
use andon_sdk::facts::{ClaimKind, ClaimState, FeedbackState};
use andon_sdk::testing::{OrderBuilder, Shop, order};

const TODAY: &str = "2026-06-30 12:00";

fn rated(id: u64, buyer: u64, day: &str, stars: u8) -> OrderBuilder {
    order().id(id).buyer(buyer).placed("2026-01-01").feedback(day, stars).aspects(stars, stars, stars)
}

/// Ten positive ratings of ten buyers.
fn shop() -> Shop<AliExpress> {
    Shop::new().facts(10, |i| rated(1000 + i, 1000 + i, "2026-06-01", 5))
}

fn score(days: &[&str]) -> String {
    let add = |shop: Shop<AliExpress>, (i, day): (usize, &&str)| shop.fact(rated(i as u64, 7, day, 5));
    days.iter().enumerate().fold(shop(), add).on(TODAY).metric("feedback-score")
}

#[test]
fn a_buyer_rates_once_in_each_block_of_a_month() {
    assert_eq!(score(&["2026-06-01", "2026-06-10 23:59"]), "11 good");
    assert_eq!(score(&["2026-06-10 23:59", "2026-06-11"]), "12 good");
    assert_eq!(score(&["2026-06-11", "2026-06-20 23:59"]), "11 good");
    assert_eq!(score(&["2026-06-20 23:59", "2026-06-21"]), "12 good");
    assert_eq!(score(&["2026-05-21", "2026-05-31 23:59"]), "11 good");
    assert_eq!(score(&["2026-05-31 23:59", "2026-06-01"]), "12 good");
}

#[test]
fn the_first_rating_of_a_block_counts_in_every_figure_and_those_excluded_do_not_use_it_up() {
    let figures = |first: OrderBuilder| {
        let health = shop().fact(rated(2, 7, "2026-06-05", 5)).fact(first).on(TODAY);
        (health.metric("feedback-score"), health.metric("described"), health.metric("positive-feedback-rate"))
    };
    let of = |score: &str, described: &str, rate: &str| (score.to_owned(), described.to_owned(), rate.to_owned());
    let first = || rated(1, 7, "2026-06-04", 1);
    assert_eq!(figures(first()), of("9 good", "51/11 good", "10/11 good"));
    let second = of("11 good", "55/11 good", "11/11 good");
    assert_eq!(figures(first().amount(499)), second);
    assert_eq!(figures(first().claim("2026-06-02", ClaimKind::NotReceived, ClaimState::Open)), second);
    assert_eq!(figures(first().feedback_is(FeedbackState::Struck)), second);
    assert_eq!(figures(first().delivered("2026-05-01")), second);
}

#[test]
fn means_and_rates_want_ten_and_the_score_nothing() {
    let nine = Shop::<AliExpress>::new().facts(9, |i| rated(i, i, "2026-06-01", 5)).on(TODAY);
    for metric in ["described", "service", "shipping"] {
        assert_eq!(shop().on(TODAY).metric(metric), "50/10 good");
        assert_eq!(nine.metric(metric), "45/9 insufficient");
    }
    assert_eq!(shop().on(TODAY).metric("positive-feedback-rate"), "10/10 good");
    assert_eq!(nine.metric("positive-feedback-rate"), "9/9 insufficient");
    assert_eq!(nine.metric("feedback-score"), "9 good");
}

#[test]
fn means_cover_180_days_and_the_score_all() {
    let on = |day: &str| {
        let health = shop().fact(rated(1, 1, day, 5)).on(TODAY);
        (health.metric("described"), health.metric("feedback-score"))
    };
    assert_eq!(on("2026-01-02"), ("55/11 good".into(), "11 good".into()));
    assert_eq!(on("2026-01-01 23:59"), ("50/10 good".into(), "11 good".into()));
}

#[test]
fn disputes_are_a_share_of_what_was_shipped_in_30_days() {
    let shop = |day: &'static str, all: u64| {
        Shop::<AliExpress>::new().facts(all, move |i| {
            let fact = order().id(i).buyer(i).shipped(day);
            if i < 3 { fact.claim("2026-06-20", ClaimKind::NotReceived, ClaimState::Open) } else { fact }
        })
    };
    assert_eq!(shop("2026-06-01", 30).on(TODAY).metric("dispute-rate"), "3/30 good");
    assert_eq!(shop("2026-06-01", 29).on(TODAY).metric("dispute-rate"), "3/29 insufficient");
    assert_eq!(shop("2026-05-31 23:59", 30).on(TODAY).metric("dispute-rate"), "0 insufficient");
}
