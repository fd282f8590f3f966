//! An appeal against a decision: which may be filed and until when, how one runs, and the clocks on both sides. Time that passes on the
//! marketplace's side is said aloud and never costs the merchant; time on the merchant's side ends a request for more, never the appeal.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::measure::Kind;
use super::policy::{Appeals, DAY};
use crate::fact::words;
use crate::ids::Instant;

words!(/** How far an appeal has come; it is the decision that is upheld or overturned. */ Phase {
    Filed = "filed", MoreAsked = "more-asked", MoreGiven = "more-given", MoreLapsed = "more-lapsed", Upheld = "upheld",
    Overturned = "overturned",
});

words!(/** What an appeal may refer to. */ Referred { Order = "order", Contact = "contact", Violation = "violation" });

words!(/** What a reviewer says to an appeal. */ Ruling { Uphold = "uphold", Overturn = "overturn", AskForMore = "ask-for-more" });

/// How often more may be asked for in one appeal.
pub const MOST_ASKED: u8 = 3;

/// Something known of the merchant that speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// What it is.
    pub kind: Referred,
    /// The sender's reference.
    pub name: String,
}

/// What an appeal brings forward.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Digests of attachments.
    pub attachments: BTreeSet<String>,
    /// What it refers to.
    pub references: BTreeSet<Reference>,
}

/// An appeal's course: its phase, and what its clocks say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// How far it has come.
    pub phase: Phase,
    /// By when the marketplace owes an answer. This clock stands still while the merchant is asked for more.
    pub answer_by: Instant,
    /// Since when the merchant is asked for more, and until when.
    pub asked: Option<(Instant, Instant)>,
    /// How often more was asked for.
    pub times_asked: u8,
    /// Whether it was said aloud that the marketplace is late.
    pub overdue: bool,
}

/// What time brought about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The merchant said no more in time: the answer goes by what there is.
    Lapsed,
    /// The marketplace has not answered in time.
    Overdue,
}

/// A step that an appeal's course does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// It has been answered.
    #[error("the appeal has been answered: the decision is {}", .0.word())]
    Answered(Phase),
    /// The merchant still has time to say more.
    #[error("the merchant has been asked for more and still has time")]
    Waiting,
    /// Nobody asked for more, or the time for it is over.
    #[error("nothing more is asked for, or the time for it is over")]
    NotAsked,
    /// It was asked for often enough.
    #[error("more has been asked for {MOST_ASKED} times")]
    AskedEnough,
}

impl Phase {
    /// Whether it has been answered.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Upheld | Self::Overturned)
    }
}

impl Course {
    /// Of an appeal filed now.
    pub fn filed(terms: &Appeals, now: Instant) -> Self {
        let answer_by = now + Instant::from(terms.answer_days) * DAY;
        Self { phase: Phase::Filed, answer_by, asked: None, times_asked: 0, overdue: false }
    }

    /// The merchant is asked for more.
    fn ask(self, terms: &Appeals, now: Instant) -> Result<Self, Stuck> {
        match self.phase {
            phase if phase.is_over() => Err(Stuck::Answered(phase)),
            Phase::MoreAsked => Err(Stuck::Waiting),
            _ if self.times_asked >= MOST_ASKED => Err(Stuck::AskedEnough),
            _ => {
                let asked = Some((now, now + Instant::from(terms.more_days) * DAY));
                Ok(Self { phase: Phase::MoreAsked, asked, times_asked: self.times_asked + 1, ..self })
            }
        }
    }

    /// The merchant says more, in time.
    pub fn give(self, now: Instant) -> Result<Self, Stuck> {
        match (self.phase, self.asked) {
            (phase, _) if phase.is_over() => Err(Stuck::Answered(phase)),
            (Phase::MoreAsked, Some((_, until))) if now < until => Ok(self.resumed(Phase::MoreGiven, now)),
            _ => Err(Stuck::NotAsked),
        }
    }

    /// A reviewer speaks.
    pub fn rule(self, ruling: Ruling, terms: &Appeals, now: Instant) -> Result<Self, Stuck> {
        match ruling {
            Ruling::Uphold => self.answer(false),
            Ruling::Overturn => self.answer(true),
            Ruling::AskForMore => self.ask(terms, now),
        }
    }

