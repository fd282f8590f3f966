//! What was in force for a merchant at any moment, as far as rules are told of it: the badges worn then, and when a person had
//! last opened the account again by then. All of it is read off what rows of enforcements keep of their course.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::measure::{Kind, is_person};
use super::stage::Stage;
use crate::ids::Instant;

/// The course of an enforcement, as its row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: Kind,
    /// The badge's code, where it is about one.
    pub object: String,
    /// How far it has come.
    pub stage: Stage,
    /// Who decided it.
    pub decided_by: String,
    /// From when on it held; absent where it was taken back before it did.
    pub effective_at: Option<Instant>,
    /// When it was over, or will be by itself.
    pub over_at: Option<Instant>,
    /// Who ended it last, and when.
    pub closing: Option<(String, Instant)>,
    /// Enforcements that it ended.
    pub lifted: Vec<Uuid>,
}

/// From when until when an enforcement held; at the end it held no more.
struct Spell {
    from: Instant,
    until: Instant,
    ended_by_person: bool,
}

/// A break in an enforcement: what had ended it was reversed.
struct Break {
    ended: Instant,
    resumed: Instant,
    by_person: bool,
}

/// What was in force for a merchant, whenever.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enforced {
    /// From when until when which badge was worn, once for each award of it.
    worn: Vec<(Instant, Instant, String)>,
    /// Oldest first.
    reinstated: Vec<Instant>,
}

impl Enforced {
    /// Reads it off the courses of all the merchant's enforcements. Where something else narrowed an account in the very
    /// millisecond in which it was opened, it counts as not opened.
    pub fn of(courses: &[Course]) -> Self {
        let mut breaks = breaks(courses);
        let (mut worn, mut narrowed) = (Vec::new(), Vec::new());
        for course in courses {
            let spells = course.spells(breaks.remove(&course.id).unwrap_or_default());
            if course.kind == Kind::AwardBadge {
                worn.extend(spells.into_iter().map(|spell| (spell.from, spell.until, course.object.clone())));
            } else if course.kind.narrows() {
                narrowed.extend(spells);
            }
        }
        let is_open = |at: &Instant| !narrowed.iter().any(|spell| (spell.from..spell.until).contains(at));
        let ended = narrowed.iter().filter(|spell| spell.ended_by_person).map(|spell| spell.until);
        let mut reinstated: Vec<Instant> = ended.filter(is_open).collect();
        reinstated.sort_unstable();
        Self { worn, reinstated }
    }

    /// Codes of the badges worn at a moment.
    pub fn badges(&self, at: Instant) -> BTreeSet<&str> {
        self.worn.iter().filter(|(from, until, _)| (*from..*until).contains(&at)).map(|(.., badge)| badge.as_str()).collect()
    }

    /// When a person had last opened the account again by a moment.
    pub fn reinstated(&self, at: Instant) -> Option<Instant> {
        self.reinstated[..self.reinstated.partition_point(|then| *then <= at)].last().copied()
    }
}

/// By enforcement: its breaks.
fn breaks(courses: &[Course]) -> HashMap<Uuid, Vec<Break>> {
    let mut breaks: HashMap<Uuid, Vec<Break>> = HashMap::new();
    for course in courses.iter().filter(|course| course.stage == Stage::Reversed) {
        let (Some(ended), Some((_, resumed))) = (course.over_at, &course.closing) else { continue };
        let by_person = is_person(&course.decided_by);
        for id in &course.lifted {
            breaks.entry(*id).or_default().push(Break { ended, resumed: *resumed, by_person });
        }
    }
    breaks
}

impl Course {
    /// What never held has none. What had a break but was not put back in force after it was over before that: nothing is left.
    fn spells(&self, mut breaks: Vec<Break>) -> Vec<Spell> {
        let held = matches!(self.stage, Stage::InForce | Stage::Expired | Stage::Lifted | Stage::Reversed);
        let Some(mut from) = self.effective_at.filter(|_| held) else { return Vec::new() };
        breaks.sort_unstable_by_key(|pause| pause.ended);
        let mut spells = Vec::new();
        for Break { ended, resumed, by_person } in breaks {
            spells.push(Spell { from, until: ended, ended_by_person: by_person });
            from = resumed;
        }
        let ended = matches!(self.stage, Stage::Lifted | Stage::Reversed);
        let ended_by_person = ended && self.closing.as_ref().is_some_and(|(by, _)| is_person(by));
        spells.push(Spell { from, until: self.over_at.unwrap_or(Instant::MAX), ended_by_person });
        spells.retain(|spell| spell.from <= spell.until);
        spells
    }
}

#[cfg(test)]
#[path = "past_tests.rs"]
mod tests;
