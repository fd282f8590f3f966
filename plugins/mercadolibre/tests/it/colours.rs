//! The colour that readings lead to, on both sides of every bound, and which window binds.

use andon_mercadolibre::MercadoLibre;
use andon_sdk::facts::{ClaimKind, ClaimState};
use andon_sdk::testing::{Case, Shop, SnapshotBuilder, order};

type Change = fn(SnapshotBuilder<'_>) -> SnapshotBuilder<'_>;

/// A merchant with a colour who is judged over a year, with something changed.
fn check(settings: &[(&str, &str)], change: Change, expected: &str) {
    let case = Case::<MercadoLibre>::with(settings);
    let snapshot = case.snapshot("2026-06-30").counts("sales-60", 39, 0).counts("sales-365", 10_000, 0);
    case.check_verdict(change(snapshot), expected);
}

#[test]
fn a_colour_wants_10_sales_in_a_year() {
    let gray = "standing gray\nscore 1000\nreasons too-few-sales";
    check(&[], |s| s.counts("sales-365", 9, 0), gray);
    check(&[], |s| s.counts("sales-365", 10, 0), "standing green\nscore 1000");
    // Without a colour nothing follows, however bad the rates.
    check(&[], |s| s.counts("sales-365", 9, 0).breached("claims-rate-365", 9).value("claims-rate-365", 1.0), gray);
}

#[test]
fn green_is_whoever_meets_every_limit() {
    check(&[], |s| s, "standing green\nscore 1000");
    check(
        &[],
        |s| s.at_risk("claims-rate-365").counts("claims-rate-365", 135, 10_000),
        "standing green\nscore 880\nreasons claims-rate-365-at-risk",
    );
    // The limit is the metric's own, which an operator may have moved beyond the other bounds.
    check(&[], |s| s.value("claims-rate-365", 0.5), "standing green\nscore 600");
    check(&[], |s| s.insufficient("claims-rate-365").value("claims-rate-365", 0.5), "standing green\nscore 1000");
}

/// Colours of the claims rate after green, with the score it leaves.
fn claims(change: Change, colour: &str, score: u16, proposals: &str) {
    check(&[], change, &format!("standing {colour}\nscore {score}\nreasons claims-rate-365-breached\n{proposals}"));
}

#[test]
fn after_green_come_light_green_yellow_orange_and_red() {
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 224, 10_000), "light-green", 801, "");
    let notice = "notice: claims-rate-365-breached";
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 225, 10_000), "yellow", 800, notice);
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 299, 10_000), "yellow", 734, notice);
    let warning = "warning: claims-rate-365-breached";
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 300, 10_000), "orange", 733, warning);
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 449, 10_000), "orange", 601, warning);
    let plan = "warning: claims-rate-365-breached\nask-plan-of-action: claims-rate-365-breached";
    claims(|s| s.breached("claims-rate-365", 1).counts("claims-rate-365", 450, 10_000), "red", 600, plan);
}

/// What a year's rate beyond its limit leads to.
fn beyond(settings: &[(&str, &str)], metric: &str, rate: f64, colour: &str, score: u16) {
    let reason = format!("{metric}-breached");
    let proposals = match colour {
        "yellow" => format!("notice: {reason}"),
        "orange" => format!("warning: {reason}"),
        "red" => format!("warning: {reason}\nask-plan-of-action: {reason}"),
        _ => String::new(),
    };
    let case = Case::<MercadoLibre>::with(settings);
    let snapshot = case.snapshot("2026-06-30").counts("sales-365", 40, 0).breached(metric, 1).value(metric, rate);
    case.check_verdict(snapshot, &format!("standing {colour}\nscore {score}\nreasons {reason}\n{proposals}"));
}

#[test]
fn late_dispatch_and_cancellations_have_bounds_of_their_own() {
    for (rate, colour, score) in [
        (0.1499, "light-green", 850),
        (0.15, "yellow", 850),
        (0.1999, "yellow", 800),
        (0.20, "orange", 800),
        (0.2999, "orange", 700),
        (0.30, "red", 700),
    ] {
        beyond(&[], "late-dispatch-rate-365", rate, colour, score);
    }
    for (rate, colour, score) in [
        (0.0149, "light-green", 851),
        (0.015, "yellow", 850),
        (0.0199, "yellow", 801),
        (0.02, "orange", 800),
        (0.0299, "orange", 701),
        (0.03, "red", 700),
    ] {
        beyond(&[], "cancellation-rate-365", rate, colour, score);
    }
    let wider = [("claims-light-green", "0.03"), ("claims-yellow", "0.03"), ("claims-orange", "0.06")];
    beyond(&wider, "claims-rate-365", 0.0299, "light-green", 801);
    beyond(&wider, "claims-rate-365", 0.03, "orange", 800);
}

#[test]
fn the_worst_rate_decides_and_is_what_the_proposal_rests_on() {
    check(
        &[],
        |s| {
            s.breached("claims-rate-365", 1).counts("claims-rate-365", 180, 10_000).breached("late-dispatch-rate-365", 1).counts(
                "late-dispatch-rate-365",
                2400,
                10_000,
            )
        },
        "standing orange
         score 600
         reasons claims-rate-365-breached, late-dispatch-rate-365-breached
         warning: late-dispatch-rate-365-breached",
    );
}

#[test]
fn from_40_sales_in_60_days_on_those_days_bind() {
    let claimed = |day, n, claims| {
        move |i: u64| {
            let sale = order().id(n + i).buyer(n + i).placed(day);
            if i < claims { sale.claim("2026-06-10", ClaimKind::NotReceived, ClaimState::Granted) } else { sale }
        }
    };
    // A bad year before two good months.
    let shop = |recent| {
        Shop::<MercadoLibre>::new().facts(100, claimed("2026-01-10", 0, 50)).facts(recent, claimed("2026-06-01", 1000, 0))
    };
    shop(39).on("2026-06-30").check(
        "standing red
         score 600
         reasons claims-rate-365-breached
         warning: claims-rate-365-breached
         ask-plan-of-action: claims-rate-365-breached",
    );
    shop(40).on("2026-06-30").check("standing green\nscore 1000");
    // The days move on by themselves: on the 61st the good months are over, and the year binds again.
    shop(40).on("2026-07-30").check("standing green\nscore 1000");
    shop(40).on("2026-07-31").check(
        "standing red
         score 600
         reasons claims-rate-365-breached
         warning: claims-rate-365-breached
         ask-plan-of-action: claims-rate-365-breached",
    );
}
