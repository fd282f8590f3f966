//! Messages, returns and violations.

use andon_amazon::Amazon;
use andon_sdk::facts::{ReturnOutcome, Severity, ViolationState};
use andon_sdk::testing::{Case, ReturnBuilder, contact, order, return_request, violation};

#[test]
fn a_message_is_answered_late_after_24_hours() {
    let case = Case::<Amazon>::new();
    let fact = contact().opened("2026-03-01");
    let owed = "answers-owed 2026-03-01\n";
    case.check("2026-03-02", fact.clone(), &format!("{owed}revisit 2026-03-02 00:00:00.001"));
    case.check("2026-03-02 00:00:00.001", fact.clone(), &format!("{owed}answers-late 2026-03-01 because not-answered"));
    case.check("2026-03-09", fact.clone().answered("2026-03-02"), owed);
    case.check(
        "2026-03-09",
        fact.clone().answered("2026-03-02 00:00:00.001"),
        &format!("{owed}answers-late 2026-03-01 because answered-late"),
    );
    case.check("2026-03-09", fact.owed_nothing(), "");
}

fn returned(now: &str, request: ReturnBuilder, line: &str) {
    let expected = format!("orders 2026-01-01\nreturns-requested 2026-03-01\n{line}");
    Case::<Amazon>::new().check(now, order().by_platform().returned(request), &expected);
}

#[test]
fn a_return_goes_badly_by_silence_by_wrong_or_by_the_buyers_word() {
    let request = return_request("2026-03-01");
    let badly = |why: &str| format!("returns-dissatisfied 2026-03-01 because {why}");
    returned("2026-03-03", request.clone(), "revisit 2026-03-03 00:00:00.001");
    returned("2026-03-03 00:00:00.001", request.clone(), &badly("not-answered"));
    returned("2026-03-09", request.clone().answered("2026-03-03"), "");
    returned("2026-03-09", request.clone().answered("2026-03-03 00:00:00.001"), &badly("answered-late"));
    let answered = request.answered("2026-03-02");
    returned("2026-03-09", answered.clone().outcome(ReturnOutcome::Rejected), "");
    returned("2026-03-09", answered.clone().outcome(ReturnOutcome::WronglyRejected), &badly("wrongly-rejected"));
    returned("2026-03-09", answered.outcome(ReturnOutcome::Refunded).dissatisfied(), &badly("dissatisfied"));
}

#[test]
fn a_subject_never_has_more_marks_than_it_may() {
    let mut fact = order();
    for _ in 0..1000 {
        fact = fact.returned(return_request("2026-03-01"));
    }
    let returns = ["returns-requested 2026-03-01", "returns-dissatisfied 2026-03-01 because not-answered"].repeat(16).join("\n");
    Case::<Amazon>::new().check("2026-03-09", fact, &format!("orders 2026-01-01\norders-self-fulfilled 2026-01-01\n{returns}"));
}

#[test]
fn a_violation_counts_by_severity_and_towards_its_cap() {
    let case = Case::<Amazon>::new();
    let because = "because violation-recorded";
    let fact = violation().recorded("2026-03-01");
    for (severity, counter) in [
        (Severity::Low, "violations-low"),
        (Severity::Medium, "violations-medium"),
        (Severity::High, "violations-high"),
        (Severity::Critical, "violations-critical"),
    ] {
        let expected = format!("violations 2026-03-01 {because}\n{counter} 2026-03-01 {because}");
        case.check("2026-03-09", fact.clone().severity(severity), &expected);
    }
    let counted = format!("violations 2026-03-01 {because}\nviolations-low 2026-03-01 {because}\n");
    case.check("2026-03-09", fact.clone().policy(0), &format!("{counted}violations-of-ip 2026-03-01 {because}"));
    case.check("2026-03-09", fact.clone().policy(1), &format!("{counted}violations-restricted 2026-03-01 {because}"));
    case.check("2026-03-09", fact.clone().policy(2), &counted);
    case.check("2026-03-09", fact.state(ViolationState::Acknowledged), &counted);
}

#[test]
fn resolving_gives_points_back_and_overturning_gives_back_all() {
    let case = Case::<Amazon>::new();
    let because = "because violation-recorded";
    let fact = violation().recorded("2026-03-01").policy(0);
    let lines = |exclusion: &str, cap: &str| {
        format!(
            "violations 2026-03-01 {because} but {exclusion}
             violations-low 2026-03-01 {because} but {exclusion}
             violations-of-ip 2026-03-01 {because}{cap}"
        )
    };
    case.check("2026-03-09", fact.clone().state(ViolationState::Resolved), &lines("violation-resolved", ""));
    let overturned = lines("violation-overturned", " but violation-overturned");
    case.check("2026-03-09", fact.state(ViolationState::Overturned), &overturned);
}
