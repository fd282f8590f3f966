//! A group of merchants from the first moment to the last, under both sets of rules. What is known grows step by step: a fact is
//! folded from its changes up to the step and no later one, so that nothing can be seen before it happened.

use std::sync::atomic::{AtomicBool, Ordering};

use andon_domain::change::Kind;
use andon_domain::difference::Judgement;
use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use tokio::runtime::Handle;

use super::detail::{self, Differs};
use super::group::Group;
use super::schedule::{Step, first_from};
use super::side::{Judged, Side};
use super::sum::{Ended, Sum, Weight};
use crate::markets::{Generation, Market};
use crate::pipeline::view::Fault;

/// What is compared, and when.
pub(super) struct Course<'a> {
    pub(super) market: &'a Market,
    /// The rules in force, then the candidate.
    pub(super) rules: [&'a Generation; 2],
    pub(super) steps: &'a [Step],
    pub(super) stop: &'a AtomicBool,
    pub(super) runtime: &'a Handle,
}

/// Where a group is on its way.
struct Walk<'a> {
    course: &'a Course<'a>,
    group: &'a Group,
    sides: [Side<'a>; 2],
    /// By fact: what an order was sold for, once it is known; 0 for what is no order.
    known: Vec<Option<i64>>,
    /// By merchant.
    stories: Vec<Story>,
}

/// What is remembered of a merchant on the way.
#[derive(Default)]
struct Story {
    known: usize,
    ended: Ended,
    differs: Option<Differs>,
}

/// Walks a group through all steps; says whether it came to the end, since of one that was stopped nothing may be relied on.
pub(super) fn walk(course: &Course<'_>, group: &Group, sum: &mut Sum) -> bool {
    let side = |rules| Side::new(rules, &course.market.calendar, group, course.steps.len());
    let stories = group.merchants.iter().map(|_| Story::default()).collect();
    let known = vec![None; group.subjects.len()];
    let mut walk = Walk { course, group, sides: course.rules.map(side), known, stories };
    let changes = walk.changes();
    for (place, changed) in changes.into_iter().enumerate() {
        if course.stop.load(Ordering::Relaxed) {
            return false;
        }
        walk.step(place, changed, sum);
    }
    sum.classified += walk.sides.iter().map(|side| side.classified).sum::<u64>();
    sum.evaluated += walk.sides.iter().map(|side| side.evaluated).sum::<u64>();
    for (merchant, Story { known, mut ended, differs }) in walk.stories.into_iter().enumerate() {
        ended.known = known > 0;
        let sides = &mut walk.sides;
        ended.changed = differs.map(|differs| detail::changed(group, merchant, sides, differs, ended.weight));
        sum.ended(ended);
    }
    true
}

