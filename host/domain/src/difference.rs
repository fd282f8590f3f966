//! How two sets of rules judge the same merchant at the same moment: who would stand elsewhere, what would be breached, and what
//! would be proposed that was not before.

use serde::{Deserialize, Serialize};

use crate::fact::words;
use crate::manifest::{Manifest, StandingKind};
use crate::reading::Status;
use crate::verdict::{Action, Snapshot, Verdict};

words!(/** Where a merchant would stand under other rules, beside where it stands. */ Direction {
    Same = "same", Better = "better", Worse = "worse", Sideways = "sideways",
});

/// What rules conclude, with what they were shown and what its indexes mean.
#[derive(Debug, Clone, Copy)]
pub struct Judgement<'a> {
    /// What the rules declare.
    pub manifest: &'a Manifest,
    /// What they were shown.
    pub snapshot: &'a Snapshot,
    /// What they conclude.
    pub verdict: &'a Verdict,
}

/// What differs, in codes: two sets of rules number their metrics and badges each in its own way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Whether the standing is another, and on which side.
    pub direction: Direction,
    /// Metrics that are breached and were not.
    pub new_breaches: Vec<String>,
    /// Metrics that were breached and are not.
    pub ended_breaches: Vec<String>,
    /// Proposals that were not made.
    pub new_proposals: Vec<String>,
    /// Proposals that are not made any more.
    pub vanished_proposals: Vec<String>,
}

impl Difference {
    /// From `old` to `new`.
    pub fn between(old: Judgement<'_>, new: Judgement<'_>) -> Self {
        let (new_breaches, ended_breaches) = apart(&old.breaches(), &new.breaches());
        let (new_proposals, vanished_proposals) = apart(&old.proposals(), &new.proposals());
        let direction = direction(old.standing(), new.standing());
        Self { direction, new_breaches, ended_breaches, new_proposals, vanished_proposals }
    }

    /// Whether both judge alike: the same standing, and the same things proposed.
    pub fn agrees(&self) -> bool {
        self.direction == Direction::Same && self.new_proposals.is_empty() && self.vanished_proposals.is_empty()
    }
}

impl Judgement<'_> {
    fn standing(&self) -> Option<&StandingKind> {
        self.manifest.standings.get(usize::from(self.verdict.standing))
    }

    fn breaches(&self) -> Vec<String> {
        let readings = self.manifest.metrics.iter().zip(&self.snapshot.readings);
        readings.filter(|(_, r)| r.status == Status::Breached).map(|(m, _)| m.code.clone()).collect()
    }

    fn proposals(&self) -> Vec<String> {
        self.verdict.proposals.iter().map(|p| self.named(p.action)).collect()
    }

    /// An action with what it is about.
    fn named(&self, action: Action) -> String {
        let word = action.word();
        match action {
            Action::PullListing(key) | Action::RestoreListing(key) => format!("{word} {key:016x}"),
            Action::CapOrders(most) => format!("{word} {most}"),
            Action::AwardBadge(badge) | Action::RevokeBadge(badge) => {
                format!("{word} {}", self.manifest.badges.get(usize::from(badge)).map_or("", String::as_str))
            }
            _ => word.to_owned(),
        }
    }
}

fn direction(old: Option<&StandingKind>, new: Option<&StandingKind>) -> Direction {
    let (Some(old), Some(new)) = (old, new) else { return Direction::Same };
    match new.level.cmp(&old.level) {
        std::cmp::Ordering::Less => Direction::Better,
        std::cmp::Ordering::Greater => Direction::Worse,
        std::cmp::Ordering::Equal if old.code == new.code => Direction::Same,
        std::cmp::Ordering::Equal => Direction::Sideways,
    }
}

/// What only `new` holds, and what only `old` does; each once, sorted.
fn apart(old: &[String], new: &[String]) -> (Vec<String>, Vec<String>) {
    let only = |these: &[String], those: &[String]| {
        let mut only: Vec<String> = these.iter().filter(|x| !those.contains(x)).cloned().collect();
        only.sort_unstable();
        only.dedup();
        only
    };
    (only(new, old), only(old, new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Level;

    fn kind(code: &str, level: Level) -> StandingKind {
        StandingKind { code: code.into(), level }
    }

    #[test]
    fn a_direction_is_told_by_level_and_a_name_alone_is_sideways() {
        let good = kind("good", Level::Good);
        for (new, expected) in [
            (kind("good", Level::Good), Direction::Same),
            (kind("fine", Level::Good), Direction::Sideways),
            (kind("good", Level::Excellent), Direction::Better),
            (kind("out", Level::Suspended), Direction::Worse),
        ] {
            assert_eq!(direction(Some(&good), Some(&new)), expected);
        }
    }

    #[test]
    fn what_both_hold_is_no_difference() {
        let of = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert_eq!(apart(&of(&["a", "b"]), &of(&["c", "b", "c"])), (of(&["c"]), of(&["a"])));
        let mut same = Difference {
            direction: Direction::Same,
            new_breaches: of(&["odr"]),
            ended_breaches: vec![],
            new_proposals: vec![],
            vanished_proposals: vec![],
        };
        assert!(same.agrees(), "a breach without consequence changes nothing for anybody");
        same.vanished_proposals = of(&["warning"]);
        assert!(!same.agrees());
    }
}
