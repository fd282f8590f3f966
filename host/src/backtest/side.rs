//! One set of rules on its way through time: what each fact of a group counts for at the moment, what that adds up to, and what
//! the rules conclude of it. Only facts of which something new is known, or that were to be asked about again, are asked about.

use andon_domain::calendar::Calendar;
use andon_domain::days::Days;
use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::mark::{Classified, Mark};
use andon_domain::quota::Candidate;
use andon_domain::verdict::{Party, Snapshot, Verdict};
use tokio::runtime::Handle;

use super::group::Group;
use super::schedule::{Step, first_from};
use crate::markets::Generation;
use crate::pipeline::classify::{self, Answer};
use crate::pipeline::play::Book;
use crate::pipeline::read::{Account, Reader, Shift};
use crate::pipeline::settle::parties;
use crate::pipeline::view::{self, Fault};
use crate::rules::{PluginFault, Used};

/// What one fact counts for at the moment.
#[derive(Default)]
pub(super) struct Held {
    pub(super) marks: Vec<Mark>,
    /// What it counted for at the step that its merchant was last kept at, where it counts otherwise since.
    kept: (usize, Vec<Mark>),
    /// Buyer and listing, 0 where there is none.
    party: (u64, u64),
    order: bool,
    /// When it is to be asked about again.
    revisit: Option<Instant>,
    failed: bool,
}

/// A merchant as the rules see it; the standing is the one in force, where one is by then.
pub(super) struct Judged {
    pub(super) snapshot: Snapshot,
    pub(super) verdict: Verdict,
}

/// A binding day's readings, kept for the moments after it.
type Bound = Result<Snapshot, Fault>;

/// A binding day, the merchant as it was told of, and the standing that its readings led to.
type Settled = (Instant, Party, Result<u16, Fault>);

/// One side of the comparison over one group of merchants.
pub(super) struct Side<'g> {
    pub(super) generation: &'g Generation,
    pub(super) days: Days<'g>,
    /// By fact.
    pub(super) held: Vec<Held>,
    /// By merchant.
    accounts: Vec<Account>,
    /// By merchant: how many of its facts the rules failed on, and how at last.
    failing: Vec<(u32, Option<Fault>)>,
    /// By merchant: the number of the step that is to be known in the end, 0 for none.
    kept: Vec<usize>,
    /// By step: facts to be asked about again.
    agenda: Vec<Vec<u32>>,
    bound: Vec<Option<(Instant, Bound)>>,
    /// By merchant: the standing that a binding day's readings led to, for whom.
    settled: Vec<Option<Settled>>,
    pub(super) classified: u64,
    pub(super) evaluated: u64,
}

impl<'g> Side<'g> {
    pub(super) fn new(generation: &'g Generation, calendar: &'g Calendar, group: &Group, steps: usize) -> Self {
        let merchants = group.merchants.len();
        Self {
            generation,
            days: Days::new(calendar),
            held: group.subjects.iter().map(|_| Held::default()).collect(),
            accounts: vec![Account::default(); merchants],
            failing: vec![(0, None); merchants],
            kept: vec![0; merchants],
            agenda: vec![Vec::new(); steps],
            bound: (0..merchants).map(|_| None).collect(),
            settled: (0..merchants).map(|_| None).collect(),
            classified: 0,
            evaluated: 0,
        }
    }

    /// Facts that ask to be asked about at a step, and have not been since.
    pub(super) fn due(&mut self, step: usize, at: Instant) -> Vec<u32> {
        let mut due = std::mem::take(&mut self.agenda[step]);
        due.retain(|fact| self.held[*fact as usize].revisit.is_some_and(|revisit| revisit <= at));
        due
    }

