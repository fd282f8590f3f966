//! Appeals: filed by the merchant or by staff on their behalf, answered by somebody who took no part in the decision and did not draft
//! the appeal, a second time by somebody else than the first. Overturning undoes the enforcement in the same transaction.

use std::sync::Arc;

use andon_domain::change::Kind as Subjects;
use andon_domain::enforce::appeal::{Course, Earlier, Evidence, Phase, Referred, Ruling, may_file};
use andon_domain::enforce::policy::{DAY, Policy};
use andon_domain::enforce::stage::{Move, Stage};
use andon_domain::ids::{Instant, check_reference};
use uuid::Uuid;

use super::review::uninvolved;
use super::{EnforceError, Refusal, is_digest, note};
use crate::app::App;
use crate::keys::Keys;
use crate::pipeline::appeal::{kind_of, settle, tell, tell_passed};
use crate::pipeline::desk::{Answer, Desk};
use crate::store::StoreError;
use crate::store::accounts::references;
use crate::store::appeals::{self as rows, Appeal, Kept, Plan, Record, Step};
use crate::store::attachments;
use crate::store::enforcements::Enforcement;
use crate::store::session::For;

/// Attachments of one appeal.
const MAX_ATTACHMENTS: usize = 10;

/// Orders, contacts and violations that one appeal refers to.
const MAX_REFERENCES: usize = 50;

/// Who speaks: somebody of the marketplace, or a merchant, who learns of nobody else's things.
#[derive(Debug, Clone)]
pub struct Speaker {
    /// The subject of the token.
    pub who: String,
    /// The merchant that the token is bound to.
    pub merchant: Option<String>,
}

/// An appeal to file.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The merchant's plan.
    pub plan: Plan,
    /// What is brought forward.
    pub evidence: Evidence,
}

/// What a merchant says when asked for more.
#[derive(Debug, Clone)]
pub struct More {
    /// In words.
    pub text: String,
    /// What is brought forward.
    pub evidence: Evidence,
}

/// Goes on with what was allowed; answers what was refused.
macro_rules! allowed {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal)),
        }
    };
}

impl App {
    /// Files an appeal against an enforcement.
    pub async fn file_appeal(
        self: &Arc<Self>,
        market: &str,
        enforcement: Uuid,
        filing: Filing,
        by: Speaker,
    ) -> Result<Appeal, EnforceError> {
        let Plan { cause, correction, prevention } = &filing.plan;
        let plan = Plan {
            cause: note("plan.cause", cause)?,
            correction: note("plan.correction", correction)?,
            prevention: note("plan.prevention", prevention)?,
        };
        bounded(&filing.evidence)?;
        let (filing, keys) = (Filing { plan, ..filing }, self.keys);
        self.at_desk(market, move |desk| file(desk, keys, enforcement, &filing, &by)).await
    }

    /// Says more in an appeal, where that was asked for.
    pub async fn say_more(self: &Arc<Self>, market: &str, id: Uuid, more: More, by: Speaker) -> Result<Appeal, EnforceError> {
        let more = More { text: note("note", &more.text)?, ..more };
        bounded(&more.evidence)?;
        let keys = self.keys;
        self.at_desk(market, move |desk| say_more(desk, keys, id, &more, &by)).await
    }

    /// Answers an appeal, or asks for more.
    pub async fn rule(
        self: &Arc<Self>,
        market: &str,
        id: Uuid,
        ruling: Ruling,
        by: &str,
        why: &str,
    ) -> Result<Appeal, EnforceError> {
        let (by, why) = (by.to_owned(), note("reason", why)?);
        self.at_desk(market, move |desk| rule(desk, id, ruling, &by, &why)).await
    }
}

/// Until when a decision can be appealed: for as many days as its statement promised, from when the merchant was told of it.
pub(crate) fn contestable_until(row: &Enforcement, policy: &Policy) -> Instant {
    let promised = row.record.statement["contest"]["until"].as_str().and_then(|at| chrono::DateTime::parse_from_rfc3339(at).ok());
    let days = Instant::from(policy.appeals.file_days) * DAY;
    let told = row.record.approvals.last().map_or(row.opened_at, |agreed| agreed.at);
    told + promised.map_or(days, |until| until.timestamp_millis() - row.opened_at)
}

