//! What a rating counts for, and a violation.

use andon_sdk::facts::{FeedbackState, Severity, ViolationState};
use andon_sdk::testing::{Case, OrderBuilder, contact, order, violation};
use andon_taobao::Taobao;

fn check(fact: OrderBuilder, lines: &str) {
    Case::<Taobao>::new().check("2026-04-20", fact, lines);
}

#[test]
fn each_dimension_counts_by_itself_on_the_day_the_transaction_succeeded() {
    let fact = order().placed("2026-03-01").delivered("2026-03-05").feedback("2026-03-09", 5);
    check(fact.clone(), "");
    check(fact.clone().aspects(5, None, None), "described-marks 2026-03-05 x5\ndescribed-ratings 2026-03-05");
    check(
        fact.aspects(3, 4, 5),
        "described-marks 2026-03-05 x3
         described-ratings 2026-03-05
         service-marks 2026-03-05 x4
         service-ratings 2026-03-05
         logistics-marks 2026-03-05 x5
         logistics-ratings 2026-03-05",
    );
    // Of a delivery nothing was heard.
    let unheard = order().placed("2026-03-01").feedback("2026-03-09", 5).aspects(None, 5, None);
    check(unheard, "service-marks 2026-03-09 x5\nservice-ratings 2026-03-09");
}

#[test]
fn marks_of_1_and_2_are_evidence() {
    let fact = |mark: u8| order().feedback("2026-03-09", 5).aspects(None, None, mark);
    let counted = |mark: u8| format!("logistics-marks 2026-03-09 x{mark}\nlogistics-ratings 2026-03-09\n").replace(" x1\n", "\n");
    check(fact(3), &counted(3));
    check(fact(2), &format!("{}logistics-low 2026-03-09 because low-mark", counted(2)));
    check(fact(1), &format!("{}logistics-low 2026-03-09 because low-mark", counted(1)));
}

#[test]
fn a_buyer_has_15_days_to_rate() {
    let fact = |rated: &str| order().delivered("2026-03-05").feedback(rated, 5).aspects(5, None, None);
    check(fact("2026-03-20"), "described-marks 2026-03-05 x5\ndescribed-ratings 2026-03-05");
    check(
        fact("2026-03-20 00:00:00.001"),
        "described-marks 2026-03-05 x5 but rated-too-late\ndescribed-ratings 2026-03-05 but rated-too-late",
    );
    // Rated before the parcel was reported delivered.
    check(fact("2026-03-04"), "described-marks 2026-03-05 x5\ndescribed-ratings 2026-03-05");
}

#[test]
fn ratings_that_may_not_count_are_shown() {
    for (state, exclusion) in [
        (FeedbackState::Struck, "feedback-struck"),
        (FeedbackState::Withdrawn, "feedback-withdrawn"),
        (FeedbackState::Removed, "feedback-removed"),
    ] {
        let fact = order().delivered("2026-03-05").feedback("2026-03-09", 1).aspects(1, None, None).feedback_is(state);
        check(
            fact,
            &format!(
                "described-marks 2026-03-05 but {exclusion}
                 described-ratings 2026-03-05 but {exclusion}
                 described-low 2026-03-05 because low-mark but {exclusion}"
            ),
        );
    }
}

#[test]
fn a_violation_costs_points_by_its_severity() {
    let fact = violation().recorded("2026-03-01");
    for (severity, line) in [
        (Severity::Low, "points-general 2026-03-01 x3"),
        (Severity::Medium, "points-general 2026-03-01 x6"),
        (Severity::High, "points-serious 2026-03-01 x12"),
        (Severity::Critical, "points-serious 2026-03-01 x48"),
    ] {
        let (case, fact) = (Case::<Taobao>::new(), fact.clone().severity(severity));
        case.check("2026-04-20", fact.clone(), &format!("{line} because violation-recorded"));
        let overturned = fact.clone().state(ViolationState::Overturned);
        case.check("2026-04-20", overturned, &format!("{line} because violation-recorded but violation-overturned"));
        let resolved = fact.state(ViolationState::Resolved);
        case.check("2026-04-20", resolved, &format!("{line} because violation-recorded"));
    }
    let settings = Case::<Taobao>::with(&[("points-low", "0"), ("points-medium", "2")]);
    settings.check("2026-04-20", fact.clone(), "");
    settings.check("2026-04-20", fact.severity(Severity::Medium), "points-general 2026-03-01 x2 because violation-recorded");
}

#[test]
fn orders_without_a_rating_and_contacts_count_for_nothing() {
    check(order().delivered("2026-03-05"), "");
    Case::<Taobao>::new().check("2026-04-20", contact(), "");
}
