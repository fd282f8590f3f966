//! How one generation sees a batch of merchants: their accounts as its tallies have them, what it is shown, what it concludes.

use andon_domain::calendar::Calendar;
use andon_domain::difference::Judgement;
use andon_domain::ids::Instant;
use andon_domain::verdict::{Snapshot, Verdict};
use serde::Serialize;

use super::read::{self, Account, Reader, party};
use crate::markets::{Generation, Market};
use crate::rules::{Blame, PluginFault, Used, digest};
use crate::store::StoreError;
use crate::store::faults::FaultPlace;
use crate::store::session::{FaultRow, MerchantState, Session, StandingWords};
use crate::store::shadows::Seen;
use crate::telemetry::called;

/// Why rules gave no verdict.
#[derive(Clone)]
pub(crate) struct Fault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(super) blame: Blame,
    /// What the call used that ended in it, others asked about in the same call included.
    pub(super) fuel: u64,
}

impl Fault {
    /// The row that tells of it, with what tells whether another question was the same.
    pub(super) fn row(&self, (generation, merchant, subject): FaultPlace, at: Instant, question: &impl Serialize) -> FaultRow {
        let input = postcard::to_stdvec(question).ok().map(|bytes| digest(&bytes));
        let (code, message, fuel) = (self.code, self.message.clone(), self.fuel as i64);
        FaultRow { generation, merchant, subject, code, message, at, fuel, input }
    }
}

impl From<&PluginFault> for Fault {
    fn from(fault: &PluginFault) -> Self {
        Self { code: fault.code(), message: fault.to_string(), blame: fault.blame(), fuel: 0 }
    }
}

/// A batch of merchants as one generation sees them, each at the same place in every list.
pub(super) struct View<'g> {
    pub(super) reader: Reader<'g>,
    pub(super) accounts: Vec<Account>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) verdicts: Vec<Result<Verdict, Fault>>,
    /// Fuel used for the whole batch.
    pub(super) fuel: u64,
}

impl<'g> View<'g> {
    /// Loads and asks. Where the rules may not be asked now, that is a fault over each merchant.
    pub(super) fn of(
        session: &mut dyn Session,
        market: &Market,
        generation: &'g Generation,
        states: &[MerchantState],
        now: Instant,
    ) -> Result<Self, StoreError> {
        let merchants: Vec<i64> = states.iter().map(|s| s.id).collect();
        let (reader, accounts) = read::load(session, market, generation, &merchants, now)?;
        let party = |state| party(generation.manifest(), state);
        let snapshots: Vec<Snapshot> =
            accounts.iter().zip(states).map(|(account, state)| reader.snapshot(account, party(state), &[])).collect();
        let mut used = Used::default();
        let verdicts = match generation.judge.gate().enter(market.role_of(generation.id)) {
            Err(fault) => snapshots.iter().map(|_| Err(Fault::from(&fault))).collect(),
            Ok(pass) => {
                let verdicts = ask(generation, &snapshots, &mut used);
                let failed = verdicts.iter().zip(&merchants).filter_map(|(v, m)| Some((*m as u64, v.as_ref().err()?.blame)));
                pass.record(verdicts.iter().filter(|v| v.is_ok()).count(), &failed.collect::<Vec<_>>());
                verdicts
            }
        };
        Ok(Self { reader, accounts, snapshots, verdicts, fuel: used.fuel })
    }

    pub(super) fn generation(&self) -> &'g Generation {
        self.reader.generation
    }

    /// When merchant `i` may be seen otherwise although nothing happens; `None` where it failed. The rules' own wish is met after `rest`
    /// at the earliest.
    pub(super) fn next(&self, calendar: Calendar, i: usize, rest: Instant) -> Option<Instant> {
        let verdict = self.verdicts[i].as_ref().ok()?;
        let revisit = verdict.revisit.map(|at| at.max(self.reader.now + rest));
        self.reader.next(&calendar, &self.accounts[i], &self.snapshots[i].readings, revisit)
    }

    /// The row of a fault over merchant `i`, whose row is `merchant`.
    pub(super) fn fault(&self, i: usize, merchant: i64, fault: &Fault) -> FaultRow {
        fault.row((self.generation().id, merchant, 0), self.reader.now, &timeless(&self.snapshots[i]))
    }

    /// A standing of its manifest, in words.
    pub(super) fn words(&self, standing: u16) -> StandingWords {
        let standing = &self.generation().manifest().standings[usize::from(standing)];
        StandingWords { code: standing.code.clone(), level: standing.level.word().to_owned() }
    }

    /// Where it sees merchant `i`, or the code of its fault.
    pub(super) fn seen(&self, i: usize) -> Result<Seen, String> {
        match &self.verdicts[i] {
            Ok(verdict) => Ok(Seen { standing: self.words(verdict.standing), score: verdict.score }),
            Err(fault) => Err(fault.code.to_owned()),
        }
    }

    /// What it concludes of merchant `i`, with what that rests on.
    pub(super) fn judgement(&self, i: usize) -> Option<Judgement<'_>> {
        let (manifest, snapshot) = (self.generation().manifest(), &self.snapshots[i]);
        self.verdicts[i].as_ref().ok().map(|verdict| Judgement { manifest, snapshot, verdict })
    }

    /// Fuel used for one merchant, as an equal part of the batch's.
    pub(super) fn fuel_each(&self) -> u64 {
        self.fuel / (self.verdicts.len() as u64).max(1)
    }
}

/// A snapshot without its moment, which has a column of its own, so that equal bytes mean that nothing but time has passed. A struct's
/// bytes are those of its fields in turn.
pub(super) fn timeless(snapshot: &Snapshot) -> impl Serialize {
    let Snapshot { now: _, merchant, readings, listings } = snapshot;
    (0i64, merchant, readings, listings)
}

/// After so many merchants of a batch without a verdict, and none with one, the rules are taken to be broken, and the rest fail by parts:
/// each further try could burn a whole time budget.
const PATIENCE: usize = 8;

/// One verdict for each snapshot; a fault is narrowed down to the merchants that cause it.
pub(crate) fn ask(generation: &Generation, snapshots: &[Snapshot], used: &mut Used) -> Vec<Result<Verdict, Fault>> {
    let mut verdicts = Vec::with_capacity(snapshots.len());
    part(generation, snapshots, used, &mut verdicts);
    verdicts
}

fn part(generation: &Generation, snapshots: &[Snapshot], used: &mut Used, verdicts: &mut Vec<Result<Verdict, Fault>>) {
    let hopeless = verdicts.len() >= PATIENCE && verdicts.iter().all(Result::is_err);
    let before = used.fuel;
    let answer = generation.judge.evaluate_measured(snapshots, used);
    let fuel = used.fuel - before;
    called(&generation.manifest().name, "evaluate", snapshots.len(), fuel);
    match answer {
        Ok(all) => verdicts.extend(all.into_iter().map(Ok)),
        Err(fault) if snapshots.len() <= 1 || hopeless => {
            let name = generation.manifest().name.clone();
            metrics::counter!("andon_plugin_faults_total", "rules" => name, "code" => fault.code()).increment(1);
            let (rules, merchants) = (generation.judge.digest(), snapshots.len());
            tracing::warn!(%rules, code = fault.code(), "evaluate failed on {merchants} merchants: {fault}");
            verdicts.extend(snapshots.iter().map(|_| Err(Fault { fuel, ..Fault::from(&fault) })));
        }
        Err(_) => {
            let (left, right) = snapshots.split_at(snapshots.len() / 2);
            part(generation, left, used, verdicts);
            part(generation, right, used, verdicts);
        }
    }
}
