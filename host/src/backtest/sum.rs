//! What merchants and moments add up to. Sums commute, so it does not matter which worker saw whom, and when.

use std::collections::{BTreeMap, BTreeSet};

use andon_domain::difference::{Difference, Direction, Judgement};
use andon_domain::ids::Instant;
use andon_domain::manifest::{Formula, Level, Metric};
use andon_domain::reading::Status;

use super::report::Changed;

/// Merchants listed at most.
pub(super) const LISTED: usize = 1_000;

/// Names of merchants that were left out, at most.
const NAMED: usize = 100;

/// All levels, best first.
pub(super) const LADDER: [Level; 5] = [Level::Excellent, Level::Good, Level::AtRisk, Level::Restricted, Level::Suspended];

/// One merchant at one moment under both, the rules in force first; a fault with its code and message.
pub(super) type Pair<'a> = [Result<Judgement<'a>, (&'static str, &'a str)>; 2];

/// Orders, and what they were sold for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) orders: u64,
    pub(super) amount: i64,
}

impl Weight {
    pub(super) fn add(&mut self, other: Self) {
        self.orders += other.orders;
        self.amount = self.amount.saturating_add(other.amount);
    }
}

/// One moment's comparisons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AtMoment {
    pub(super) compared: u64,
    pub(super) better: u64,
    pub(super) worse: u64,
    pub(super) sideways: u64,
    pub(super) proposals: u64,
}

/// One level at the last moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct AtLevel {
    pub(super) in_force: u64,
    pub(super) candidate: u64,
    pub(super) newly: u64,
    pub(super) no_longer: u64,
    pub(super) weight: Weight,
}

/// Verdicts that were not given for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) message: String,
    pub(super) verdicts: u64,
    pub(super) merchants: u64,
}

/// What is told of a merchant when all its moments are over.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Something was known of it by the last moment.
    pub(super) known: bool,
    pub(super) weight: Weight,
    pub(super) contacts: u64,
    pub(super) violations: u64,
    /// When the first of its facts happened.
    pub(super) first_fact: Option<Instant>,
    /// On which side it failed, and how.
    pub(super) faults: BTreeSet<(usize, &'static str)>,
    pub(super) changed: Option<Changed>,
}

/// Everything so far.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sum {
    pub(super) merchants: u64,
    pub(super) with_facts: u64,
    pub(super) left_out: BTreeSet<String>,
    pub(super) weight: Weight,
    pub(super) contacts: u64,
    pub(super) violations: u64,
    pub(super) first_fact: Option<Instant>,
    pub(super) insufficient: [u64; 2],
    pub(super) faults: BTreeMap<(usize, &'static str), Failed>,
    /// By standings, as indexes of either side's.
    pub(super) transitions: BTreeMap<(u16, u16), u64>,
    pub(super) transitions_all: BTreeMap<(u16, u16), u64>,
    pub(super) levels: [AtLevel; LADDER.len()],
    /// By action: new and vanished.
    pub(super) actions: BTreeMap<String, [u64; 2]>,
    pub(super) timeline: Vec<AtMoment>,
    pub(super) changed: u64,
    pub(super) listed: Vec<Changed>,
    pub(super) classified: u64,
    pub(super) evaluated: u64,
}

impl Sum {
    /// Of so many moments.
    pub(super) fn over(moments: usize) -> Self {
        Self { timeline: vec![AtMoment::default(); moments], ..Self::default() }
    }

    /// Adds one merchant at moment `index`; answers how the two differ, where they do.
    pub(super) fn judged(
        &mut self,
        index: usize,
        pair: &Pair<'_>,
        metrics: [&[Metric]; 2],
        weight: Weight,
    ) -> Option<Difference> {
        let last = index + 1 == self.timeline.len();
        for (side, judged) in pair.iter().enumerate() {
            match judged {
                Ok(judgement) if last && nothing_to_go_by(metrics[side], judgement) => self.insufficient[side] += 1,
                Ok(_) => {}
                Err((code, message)) => self.failed(side, code, message, 1, 0),
            }
        }
        let [Ok(old), Ok(new)] = pair else { return None };
        let moment = &mut self.timeline[index];
        moment.compared += 1;
        let standings = (old.verdict.standing, new.verdict.standing);
        *self.transitions_all.entry(standings).or_default() += 1;
        if last {
            *self.transitions.entry(standings).or_default() += 1;
            self.reach(old, new, weight);
        }
        let difference = Difference::between(*old, *new);
        let moment = &mut self.timeline[index];
        match difference.direction {
            Direction::Better => moment.better += 1,
            Direction::Worse => moment.worse += 1,
            Direction::Sideways => moment.sideways += 1,
            Direction::Same => moment.proposals += u64::from(!difference.agrees()),
        }
        if last {
            self.actions(&difference);
        }
        (!difference.agrees()).then_some(difference)
    }

    fn reach(&mut self, old: &Judgement<'_>, new: &Judgement<'_>, weight: Weight) {
        let (Some(old), Some(new)) = (level(old), level(new)) else { return };
        for (at, level) in self.levels.iter_mut().zip(LADDER) {
            at.in_force += u64::from(old >= level);
            at.candidate += u64::from(new >= level);
            at.no_longer += u64::from(old >= level && new < level);
            if old < level && new >= level {
                at.newly += 1;
                at.weight.add(weight);
            }
        }
    }