    /// The answer. A decision is not upheld while the merchant still has time to say more; overturning it can never come too soon.
    fn answer(self, overturn: bool) -> Result<Self, Stuck> {
        match self.phase {
            phase if phase.is_over() => Err(Stuck::Answered(phase)),
            Phase::MoreAsked if !overturn => Err(Stuck::Waiting),
            _ => Ok(Self { phase: if overturn { Phase::Overturned } else { Phase::Upheld }, asked: None, ..self }),
        }
    }

    /// What time has brought about by now, one thing after the other; whenever it is asked, the clocks come out alike.
    pub fn pass(self, now: Instant) -> (Self, Option<Passed>) {
        match (self.due_at(), self.asked) {
            (Some(due), Some((_, until))) if due <= now => (self.resumed(Phase::MoreLapsed, until), Some(Passed::Lapsed)),
            (Some(due), None) if due <= now => (Self { overdue: true, ..self }, Some(Passed::Overdue)),
            _ => (self, None),
        }
    }

    /// When time next brings something about.
    pub fn due_at(&self) -> Option<Instant> {
        match self.asked {
            _ if self.phase.is_over() => None,
            Some((_, until)) => Some(until),
            None => (!self.overdue).then_some(self.answer_by),
        }
    }

    /// The marketplace's clock goes on from where it stood when the merchant was asked.
    fn resumed(self, phase: Phase, at: Instant) -> Self {
        let waited = self.asked.map_or(0, |(since, _)| at - since);
        Self { phase, answer_by: self.answer_by + waited, asked: None, ..self }
    }
}

/// Why an appeal cannot be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFiled {
    /// It takes nothing from the merchant.
    #[error("the decision takes nothing from the merchant that could be given back")]
    NothingTaken,
    /// Too late.
    #[error("the time to appeal is over")]
    TooLate,
    /// One is under way.
    #[error("an appeal against this decision is under way")]
    UnderWay,
    /// One has succeeded.
    #[error("the decision has been overturned on appeal")]
    Overturned,
    /// A second one brings nothing that the first did not.
    #[error("a second appeal must bring an attachment or a reference that the first did not")]
    NothingNew,
    /// There were two.
    #[error("the decision has been appealed twice")]
    Twice,
}

/// An earlier appeal against the same decision.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// How far it came.
    pub phase: Phase,
    /// When it was answered.
    pub closed_at: Option<Instant>,
    /// What it brought forward.
    pub evidence: &'a Evidence,
}

/// Whether something new is brought forward.
fn adds(evidence: &Evidence, to: &Evidence) -> bool {
    !(evidence.attachments.is_subset(&to.attachments) && evidence.references.is_subset(&to.references))
}

/// Whether an appeal may be filed now against a decision that can be contested until `until`, with those `earlier` ones: once, and once
/// more on new evidence, for which the same number of days runs from the first answer.
pub fn may_file(
    kind: Kind,
    until: Instant,
    earlier: &[Earlier<'_>],
    evidence: &Evidence,
    terms: &Appeals,
    now: Instant,
) -> Result<(), NotFiled> {
    let in_time = |until: Instant| if now < until { Ok(()) } else { Err(NotFiled::TooLate) };
    match earlier {
        _ if !is_contestable(kind) => Err(NotFiled::NothingTaken),
        [] => in_time(until),
        [.., last] if last.phase == Phase::Overturned => Err(NotFiled::Overturned),
        [.., last] if !last.phase.is_over() => Err(NotFiled::UnderWay),
        [first] if adds(evidence, first.evidence) => {
            in_time(first.closed_at.unwrap_or(now) + Instant::from(terms.file_days) * DAY)
        }
        [_] => Err(NotFiled::NothingNew),
        _ => Err(NotFiled::Twice),
    }
}

/// Whether a decision can be appealed: it takes something from the merchant, or prepares to.
pub fn is_contestable(kind: Kind) -> bool {
    kind.weighs() || matches!(kind, Kind::Warning | Kind::AskPlanOfAction)
}

/// Whether an appeal goes before others: the merchant cannot trade until it is answered.
pub fn is_urgent(kind: Kind) -> bool {
    matches!(kind, Kind::Suspend | Kind::Terminate)
}

#[cfg(test)]
#[path = "appeal_tests.rs"]
mod tests;