    /// Asks what facts mean now, and takes the answers in place of those before.
    pub(super) fn classify(&mut self, group: &Group, steps: &[Step], step: usize, facts: &[(u32, &Fact)], runtime: &Handle) {
        let now = steps[step].at;
        let asked: Vec<&Fact> = facts.iter().map(|(_, fact)| *fact).collect();
        let answers = match runtime.block_on(self.generation.judge.gate().play()) {
            Ok(_turn) => classify::read(self.generation, now, &asked, &mut Used::default()),
            Err(fault) => asked.iter().map(|_| Answer::Fault(Fault::from(&fault))).collect(),
        };
        self.classified += asked.len() as u64;
        let mut answers = answers.into_iter();
        let whose = |(fact, _): &(u32, &Fact)| group.subjects[*fact as usize].merchant as usize;
        for facts in facts.chunk_by(|a, b| whose(a) == whose(b)) {
            let merchant = whose(&facts[0]);
            // Where many are new, adding all up is cheaper; under quotas one order's marks may decide whether another's count.
            let anew =
                facts.len() * 8 > group.merchants[merchant].subjects.len() || !self.generation.manifest().quotas.is_empty();
            let (mut shift, mut changed) = ((!anew).then(Shift::default), false);
            for ((fact, known), answer) in facts.iter().zip(answers.by_ref()) {
                let fact = *fact as usize;
                let failed = match answer {
                    Answer::Marks(classified) => {
                        changed |= self.take(fact, merchant, known, classified, shift.as_mut());
                        None
                    }
                    Answer::Fault(fault) => Some(fault),
                    // Of a reader's facts all are asked about, and all at once.
                    Answer::Nothing | Answer::Later => None,
                };
                self.note(fact, merchant, failed, now);
                let again = self.held[fact].revisit.and_then(|revisit| first_from(steps, revisit.max(now + 1)));
                if let Some(place) = again {
                    self.agenda[place].push(fact as u32);
                }
            }
            match shift {
                Some(shift) if changed => self.accounts[merchant].add(shift),
                None if changed => self.rebuild(group, merchant),
                _ => {}
            }
        }
    }

    /// Takes new marks in place of a fact's old ones, and notes what that adds to its merchant's sums; says whether they are others.
    fn take(&mut self, fact: usize, merchant: usize, known: &Fact, classified: Classified, shift: Option<&mut Shift>) -> bool {
        let (held, party) = (&mut self.held[fact], parties(Some(known)));
        held.revisit = classified.revisit;
        if held.marks == classified.marks && held.party == party {
            return false;
        }
        let before = std::mem::replace(&mut held.marks, classified.marks);
        let party_before = std::mem::replace(&mut held.party, party);
        held.order = matches!(known, Fact::Order(_));
        if let Some(shift) = shift {
            let same = if party_before == party { alike(&before, &held.marks) } else { [0, 0] };
            let others = |marks: &'_ [Mark]| same[0]..marks.len() - same[1];
            let counters = &self.generation.manifest().counters;
            shift.count(counters, &before[others(&before)], party_before, -1, &mut self.days);
            shift.count(counters, &held.marks[others(&held.marks)], party, 1, &mut self.days);
        }
        if held.kept.0 < self.kept[merchant] {
            held.kept = (self.kept[merchant], before);
        }
        true
    }

    /// Has a merchant's marks of this step known in the end, in place of those of any step before.
    pub(super) fn keep(&mut self, merchant: usize, step: usize) {
        self.kept[merchant] = step + 1;
    }

    /// Brings back the marks that a merchant's facts had when it was kept. Only what is shown of it may be asked for from then on.
    pub(super) fn rewind(&mut self, group: &Group, merchant: usize) {
        for held in &mut self.held[group.merchants[merchant].subjects.clone()] {
            if held.kept.0 > 0 && held.kept.0 == self.kept[merchant] {
                held.marks = std::mem::take(&mut held.kept.1);
            }
        }
    }

    /// Notes whether the rules failed on a fact; while they do on any, its merchant has no verdict, and each is tried again.
    fn note(&mut self, fact: usize, merchant: usize, failed: Option<Fault>, now: Instant) {
        let (held, failing) = (&mut self.held[fact], &mut self.failing[merchant]);
        failing.0 -= u32::from(held.failed);
        held.failed = failed.is_some();
        failing.0 += u32::from(held.failed);
        if failed.is_some() {
            held.revisit = Some(now + 1);
            failing.1 = failed;
        }
    }

    /// Adds a merchant up anew.
    fn rebuild(&mut self, group: &Group, merchant: usize) {
        let mut book = Book::new(self.generation, &mut self.days);
        for fact in group.merchants[merchant].subjects.clone() {
            let Held { marks, party: (buyer, listing), order, .. } = &self.held[fact];
            let key = if *order { group.subjects[fact].id.key } else { 0 };
            let candidate = Candidate { buyer: order.then_some(*buyer), key, marks: marks.into() };
            book.add(candidate, *listing);
        }
        self.accounts[merchant] = book.close();
    }