    /// Each action once a merchant, whatever it is about.
    fn actions(&mut self, difference: &Difference) {
        let words = |named: &[String]| -> BTreeSet<String> {
            named.iter().map(|name| name.split(' ').next().unwrap_or_default().to_owned()).collect()
        };
        for (place, named) in [&difference.new_proposals, &difference.vanished_proposals].into_iter().enumerate() {
            for word in words(named) {
                self.actions.entry(word).or_default()[place] += 1;
            }
        }
    }

    /// Adds what is told of a merchant in the end.
    pub(super) fn ended(&mut self, merchant: Ended) {
        self.merchants += 1;
        self.with_facts += u64::from(merchant.known);
        self.weight.add(merchant.weight);
        self.contacts += merchant.contacts;
        self.violations += merchant.violations;
        self.first_fact = earliest(self.first_fact, merchant.first_fact);
        for (side, code) in merchant.faults {
            self.failed(side, code, "", 0, 1);
        }
        if let Some(changed) = merchant.changed {
            self.changed += 1;
            self.listed.push(changed);
            if self.listed.len() >= 2 * LISTED {
                self.shorten();
            }
        }
    }

    /// Adds a merchant whom nothing can be said of.
    pub(super) fn left_out(&mut self, reference: String) {
        self.merchants += 1;
        if self.left_out.len() < NAMED {
            self.left_out.insert(reference);
        }
    }

    fn failed(&mut self, side: usize, code: &'static str, message: &str, verdicts: u64, merchants: u64) {
        let failed = self.faults.entry((side, code)).or_default();
        failed.verdicts += verdicts;
        failed.merchants += merchants;
        if !message.is_empty() && (failed.message.is_empty() || message < failed.message.as_str()) {
            message.clone_into(&mut failed.message);
        }
    }

    /// Keeps the merchants for whom it is worst.
    pub(super) fn shorten(&mut self) {
        self.listed.sort_by(|a, b| severity(b).cmp(&severity(a)).then_with(|| a.merchant.cmp(&b.merchant)));
        self.listed.truncate(LISTED);
    }

    /// Adds all that another worker saw.
    pub(super) fn merge(&mut self, other: Self) {
        self.merchants += other.merchants;
        self.with_facts += other.with_facts;
        self.left_out.extend(other.left_out);
        self.weight.add(other.weight);
        self.contacts += other.contacts;
        self.violations += other.violations;
        self.first_fact = earliest(self.first_fact, other.first_fact);
        self.changed += other.changed;
        self.classified += other.classified;
        self.evaluated += other.evaluated;
        for (mine, theirs) in self.insufficient.iter_mut().zip(other.insufficient) {
            *mine += theirs;
        }
        for ((side, code), Failed { message, verdicts, merchants }) in other.faults {
            self.failed(side, code, &message, verdicts, merchants);
        }
        for (mine, theirs) in [(&mut self.transitions, other.transitions), (&mut self.transitions_all, other.transitions_all)] {
            for (standings, count) in theirs {
                *mine.entry(standings).or_default() += count;
            }
        }
        for (mine, theirs) in self.levels.iter_mut().zip(other.levels) {
            mine.in_force += theirs.in_force;
            mine.candidate += theirs.candidate;
            mine.newly += theirs.newly;
            mine.no_longer += theirs.no_longer;
            mine.weight.add(theirs.weight);
        }
        for (action, counts) in other.actions {
            let mine = self.actions.entry(action).or_default();
            mine[0] += counts[0];
            mine[1] += counts[1];
        }
        for (mine, theirs) in self.timeline.iter_mut().zip(other.timeline) {
            mine.compared += theirs.compared;
            mine.better += theirs.better;
            mine.worse += theirs.worse;
            mine.sideways += theirs.sideways;
            mine.proposals += theirs.proposals;
        }
        self.listed.extend(other.listed);
        self.shorten();
    }
}

/// Whether no rate or mean that is held against anything has enough behind it. Counts and points always have: a merchant without a
/// single order has no violations either.
fn nothing_to_go_by(metrics: &[Metric], judgement: &Judgement<'_>) -> bool {
    let is_held = |m: &Metric| m.limit.is_some() && matches!(m.formula, Formula::Ratio { .. } | Formula::Mean { .. });
    let held = metrics.iter().zip(&judgement.snapshot.readings).filter(|(metric, _)| is_held(metric));
    let mut statuses = held.map(|(_, reading)| reading.status).peekable();
    statuses.peek().is_some() && statuses.all(|status| status == Status::Insufficient)
}

fn level(judgement: &Judgement<'_>) -> Option<Level> {
    judgement.manifest.standings.get(usize::from(judgement.verdict.standing)).map(|standing| standing.level)
}

fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    [a, b].into_iter().flatten().min()
}

/// How bad a change is: how many levels down, then how many orders hang on it.
fn severity(changed: &Changed) -> (i64, u64) {
    let place = |word: &str| LADDER.iter().position(|level| level.word() == word).unwrap_or_default() as i64;
    (place(&changed.candidate.level) - place(&changed.in_force.level), changed.orders)
}

#[cfg(test)]
#[path = "sum_tests.rs"]
mod tests;
