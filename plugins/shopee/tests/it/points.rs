//! Penalty points: what each entry is worth, the quarter they stay for, and the 28 days that a tier lasts.

use andon_sdk::facts::{Severity, ViolationState};
use andon_sdk::testing::{Case, Shop, violation};
use andon_shopee::Shopee;

#[test]
fn severity_is_the_number_of_points_and_an_appeal_takes_them_off() {
    let case = Case::<Shopee>::new();
    let fact = violation().recorded("2026-03-02");
    for (severity, amount) in
        [(Severity::Low, ""), (Severity::Medium, " x2"), (Severity::High, " x3"), (Severity::Critical, " x4")]
    {
        let counted = format!("penalty-points 2026-03-02{amount} because points-recorded");
        let fact = fact.clone().severity(severity);
        case.check("2026-03-09", fact.clone(), &counted);
        for state in [ViolationState::Acknowledged, ViolationState::Resolved] {
            case.check("2026-03-09", fact.clone().state(state), &counted);
        }
        case.check("2026-03-09", fact.state(ViolationState::Overturned), &format!("{counted} but appealed"));
    }
}

/// A shop with one point on each of these days.
fn shop(days: &[&'static str]) -> Shop<Shopee> {
    days.iter().fold(Shop::new(), |shop, day| shop.fact(violation().recorded(*day)))
}

#[test]
fn points_stay_until_the_quarter_ends() {
    let two = shop(&["2026-04-01", "2026-06-30 23:59"]);
    assert_eq!(two.on("2026-06-30 23:59").metric("penalty-points"), "2 at-risk");
    assert_eq!(two.on("2026-07-01").metric("penalty-points"), "0 good");
    assert_eq!(shop(&["2026-03-31 23:59"]).on("2026-04-01").metric("penalty-points"), "0 good");
    assert_eq!(shop(&["2026-04-01"]).on("2026-06-29").metric("penalty-points"), "1 good");
    assert_eq!(shop(&["2026-04-01"; 3]).on("2026-06-29").metric("penalty-points"), "3 breached");
}

const TIER_1: &str = "standing tier-1\nscore 850\nreasons penalty-points-breached, penalty-tier\nwarning: penalty-tier";

#[test]
fn a_tier_lasts_28_days_from_when_it_was_reached() {
    let three = shop(&["2026-04-06", "2026-04-13", "2026-05-04"]);
    three.on("2026-05-03 12:00").check("standing at-risk\nscore 900\nreasons penalty-points-at-risk");
    three.on("2026-05-04 12:00").check(TIER_1);
    three.on("2026-05-31 12:00").check(TIER_1);
    let over = "standing at-risk\nscore 850\nreasons penalty-points-breached";
    three.on("2026-06-01 12:00").check(over);
    // A fourth point reaches no tier, the sixth does.
    let four = three.fact(violation().recorded("2026-06-01"));
    four.on("2026-06-01 12:00").check("standing at-risk\nscore 800\nreasons penalty-points-breached");
    let six = four.fact(violation().recorded("2026-06-08").severity(Severity::Medium));
    six.on("2026-06-08 12:00")
        .check("standing tier-2\nscore 700\nreasons penalty-points-breached, penalty-tier\nwarning: penalty-tier");
    six.on("2026-07-01 12:00").check("standing good\nscore 1000");
}

#[test]
fn points_of_the_last_quarter_do_not_weigh_on_a_new_one() {
    let shop = shop(&["2026-06-29", "2026-06-29", "2026-06-29", "2026-07-06", "2026-07-06", "2026-07-06"]);
    shop.on("2026-07-05 12:00").check("standing good\nscore 1000");
    shop.on("2026-07-06 12:00").check(TIER_1);
    shop.on("2026-08-02 12:00").check(TIER_1);
    shop.on("2026-08-03 12:00").check("standing at-risk\nscore 850\nreasons penalty-points-breached");
}

#[test]
fn an_appeal_restores() {
    let shop = shop(&["2026-05-04"; 2]).fact(violation().recorded("2026-05-04").state(ViolationState::Overturned));
    shop.on("2026-05-04 12:00").check("standing at-risk\nscore 900\nreasons penalty-points-at-risk");
}
