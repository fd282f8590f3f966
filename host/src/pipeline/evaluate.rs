//! Steps 6 and 7: what the rules conclude from the readings, and what is kept of it. A fault is never a verdict: the old one
//! stands, shown as stale.

use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::Cadence;
use andon_domain::reading::Status;
use andon_domain::verdict::{Snapshot, Verdict};

use super::lane::{Ingest, IngestError, Job};
use super::read::{self, Account, Reader, party};
use super::replay;
use crate::clock::Clock;
use crate::markets::{Generation, Market};
use crate::rules::Blame;
use crate::store::StoreError;
use crate::store::session::{Due, FaultRow, Judgement, MerchantState, NewVerdict, Session, StandingWords, Told};

/// When a merchant whose evaluation failed is tried again, in milliseconds.
const RETRY: Instant = 5 * 60 * 1000;

/// Why merchants could not be evaluated; they stay due.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] IngestError),
}

/// Evaluates merchants that are due, hands the outcome to the writer, and plays a sample of it again. Answers whether that was
/// possible: where the rules may not be asked now, everybody stays due.
pub(crate) fn evaluate(
    session: &mut dyn Session,
    ingest: &Ingest,
    clock: &dyn Clock,
    market: &Market,
    generation: &Generation,
    due: &[Due],
) -> Result<bool, EvaluateError> {
    let Ok(pass) = generation.judge.gate().enter() else { return Ok(false) };
    let now = market.now(clock.now());
    let merchants: Vec<i64> = due.iter().map(|d| d.merchant).collect();
    let states = session.states(&merchants)?;
    let (reader, accounts) = read::load(session, market, generation, &merchants, now)?;
    let snapshots: Vec<Snapshot> =
        accounts.iter().zip(&states).map(|(a, s)| reader.snapshot(a, party(generation.manifest(), s), &[])).collect();
    let verdicts = ask(generation, &snapshots);
    let failed = verdicts.iter().zip(due).filter_map(|(v, d)| Some((d.merchant as u64, v.as_ref().err()?.blame)));
    pass.record(verdicts.iter().filter(|v| v.is_ok()).count(), &failed.collect::<Vec<_>>());
    let last = session.verdicts(&states.iter().map(|s| s.verdict).collect::<Vec<_>>())?;

    let mut batch = Batch { market, reader: &reader, clock, judgements: Vec::new(), faults: Vec::new(), clear: Vec::new() };
    for (i, verdict) in verdicts.into_iter().enumerate() {
        match verdict {
            Ok(verdict) => batch.conclude(&due[i], &states[i], &accounts[i], &snapshots[i], &verdict, last[i].as_ref()),
            Err(fault) => batch.fault(&due[i], &states[i], fault),
        }
    }
    let Batch { judgements, faults, clear, .. } = batch;
    let sample = replay::sample(generation, judgements.iter().filter_map(|j| Some(j.verdict.as_ref()?.id)));
    ingest.hand_over(|reply| Job::Judge { judgements, faults, clear, reply })?;
    replay::play_again(session, generation, now, &sample)?;
    Ok(true)
}

#[derive(Clone)]
struct Fault {
    code: &'static str,
    message: String,
    blame: Blame,
}

/// One verdict for each snapshot; a fault is narrowed down to the merchants that cause it.
fn ask(generation: &Generation, snapshots: &[Snapshot]) -> Vec<Result<Verdict, Fault>> {
    match generation.judge.evaluate(snapshots) {
        Ok(verdicts) => verdicts.into_iter().map(Ok).collect(),
        Err(fault) if snapshots.len() <= 1 => {
            let name = generation.manifest().name.clone();
            metrics::counter!("andon_plugin_faults_total", "rules" => name, "code" => fault.code()).increment(1);
            tracing::warn!(rules = %generation.judge.digest(), code = fault.code(), "evaluate failed: {fault}");
            let told = Fault { code: fault.code(), message: fault.to_string(), blame: fault.blame() };
            snapshots.iter().map(|_| Err(told.clone())).collect()
        }
        Err(_) => {
            let (left, right) = snapshots.split_at(snapshots.len() / 2);
            let mut all = ask(generation, left);
            // The first half's fault found in its first member says that all are likely to fail: one more try, not one each.
            let hopeless = left.len() > 1 && all.iter().all(Result::is_err);
            match (hopeless, all.first()) {
                (true, Some(Err(fault))) => {
                    let fault = fault.clone();
                    all.extend(right.iter().map(|_| Err(fault.clone())));
                }
                _ => all.extend(ask(generation, right)),
            }
            all
        }
    }
}

