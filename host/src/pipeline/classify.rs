//! Asks the rules what facts mean, and keeps one bad fact from taking the others with it, and one slow plugin from holding up
//! everybody whose events wait for the same transaction.

use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::mark::Classified;

use super::view::Fault;
use crate::markets::{Generation, Market};
use crate::rules::{Blame, Role, Used};
use crate::telemetry::called;

/// After so many faults in one batch the rules are taken to be broken, and the rest of the batch shares the last fault:
/// each further try could burn a whole time budget while everybody waits.
const PATIENCE: usize = 4;

/// Most facts asked about between two looks at what was used.
pub(super) const STRETCH: usize = 256;

/// What came of one fact.
pub(crate) enum Answer {
    /// No fact, or not one of a kind that is classified.
    Nothing,
    /// Its marks.
    Marks(Classified),
    /// The rules failed on it.
    Fault(Fault),
    /// It was not asked about: the rules have used up what they may in this transaction.
    Later,
}

/// Fuel that each generation may still use in a transaction, and in which role. Fuel and not time, so that what is left for later
/// does not depend on the machine; each its own, so that what is only watched takes nothing from the rules in force.
#[derive(Debug)]
pub(crate) struct Allowance(Vec<(i64, Role, u64)>);

impl Allowance {
    /// The shares of a marketplace's generations in a transaction.
    pub(crate) fn of(market: &Market) -> Self {
        Self(market.tallied().map(|g| (g.id, market.role_of(g.id), g.judge.gate().protection().transaction_fuel)).collect())
    }

    /// Whether one of them has nothing left.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.iter().any(|(_, _, left)| *left == 0)
    }

    /// A generation's role, and what is left for it.
    fn of_generation(&mut self, generation: i64) -> (Role, &mut u64) {
        let place = self.0.iter().position(|(id, ..)| *id == generation).unwrap_or_else(|| {
            self.0.push((generation, Role::Aside, u64::MAX));
            self.0.len() - 1
        });
        let (_, role, left) = &mut self.0[place];
        (*role, left)
    }
}

/// Classifies what there is to classify; the answers are in the order of the facts. However little is allowed, it comes to an answer
/// or a fault over something: whoever asks again in the next transaction gets further each time.
pub(super) fn classify(generation: &Generation, now: Instant, facts: &[Option<Fact>], allowance: &mut Allowance) -> Vec<Answer> {
    let answers: Vec<Answer> = facts.iter().map(|_| Answer::Nothing).collect();
    let asked: Vec<(usize, &Fact)> = facts.iter().enumerate().filter_map(|(i, f)| Some((i, f.as_ref()?))).collect();
    if asked.is_empty() {
        return answers;
    }
    let (role, left) = allowance.of_generation(generation.id);
    let mut work = Work { left: *left, ..Work::new(generation, now, answers) };
    let pass = match generation.judge.gate().enter(role) {
        Ok(pass) => pass,
        Err(fault) => {
            work.fail(&asked, &Fault::from(&fault));
            return work.answers;
        }
    };
    let mut rest = asked.as_slice();
    while !rest.is_empty() {
        let (stretch, behind) = rest.split_at(if work.is_spent() { rest.len() } else { work.stretch(rest) });
        work.part(stretch);
        rest = behind;
    }
    *left = work.left;
    generation.judge.classified().add((asked.len() - work.put_off) as u64, work.used.fuel);
    pass.record(work.answered, &work.failed);
    work.answers
}

/// Facts asked about at once for a reader: a call into a sandbox costs the same for one as for many.
const READ: usize = 4_096;

/// The same for a reader, who has taken a turn at the gate: nothing is left for later, and the gate is told nothing.
pub(crate) fn read(generation: &Generation, now: Instant, facts: &[&Fact], used: &mut Used) -> Vec<Answer> {
    let answers: Vec<Answer> = facts.iter().map(|_| Answer::Nothing).collect();
    let asked: Vec<(usize, &Fact)> = facts.iter().copied().enumerate().collect();
    let mut work = Work::new(generation, now, answers);
    for stretch in asked.chunks(READ) {
        work.part(stretch);
    }
    used.add(work.used);
    work.answers
}

struct Work<'a> {
    generation: &'a Generation,
    now: Instant,
    answers: Vec<Answer>,
    answered: usize,
    failed: Vec<(u64, Blame)>,
    put_off: usize,
    used: Used,
    /// Fuel that may still be used.
    left: u64,
}

impl<'a> Work<'a> {
    fn new(generation: &'a Generation, now: Instant, answers: Vec<Answer>) -> Self {
        Self { generation, now, answers, answered: 0, failed: Vec::new(), put_off: 0, used: Used::default(), left: u64::MAX }
    }

    fn is_spent(&self) -> bool {
        self.left == 0 && self.answered + self.failed.len() > 0
    }

    /// How many facts to ask about next. Until the rules have answered, so few that one at fault is found with what is left; then as
    /// many as cannot use more than that, or a call's worth where those before them make it likely that it is enough.
    fn stretch(&self, asked: &[(usize, &Fact)]) -> usize {
        let (judge, most) = (&self.generation.judge, asked.len().min(STRETCH));
        let Some(each) = self.used.fuel.checked_div(self.answered as u64) else {
            return if self.failed.len() < PATIENCE { judge.searchable(self.left).min(most) } else { most };
        };
        let facts: Vec<&Fact> = asked[..most].iter().map(|(_, f)| *f).collect();
        let likely = (self.left / each.max(1)).min(judge.call() as u64) as usize;
        judge.affordable(&facts, self.left).max(likely).clamp(1, most)
    }

    fn part(&mut self, asked: &[(usize, &Fact)]) {
        if self.is_spent() {
            self.put_off += asked.len();
            for (i, _) in asked {
                self.answers[*i] = Answer::Later;
            }
            return;
        }
        let (judge, before) = (&self.generation.judge, self.used.fuel);
        let facts: Vec<&Fact> = asked.iter().map(|(_, f)| *f).collect();
        let answer = judge.classify_measured(self.now, &facts, &mut self.used);
        let took = self.used.fuel - before;
        self.left = self.left.saturating_sub(took);
        called(&judge.manifest().name, "classify", facts.len(), took);
        match answer {
            Ok(all) => {
                self.answered += all.len();
                for ((i, _), classified) in asked.iter().zip(all) {
                    self.answers[*i] = Answer::Marks(classified);
                }
            }
            Err(fault) => {
                let name = judge.manifest().name.clone();
                metrics::counter!("andon_plugin_faults_total", "rules" => name, "code" => fault.code()).increment(1);
                if asked.len() == 1 || self.failed.len() >= PATIENCE {
                    tracing::warn!(rules = %judge.digest(), code = fault.code(), "classify failed on {} facts: {fault}", asked.len());
                    self.fail(asked, &Fault { fuel: took, ..Fault::from(&fault) });
                    self.failed.push((asked[0].1.key(), fault.blame()));
                    return;
                }
                let (left, right) = asked.split_at(asked.len() / 2);
                self.part(left);
                self.part(right);
            }
        }
    }

    fn fail(&mut self, asked: &[(usize, &Fact)], fault: &Fault) {
        for (i, _) in asked {
            self.answers[*i] = Answer::Fault(fault.clone());
        }
    }
}