    fn snapshot(&self, merchant: usize, step: &Step, party: Party) -> Result<Snapshot, Fault> {
        if let (1.., Some(fault)) = &self.failing[merchant] {
            return Err(fault.clone());
        }
        // What the whole marketplace's sums were then is not known, as for any past moment that is played.
        let reader = Reader { generation: self.generation, now: step.at, today: step.today, peers: None };
        Ok(reader.snapshot(&self.accounts[merchant], party, &[]))
    }

    /// Keeps how every merchant reads on a binding day.
    pub(super) fn bind(&mut self, group: &Group, step: &Step) {
        for merchant in 0..group.merchants.len() {
            let party = group.merchants[merchant].party(self.generation, step.at);
            self.bound[merchant] = Some((step.at, self.snapshot(merchant, step, party)));
        }
    }

    /// Asks what the readings of merchants lead to, answer by answer in their order.
    pub(super) fn judge(
        &mut self,
        group: &Group,
        step: &Step,
        merchants: &[usize],
        runtime: &Handle,
    ) -> Vec<Result<Judged, Fault>> {
        let parties: Vec<Party> = merchants.iter().map(|m| group.merchants[*m].party(self.generation, step.at)).collect();
        let mut asked = Vec::with_capacity(merchants.len());
        let mut read = |(merchant, party): (&usize, &Party)| self.snapshot(*merchant, step, party.clone()).map(|s| asked.push(s));
        let readable: Vec<Result<(), Fault>> = merchants.iter().zip(&parties).map(&mut read).collect();
        let now = asked.len();
        let mut earlier = Vec::new();
        for (merchant, party) in merchants.iter().zip(&parties) {
            if let Some(snapshot) = self.unsettled(*merchant, party) {
                earlier.push(*merchant);
                asked.push(snapshot);
            }
        }
        self.evaluated += asked.len() as u64;
        let mut verdicts = match runtime.block_on(self.generation.judge.gate().play()) {
            Ok(_turn) => view::ask(self.generation, &asked, &mut Used::default()),
            Err(fault) => asked.iter().map(|_| Err(Fault::from(&fault))).collect(),
        };
        for ((merchant, verdict), snapshot) in earlier.into_iter().zip(verdicts.split_off(now)).zip(asked.split_off(now)) {
            self.settled[merchant] = Some((snapshot.now, snapshot.merchant, verdict.map(|verdict| verdict.standing)));
        }
        let mut verdicts = asked.into_iter().zip(verdicts);
        let judged = merchants.iter().zip(readable).map(|(merchant, readable)| {
            readable?;
            let (snapshot, verdict) =
                verdicts.next().ok_or_else(|| Fault::from(&PluginFault::Unavailable("no verdict".into())))?;
            let mut verdict = verdict?;
            verdict.standing = self.in_force(*merchant, snapshot.merchant.joined)?.unwrap_or(verdict.standing);
            Ok(Judged { snapshot, verdict })
        });
        judged.collect()
    }

    /// The last binding day's readings, where it is not known yet what they lead to for this merchant as it is seen now.
    fn unsettled(&self, merchant: usize, party: &Party) -> Option<Snapshot> {
        let (at, bound) = self.bound[merchant].as_ref()?;
        let known = self.settled[merchant].as_ref().is_some_and(|(then, whose, was)| then == at && whose == party && was.is_ok());
        if known || *at < party.joined {
            return None;
        }
        bound.as_ref().ok().map(|snapshot| Snapshot { merchant: party.clone(), ..snapshot.clone() })
    }

    /// The standing that the last binding day led to; `None` where every day binds, or none had come for this merchant.
    fn in_force(&self, merchant: usize, joined: Instant) -> Result<Option<u16>, Fault> {
        match (&self.bound[merchant], &self.settled[merchant]) {
            (Some((at, _)), _) if *at < joined => Ok(None),
            (Some((_, Err(fault))), _) => Err(fault.clone()),
            (Some((at, Ok(_))), Some((then, _, standing))) if at == then => standing.clone().map(Some),
            _ => Ok(None),
        }
    }
}

/// How many marks two lists have alike at their beginnings, and then at their ends: most of a fact's stay as they were.
fn alike(a: &[Mark], b: &[Mark]) -> [usize; 2] {
    let first = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let last = a[first..].iter().rev().zip(b[first..].iter().rev()).take_while(|(a, b)| a == b).count();
    [first, last]
}