struct Batch<'a> {
    market: &'a Market,
    reader: &'a Reader<'a>,
    clock: &'a dyn Clock,
    judgements: Vec<Judgement>,
    faults: Vec<FaultRow>,
    clear: Vec<(i64, i64, i64)>,
}

impl Batch<'_> {
    fn conclude(
        &mut self,
        due: &Due,
        state: &MerchantState,
        account: &Account,
        snapshot: &Snapshot,
        verdict: &Verdict,
        last: Option<&Told>,
    ) {
        let generation = self.reader.generation;
        let next = self.reader.next(&self.market.calendar, account, &snapshot.readings, verdict.revisit);
        let judged_day = self.binds(state);
        let (input, output) = (encode_input(snapshot), postcard::to_stdvec(verdict).unwrap_or_default());
        let told_before = last.is_some_and(|(g, i, o)| *g == generation.id && *i == input && *o == output);
        let new = (!told_before || (judged_day.is_some() && generation.manifest().cadence != Cadence::Continuous)).then(|| {
            let standing = &generation.manifest().standings[usize::from(verdict.standing)];
            let projected = StandingWords { code: standing.code.clone(), level: standing.level.word().to_owned() };
            let moved = (judged_day.is_some() && state.standing.as_ref() != Some(&projected.code)).then_some(snapshot.now);
            NewVerdict {
                id: self.clock.new_id(),
                generation: generation.id,
                at: snapshot.now,
                binding: judged_day.is_some(),
                input,
                output,
                projected,
                score: verdict.score,
                statuses: statuses(snapshot),
                moved,
                judged_day,
            }
        });
        self.clear.push((generation.id, due.merchant, 0));
        let (market, merchant, stamp, was_due) = (self.market.id, due.merchant, due.stamp, state.next_evaluation);
        self.judgements.push(Judgement { market, merchant, stamp, was_due, next, verdict: new });
    }

    /// The binding day this verdict judges, if one has come since the last that was judged and since the merchant joined.
    fn binds(&self, state: &MerchantState) -> Option<Day> {
        let cadence = self.reader.generation.manifest().cadence;
        let day = cadence.last_binding(self.reader.today);
        let open = match (cadence, state.judged_day) {
            (Cadence::Continuous, _) => true,
            (_, Some(judged)) => day > judged,
            (_, None) => self.market.calendar.start_of(day) >= state.joined,
        };
        open.then_some(day)
    }

    fn fault(&mut self, due: &Due, state: &MerchantState, fault: Fault) {
        let (generation, merchant, now) = (self.reader.generation.id, due.merchant, self.reader.now);
        let Fault { code, message, .. } = fault;
        self.faults.push(FaultRow { generation, merchant, subject: 0, code, message, at: now });
        let (market, stamp, was_due) = (self.market.id, due.stamp, state.next_evaluation);
        self.judgements.push(Judgement { market, merchant, stamp, was_due, next: Some(now + RETRY), verdict: None });
    }
}

/// A snapshot as it is stored: without its moment, which has a column of its own, so that equal bytes mean that nothing but
/// time has passed.
pub(crate) fn encode_input(snapshot: &Snapshot) -> Vec<u8> {
    postcard::to_stdvec(&Snapshot { now: 0, ..snapshot.clone() }).unwrap_or_default()
}

/// One letter for each metric, so that merchants can be found by status.
fn statuses(snapshot: &Snapshot) -> String {
    snapshot.readings.iter().map(|r| status_letter(r.status)).collect()
}

/// The letter a status is stored as.
pub fn status_letter(status: Status) -> char {
    match status {
        Status::Good => 'g',
        Status::AtRisk => 'r',
        Status::Breached => 'b',
        Status::Insufficient => 'i',
    }
}