fn bounded(evidence: &Evidence) -> Result<(), Refusal> {
    let refuse = |field, why: String| Err(Refusal::Field { field, why });
    if evidence.attachments.len() > MAX_ATTACHMENTS {
        return refuse("attachments", format!("must be at most {MAX_ATTACHMENTS}"));
    }
    if evidence.references.len() > MAX_REFERENCES {
        return refuse("references", format!("must be at most {MAX_REFERENCES}"));
    }
    if !evidence.attachments.iter().all(|digest| is_digest(digest)) {
        return refuse("attachments", "must be digests of files that were uploaded".to_owned());
    }
    match evidence.references.iter().find_map(|reference| check_reference(&reference.name).err()) {
        Some(error) => refuse("references", error.to_string()),
        None => Ok(()),
    }
}

/// Whether the speaker may know of a merchant's things at all.
fn may_know(desk: &mut Desk<'_>, merchant: i64, by: &Speaker) -> Answer<()> {
    let Some(own) = &by.merchant else { return Ok(Ok(())) };
    let names = references(desk.session, &[merchant])?;
    Ok(if names.get(&merchant) == Some(own) { Ok(()) } else { Err(Refusal::Unknown) })
}

/// Whether all that is brought forward is the merchant's. What is somebody else's looks as if there were no such thing.
fn is_theirs(desk: &mut Desk<'_>, keys: Keys, merchant: i64, evidence: &Evidence) -> Answer<()> {
    for digest in &evidence.attachments {
        if !attachments::is_known(desk.session, merchant, digest)? {
            let why = "names a file that the merchant has not uploaded".to_owned();
            return Ok(Err(Refusal::Field { field: "attachments", why }));
        }
    }
    for reference in &evidence.references {
        let kind = match reference.kind {
            Referred::Order => Subjects::Order,
            Referred::Contact => Subjects::Contact,
            Referred::Violation => Subjects::Violation,
        };
        let key = keys.named(&desk.market.code, reference.kind.word(), &reference.name).key;
        let found = desk.session.subjects(desk.market.id, &[(kind, key)], For::Reading)?.pop().flatten();
        if !found.is_some_and(|s| s.reference == reference.name && s.merchant == Some(merchant)) {
            let why = format!("names the {} `{}`, which the merchant does not have", reference.kind.word(), reference.name);
            return Ok(Err(Refusal::Field { field: "references", why }));
        }
    }
    Ok(Ok(()))
}

fn file(desk: &mut Desk<'_>, keys: Keys, enforcement: Uuid, filing: &Filing, by: &Speaker) -> Answer<Appeal> {
    let Some(row) = desk.find(enforcement)?.filter(Enforcement::is_told) else { return Ok(Err(Refusal::Unknown)) };
    allowed!(may_know(desk, row.merchant, by)?);
    if matches!(row.stage, Stage::Declined | Stage::Withdrawn | Stage::Reversed) {
        return Ok(Err(Refusal::Clash("the decision has been taken back".into())));
    }
    let (terms, now) = (&desk.market.policy.appeals, desk.now);
    let earlier = rows::against(desk.session, enforcement)?;
    let before: Vec<Earlier<'_>> = earlier.iter().map(earlier_one).collect();
    let until = contestable_until(&row, &desk.market.policy);
    let may = may_file(row.measure.kind, until, &before, &filing.evidence, terms, now);
    allowed!(may.map_err(|not| Refusal::Clash(not.to_string())));
    allowed!(is_theirs(desk, keys, row.merchant, &filing.evidence)?);
    let mut appeal = Appeal {
        id: desk.clock.new_id(),
        market: desk.market.id,
        merchant: row.merchant,
        enforcement,
        round: earlier.len() as u8 + 1,
        filed_at: now,
        closed_at: None,
        record: Record {
            measure: row.measure,
            course: Course::filed(terms, now),
            plan: filing.plan.clone(),
            evidence: filing.evidence.clone(),
            steps: Vec::new(),
            kept: Vec::new(),
        },
    };
    step(desk, &mut appeal, (&by.who, by.merchant.is_none()), "")?;
    Ok(Ok(appeal))
}

fn earlier_one(appeal: &Appeal) -> Earlier<'_> {
    Earlier { phase: appeal.record.course.phase, closed_at: appeal.closed_at, evidence: &appeal.record.evidence }
}

