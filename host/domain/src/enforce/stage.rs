//! How far an enforcement has come: from being noted to being in force to being over. Every move that is not named here is an error.

use super::measure::Kind;
use crate::fact::words;
use crate::ids::Instant;

words!(/** How far an enforcement has come. */ Stage {
    Observed = "observed", InReview = "in-review", Scheduled = "scheduled", InForce = "in-force", Done = "done",
    Expired = "expired", Lifted = "lifted", Declined = "declined", Withdrawn = "withdrawn", Reversed = "reversed",
});

words!(/** What happens to an enforcement. */ Move {
    Schedule = "schedule", TakeEffect = "take-effect", Finish = "finish", Expire = "expire", Lift = "lift", Resume = "resume",
    Decline = "decline", Withdraw = "withdraw", Reverse = "reverse",
});

/// A move that a stage does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an enforcement that is {} cannot {}", from.word(), by.word())]
pub struct Barred {
    /// Where it is.
    pub from: Stage,
    /// What was to happen.
    pub by: Move,
}

impl Stage {
    /// Whether anything may still come of it. At most one enforcement of the same measure and origin is open.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Observed | Self::InReview | Self::Scheduled | Self::InForce)
    }

    /// Whether the merchant is told of it. What is only noted, or waits for a person, is nobody's decision yet.
    pub fn is_told(self) -> bool {
        !matches!(self, Self::Observed | Self::InReview)
    }

    /// Where a move leads.
    pub fn after(self, by: Move) -> Result<Self, Barred> {
        Ok(match (self, by) {
            (Self::InReview, Move::Schedule) => Self::Scheduled,
            (Self::InReview | Self::Scheduled, Move::TakeEffect) | (Self::Lifted, Move::Resume) => Self::InForce,
            (Self::InReview | Self::Scheduled, Move::Finish) => Self::Done,
            (Self::InForce, Move::Expire) => Self::Expired,
            (Self::InForce, Move::Lift) => Self::Lifted,
            (Self::InReview | Self::Scheduled, Move::Decline) => Self::Declined,
            (Self::Observed | Self::InReview | Self::Scheduled, Move::Withdraw) => Self::Withdrawn,
            (Self::Scheduled | Self::InForce | Self::Done, Move::Reverse) => Self::Reversed,
            (from, by) => return Err(Barred { from, by }),
        })
    }

    /// Where a decision that needs nobody's leave begins.
    pub fn taken(kind: Kind, effective_at: Instant, now: Instant) -> Self {
        match (effective_at > now, kind.lasts()) {
            (true, _) => Self::Scheduled,
            (false, true) => Self::InForce,
            (false, false) => Self::Done,
        }
    }
}

impl Move {
    /// The move by which something decided comes into being.
    pub fn to_effect(kind: Kind, effective_at: Instant, now: Instant) -> Self {
        match Stage::taken(kind, effective_at, now) {
            Stage::Scheduled => Self::Schedule,
            Stage::InForce => Self::TakeEffect,
            _ => Self::Finish,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn moves() -> impl Strategy<Value = Vec<Move>> {
        proptest::collection::vec(select(Move::ALL.iter().map(|(m, _)| *m).collect::<Vec<_>>()), 0..30)
    }

    proptest! {
        #[test]
        fn what_is_over_stays_over_but_for_what_was_lifted(moves in moves()) {
            let mut stage = Stage::InReview;
            for by in moves {
                let Ok(next) = stage.after(by) else { continue };
                prop_assert!(stage.is_open() || matches!((stage, by), (Stage::Lifted, Move::Resume) | (Stage::Done, Move::Reverse)));
                prop_assert!(!stage.is_told() || next.is_told(), "what was told is not untold");
                stage = next;
            }
        }
    }

    #[test]
    fn nothing_is_in_force_that_nobody_decided() {
        for by in Move::ALL {
            assert!(Stage::Observed.after(by.0).is_ok_and(|s| s == Stage::Withdrawn) == (by.0 == Move::Withdraw));
        }
        for (stage, _) in Stage::ALL {
            assert_eq!(stage.after(Move::Expire).is_ok(), *stage == Stage::InForce);
        }
    }
}