impl Walk<'_> {
    /// By step: facts of which something new is known then, each once, in order.
    fn changes(&self) -> Vec<Vec<u32>> {
        let steps = self.course.steps;
        let mut changes = vec![Vec::new(); steps.len()];
        for (fact, subject) in self.group.subjects.iter().enumerate() {
            let contacts = subject.history.contacts().map(|(_, entries)| entries);
            for entries in contacts.chain([subject.history.entries()]) {
                // Entries are in the order of their times.
                let mut place = entries.first().and_then(|first| first_from(steps, first.at));
                for entry in entries {
                    while place.is_some_and(|now| steps[now].at < entry.at) {
                        place = place.map(|now| now + 1).filter(|next| *next < steps.len());
                    }
                    let Some(now) = place else { break };
                    if changes[now].last() != Some(&(fact as u32)) {
                        changes[now].push(fact as u32);
                    }
                }
            }
        }
        changes
    }

    fn step(&mut self, place: usize, changed: Vec<u32>, sum: &mut Sum) {
        let step = &self.course.steps[place];
        self.learn(place, step, changed);
        for (side, binds) in self.sides.iter_mut().zip(step.binds) {
            if binds {
                side.bind(self.group, step);
            }
        }
        let Some(index) = step.asked else { return };
        let merchants: Vec<usize> = (0..self.stories.len()).filter(|m| self.stories[*m].known > 0).collect();
        let [mut old, mut new] = self.sides.each_mut().map(|side| {
            let judged = side.judge(self.group, step, &merchants, self.course.runtime);
            judged.into_iter()
        });
        for merchant in merchants {
            if let (Some(old), Some(new)) = (old.next(), new.next()) {
                self.compare(merchant, place, index, [old, new], sum);
            }
        }
    }

    /// Takes in what happened since the step before, and what was to be asked about again.
    fn learn(&mut self, place: usize, step: &Step, changed: Vec<u32>) {
        // Each fact, and whether the one side and the other are to ask about it.
        let mut asked: Vec<(u32, [bool; 2])> = changed.into_iter().map(|fact| (fact, [true; 2])).collect();
        for (side, whose) in self.sides.iter_mut().zip([[true, false], [false, true]]) {
            asked.extend(side.due(place, step.at).into_iter().map(|fact| (fact, whose)));
        }
        asked.sort_unstable();
        asked.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1 = [0, 1].map(|side: usize| first.1[side] || next.1[side]);
            }
            same
        });
        let folded: Vec<(u32, [bool; 2], Fact)> =
            asked.into_iter().filter_map(|(id, whose)| Some((id, whose, self.fold(id, step.at)?))).collect();
        for (id, _, fact) in &folded {
            self.know(*id as usize, fact);
        }
        for (number, side) in self.sides.iter_mut().enumerate() {
            let due = folded.iter().filter(|(_, whose, _)| whose[number]);
            let due: Vec<(u32, &Fact)> = due.map(|(id, _, fact)| (*id, fact)).collect();
            if !due.is_empty() {
                side.classify(self.group, self.course.steps, place, &due, self.course.runtime);
            }
        }
    }

    fn fold(&self, fact: u32, at: Instant) -> Option<Fact> {
        let subject = &self.group.subjects[fact as usize];
        subject.history.fact(&subject.id, at)
    }

    fn know(&mut self, id: usize, fact: &Fact) {
        let (amount, began) = match fact {
            Fact::Order(order) => (order.amount, order.placed),
            Fact::Contact(contact) => (0, contact.opened),
            Fact::Violation(violation) => (0, violation.at),
        };
        let story = &mut self.stories[self.group.subjects[id].merchant as usize];
        let before = self.known[id].replace(amount);
        story.ended.weight.amount = story.ended.weight.amount.saturating_add(amount.saturating_sub(before.unwrap_or(0)));
        if before.is_none() {
            story.known += 1;
            story.ended.first_fact = Some(story.ended.first_fact.map_or(began, |first| first.min(began)));
            match self.group.subjects[id].kind {
                Kind::Order => story.ended.weight.add(Weight { orders: 1, amount: 0 }),
                Kind::Contact => story.ended.contacts += 1,
                Kind::Violation => story.ended.violations += 1,
                Kind::Listing | Kind::Merchant => {}
            }
        }
    }

    fn compare(&mut self, merchant: usize, place: usize, index: usize, judged: [Result<Judged, Fault>; 2], sum: &mut Sum) {
        let judgement = |side: usize| match &judged[side] {
            Ok(Judged { snapshot, verdict }) => Ok(Judgement { manifest: self.course.rules[side].manifest(), snapshot, verdict }),
            Err(fault) => Err((fault.code, fault.message.as_str())),
        };
        let metrics = self.course.rules.map(|rules| rules.metrics.as_slice());
        let story = &mut self.stories[merchant];
        let difference = sum.judged(index, &[judgement(0), judgement(1)], metrics, story.ended.weight);
        for (side, judged) in judged.iter().enumerate() {
            if let Err(fault) = judged {
                story.ended.faults.insert((side, fault.code));
            }
        }
        if let (Some(difference), [Ok(old), Ok(new)]) = (difference, judged) {
            let at = self.course.steps[place].at;
            let (first, before) = story.differs.as_ref().map_or((at, 0), |before| (before.first, before.moments));
            story.differs = Some(Differs { first, at, moments: before + 1, judged: [old, new], difference });
            // Which facts are behind it is worked out in the end, once.
            self.sides.iter_mut().for_each(|side| side.keep(merchant, place));
        }
    }
}