fn say_more(desk: &mut Desk<'_>, keys: Keys, id: Uuid, more: &More, by: &Speaker) -> Answer<Appeal> {
    let Some(mut appeal) = rows::one(desk.session, desk.market.id, id)? else { return Ok(Err(Refusal::Unknown)) };
    allowed!(may_know(desk, appeal.merchant, by)?);
    let given = appeal.record.course.clone().give(desk.now);
    appeal.record.course = allowed!(given.map_err(|stuck| Refusal::Clash(stuck.to_string())));
    allowed!(is_theirs(desk, keys, appeal.merchant, &more.evidence)?);
    appeal.record.evidence.attachments.extend(more.evidence.attachments.iter().cloned());
    appeal.record.evidence.references.extend(more.evidence.references.iter().cloned());
    allowed!(bounded(&appeal.record.evidence));
    step(desk, &mut appeal, (&by.who, by.merchant.is_none()), &more.text)?;
    Ok(Ok(appeal))
}

fn rule(desk: &mut Desk<'_>, id: Uuid, ruling: Ruling, by: &str, why: &str) -> Answer<Appeal> {
    let Some(mut appeal) = rows::one(desk.session, desk.market.id, id)? else { return Ok(Err(Refusal::Unknown)) };
    let Some(mut row) = desk.find(appeal.enforcement)? else { return Ok(Err(Refusal::Unknown)) };
    allowed!(uninvolved(&row, by));
    let earlier = rows::against(desk.session, appeal.enforcement)?;
    allowed!(is_impartial(&appeal, &earlier, by));
    let passed = settle(&mut appeal, desk.now);
    let ruled = appeal.record.course.clone().rule(ruling, &desk.market.policy.appeals, desk.now);
    let course = allowed!(ruled.map_err(|stuck| Refusal::Clash(stuck.to_string())));
    tell_passed(desk, &appeal, &passed)?;
    let phase = course.phase;
    appeal.record.course = course;
    appeal.closed_at = phase.is_over().then_some(desk.now);
    // What has ended since leaves nothing to undo.
    if phase == Phase::Overturned && row.stage.after(Move::Reverse).is_ok() {
        allowed!(desk.shift(&mut row, Move::Reverse, by, why)?);
        appeal.record.kept = kept(desk, row.merchant)?;
    }
    step(desk, &mut appeal, (by, false), why)?;
    Ok(Ok(appeal))
}

/// Whoever drafted an appeal, or had a say in an earlier one against the same decision, does not answer it.
fn is_impartial(appeal: &Appeal, against: &[Appeal], by: &str) -> Result<(), Refusal> {
    let drafted = |s: &Step| matches!(s.phase, Phase::Filed | Phase::MoreGiven) && s.by == by;
    if appeal.record.steps.iter().any(drafted) {
        return Err(Refusal::OwnCase("you drafted this appeal"));
    }
    let earlier = against.iter().filter(|other| other.round < appeal.round);
    if earlier.flat_map(|other| &other.record.steps).any(|step| step.by == by) {
        return Err(Refusal::OwnCase("you took part in the first appeal"));
    }
    Ok(())
}

/// What stays in force for the merchant: what others have done is no part of an appeal.
fn kept(desk: &mut Desk<'_>, merchant: i64) -> Result<Vec<Kept>, StoreError> {
    let in_force = desk.open_of(merchant)?.into_iter().filter(|row| row.stage == Stage::InForce);
    Ok(in_force.map(|row| Kept { enforcement: row.id, measure: row.measure }).collect())
}

/// Notes who brought an appeal where it is now, stores it, and says so.
fn step(desk: &mut Desk<'_>, appeal: &mut Appeal, (by, on_behalf): (&str, bool), text: &str) -> Result<(), StoreError> {
    let phase = appeal.record.course.phase;
    let step = Step { phase, by: by.to_owned(), on_behalf, at: desk.now, text: text.to_owned() };
    appeal.record.steps.push(step);
    attachments::keep(desk.session, appeal.merchant, &appeal.record.evidence.attachments)?;
    rows::put(desk.session, appeal)?;
    metrics::counter!("andon_appeals_total", "marketplace" => desk.market.code.clone(), "phase" => phase.word()).increment(1);
    let said = if text.is_empty() { "the merchant appeals" } else { text };
    tell(desk, appeal, kind_of(phase), true, (by, said))
}
