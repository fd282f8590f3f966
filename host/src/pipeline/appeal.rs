//! What time does to appeals, and what is said of each step: an answer that is late is said aloud to staff, and a request for more
//! that nobody met in time is over while the appeal goes on.

use andon_domain::calendar::rfc3339;
use andon_domain::enforce::appeal::{Passed, Phase};
use andon_domain::ids::Instant;
use serde_json::json;

use super::desk::{Desk, TIME};
use super::fall_due::MOST;
use crate::store::StoreError;
use crate::store::accounts::references;
use crate::store::appeals::{self as rows, Appeal, Step};

/// Takes in what time has brought about by now, and says what that was.
pub(crate) fn settle(appeal: &mut Appeal, now: Instant) -> Vec<Passed> {
    let mut all = Vec::new();
    while let (course, Some(passed)) = appeal.record.course.clone().pass(now) {
        if let (Passed::Lapsed, Some((_, until))) = (passed, appeal.record.course.asked) {
            let text = "nothing more was said in time".to_owned();
            appeal.record.steps.push(Step { phase: course.phase, by: TIME.into(), on_behalf: false, at: until, text });
        }
        appeal.record.course = course;
        all.push(passed);
    }
    all
}

/// Says what time has brought about: a lapse to the merchant, that the marketplace is late to staff alone.
pub(crate) fn tell_passed(desk: &mut Desk<'_>, appeal: &Appeal, passed: &[Passed]) -> Result<(), StoreError> {
    for one in passed {
        match one {
            Passed::Lapsed => tell(desk, appeal, "appeal.more-lapsed", true, (TIME, "nothing more was said in time"))?,
            Passed::Overdue => {
                metrics::counter!("andon_appeals_overdue_total", "marketplace" => desk.market.code.clone()).increment(1);
                tell(desk, appeal, "appeal.overdue", false, (TIME, "nobody has answered the appeal in time"))?;
            }
        }
    }
    Ok(())
}

/// Says a step: in the ledger, to staff, and to the merchant where it concerns them. People of the marketplace have no names in it.
pub(crate) fn tell(
    desk: &mut Desk<'_>,
    appeal: &Appeal,
    kind: &'static str,
    to_merchant: bool,
    (actor, reason): (&str, &str),
) -> Result<(), StoreError> {
    let name = references(desk.session, &[appeal.merchant])?.remove(&appeal.merchant);
    let course = &appeal.record.course;
    let data = json!({
        "appeal": appeal.id,
        "enforcement": appeal.enforcement,
        "merchant": name,
        "action": appeal.record.measure.kind.word(),
        "round": appeal.round,
        "phase": course.phase.word(),
        "reason": reason,
        "answer_by": rfc3339(course.answer_by),
        "more_by": course.asked.map(|(_, until)| rfc3339(until)),
    });
    let about = format!("appeal/{}", appeal.id);
    desk.note(kind, (&about, to_merchant.then_some(appeal.merchant)), (actor, reason), data);
    Ok(())
}

/// What a step is called in the ledger and in messages.
pub(crate) fn kind_of(phase: Phase) -> &'static str {
    match phase {
        Phase::Filed => "appeal.filed",
        Phase::MoreAsked => "appeal.more-asked",
        Phase::MoreGiven => "appeal.more-given",
        Phase::MoreLapsed => "appeal.more-lapsed",
        Phase::Upheld => "appeal.upheld",
        Phase::Overturned => "appeal.overturned",
    }
}

/// Moves on the appeals that are due.
pub(super) fn fall_due(desk: &mut Desk<'_>) -> Result<(), StoreError> {
    for mut appeal in rows::due(desk.session, desk.market.id, desk.now, MOST)? {
        let passed = settle(&mut appeal, desk.now);
        rows::put(desk.session, &appeal)?;
        tell_passed(desk, &appeal, &passed)?;
    }
    Ok(())
}
