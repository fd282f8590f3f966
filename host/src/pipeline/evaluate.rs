//! Steps 6 and 7: what the rules conclude from the readings, and what is kept of it. A fault is never a verdict: the old one
//! stands, shown as stale.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use andon_domain::enforce::stage::Move;
use andon_domain::ids::{Day, Instant};
use andon_domain::manifest::Cadence;
use andon_domain::reading::Status;
use andon_domain::verdict::{Snapshot, Verdict};
use uuid::Uuid;

use super::agenda::Agenda;
use super::decide::{self, Considered};
use super::desk::{Desk, TIME};
use super::ingest::{Ingest, IngestError, Job, Receipt};
use super::moved::{self, Moved};
use super::retry::{AGAIN, RETRY};
use super::view::{View, timeless};
use super::{correct, replay, shadow};
use crate::clock::Clock;
use crate::markets::Market;
use crate::store::notices::{NoticeRow, put_notices};
use crate::store::session::{FaultRow, Hold, Judgement, MerchantState, NewVerdict, Session, Told};
use crate::store::shadows::{ShadowRow, put_shadows};
use crate::store::{StoreError, accounts, rollouts};
use crate::telemetry::DECIDE_SECONDS;

/// Why merchants could not be evaluated; they stay due.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EvaluateError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Write(#[from] IngestError),
    #[error("it panicked")]
    Panicked,
}

/// What came of evaluating a batch of merchants of one marketplace.
#[derive(Default)]
pub(crate) struct Judged {
    judgements: Vec<Judgement>,
    /// Whose verdict binds.
    considered: Vec<Considered>,
    /// Standings that change with it.
    moved: Vec<Moved>,
    /// Enforcements that rested on what has been corrected since.
    undone: Vec<Uuid>,
    /// Merchants that a generation judges for the first time since another did: (generation, merchant).
    taken_over: Vec<(i64, i64)>,
    faults: Vec<FaultRow>,
    clear: Vec<(i64, i64, i64)>,
    shadows: Vec<ShadowRow>,
    /// Each with the id of the message that tells of it.
    notices: Vec<(Uuid, NoticeRow)>,
}

impl Judged {
    /// Writes it inside the caller's transaction. This is the only way to a standing, and only what is in force for a merchant
    /// at this moment passes: rules may have been changed since they were asked, and what is in the shadow moves nothing.
    pub(crate) fn write(&mut self, session: &mut dyn Session, market: &Market, clock: &dyn Clock) -> Result<(), StoreError> {
        let rules = |merchant: i64, generation: i64| market.in_force_for(merchant).is_some_and(|g| g.id == generation);
        let judges = |generation: i64| market.judged().any(|g| g.id == generation);
        self.judgements.retain(|j| j.verdict.as_ref().is_none_or(|v| rules(j.merchant, v.generation)));
        self.considered.retain(|c| rules(c.merchant, c.generation.id));
        self.moved.retain(|m| rules(m.merchant, m.generation.id));
        self.taken_over.retain(|(generation, merchant)| rules(*merchant, *generation));
        self.faults.retain(|f| judges(f.generation));
        self.shadows.retain(|s| judges(s.generation));
        self.notices.retain(|(_, n)| judges(n.generation));
        session.hold(Hold::Desk(market.id))?;
        for part in self.taken_over.chunk_by(|a, b| a.0 == b.0) {
            rollouts::keep_standings(session, part[0].0, &part.iter().map(|t| t.1).collect::<Vec<_>>())?;
        }
        session.faults(&self.faults, &self.clear)?;
        put_shadows(session, &self.shadows)?;
        put_notices(session, &self.notices)?;
        let began = std::time::Instant::now();
        let decisions = decide::work_out(session, market, &self.considered, market.now(clock.now()))?;
        let again: HashMap<i64, Instant> = decisions.again().collect();
        for judgement in &mut self.judgements {
            judgement.next = judgement.next.into_iter().chain(again.get(&judgement.merchant).copied()).min();
        }
        let worked_out = began.elapsed();
        session.judge(&self.judgements)?;
        fail::fail_point!("evaluate::after-verdict");
        let began = std::time::Instant::now();
        let mut desk = Desk::of(session, market, clock)?;
        moved::tell(&mut desk, &self.moved)?;
        for id in &self.undone {
            if let Some(mut row) = desk.find(*id)? {
                // Ended in another way meanwhile, there is nothing to reverse.
                let _ = desk.shift(&mut row, Move::Reverse, TIME, "what it rested on has been corrected")?;
            }
        }
        decisions.carry_out(&mut desk)?;
        desk.finish()?;
        metrics::histogram!(DECIDE_SECONDS).record(worked_out + began.elapsed());
        Ok(())
    }
}

/// Evaluates merchants that are due, under every generation that judges, and hands the outcome to the writer. `None` where the rules
/// in force may not be asked now: everybody stays due.
pub(crate) fn evaluate(
    session: &mut dyn Session,
    ingest: &Ingest,
    clock: &dyn Clock,
    market: &Arc<Market>,
    merchants: &[i64],
) -> Result<Option<Evaluated>, EvaluateError> {
    let ready = market.generation.as_ref().is_some_and(|g| g.judge.gate().ready().is_ok());
    if !ready {
        return Ok(None);
    }
    let now = market.now(clock.now());
    let dockets = session.dockets(market.id)?.into();
    let states = session.states(merchants)?;
    let views = market.judged().map(|g| View::of(session, market, g, &states, now)).collect::<Result<Vec<_>, _>>()?;
    let last = session.verdicts(&states.iter().map(|s| s.verdict).collect::<Vec<_>>())?;
    let half_known = market
        .judged()
        .map(|g| Ok((g.id, accounts::half_known(session, g.id, merchants)?)))
        .collect::<Result<_, StoreError>>()?;
    let mut batch = Batch { market, clock, views: &views, half_known, judged: Judged::default() };
    for (i, state) in states.iter().enumerate() {
        batch.conclude(i, state, last[i].as_ref())?;
    }
    batch.shadows(&states)?;
    let mut judged = batch.judged;
    judged.undone = correct::undone(session, market, merchants)?;
    let told = judged.judgements.iter().filter_map(|j| j.verdict.as_ref()).map(|v| (v.generation, v.id)).collect();
    let receipt = ingest.hand_in(|reply| Job::Judge { market: market.clone(), judged, reply })?;
    Ok(Some(Evaluated { market: market.clone(), merchants: merchants.to_vec(), dockets, now, told, receipt }))
}

/// A batch that was evaluated and is with the writer.
pub(crate) struct Evaluated {
    market: Arc<Market>,
    merchants: Vec<i64>,
    /// What was on record by the time their facts were read.
    dockets: Arc<[i64]>,
    now: Instant,
    /// New verdicts, each with its generation.
    told: Vec<(i64, Uuid)>,
    receipt: Receipt,
}

impl Evaluated {
    /// Waits until it is written, and plays a sample of it again.
    pub(crate) fn land(self, session: &mut dyn Session, agenda: &mut Agenda) -> Result<(), EvaluateError> {
        self.receipt.wait()?;
        agenda.judged(&self.merchants, &self.dockets);
        for generation in self.market.judged() {
            let told = self.told.iter().filter(|(g, _)| *g == generation.id).map(|(_, id)| *id);
            replay::play_again(session, generation, self.now, &replay::sample(generation, told))?;
        }
        Ok(())
    }
}

struct Batch<'a> {
    market: &'a Market,
    clock: &'a dyn Clock,
    /// The rules in force first.
    views: &'a [View<'a>],
    /// By generation: merchants of whose facts it does not know all.
    half_known: HashMap<i64, HashSet<i64>>,
    judged: Judged,
}

impl Batch<'_> {
    /// Takes the verdict of the rules that are in force for merchant `i`.
    fn conclude(&mut self, i: usize, state: &MerchantState, last: Option<&Told>) -> Result<(), StoreError> {
        let ruling = self.market.in_force_for(state.id).map(|g| g.id);
        let Some(view) = self.views.iter().find(|v| Some(v.generation().id) == ruling) else { return Ok(()) };
        let generation = view.generation();
        let (views, calendar) = (self.views, self.market.calendar);
        let next = |rest| views.iter().filter_map(|v| v.next(calendar, i, rest)).min();
        let half_known = self.half_known.get(&generation.id).is_some_and(|merchants| merchants.contains(&state.id));
        let (verdict, next) = match &view.verdicts[i] {
            Ok(verdict) => {
                if last.map_or(!self.market.beside.is_empty(), |(g, ..)| *g != generation.id) {
                    self.judged.taken_over.push((generation.id, state.id));
                }
                // What is concluded from a part moves nothing; whoever settles the last of the rest makes the merchant due.
                let binds = self.binds(view, state).filter(|_| !half_known);
                let stored = encode(state.id, &view.snapshots[i], verdict)?;
                let idle = last.is_some_and(|(g, input, _)| *g == generation.id && *input == stored.0);
                let told = self.told(view, (i, binds), state, (verdict, stored), last);
                self.consider(view, (i, binds), state, verdict, told.as_ref());
                (told, next(if idle { AGAIN } else { 0 }))
            }
            Err(fault) => {
                self.judged.faults.push(view.fault(i, state.id, fault));
                (None, Some(view.reader.now + RETRY))
            }
        };
        let cleared = self.views.iter().filter(|v| v.verdicts[i].is_ok()).map(|v| (v.generation().id, state.id, 0));
        self.judged.clear.extend(cleared);
        let (market, merchant, stamp, was_due) = (self.market.id, state.id, state.stamp, state.next_evaluation);
        self.judged.judgements.push(Judgement { market, merchant, stamp, was_due, next, verdict });
        Ok(())
    }

    /// A verdict that binds moves a standing, and is one to decide on, be it new or what was said before.
    fn consider(
        &mut self,
        view: &View<'_>,
        (i, binds): (usize, Option<Day>),
        state: &MerchantState,
        verdict: &Verdict,
        told: Option<&NewVerdict>,
    ) {
        let generation = self.market.in_force_for(state.id).cloned();
        let id = told.map(|told| told.id).or(state.verdict);
        let (Some(_), Some(id), Some(generation)) = (binds, id, generation) else { return };
        self.judged.moved.extend(told.and_then(|told| Moved::by(told, verdict, state, &generation)));
        let proposals = verdict.proposals.clone();
        let snapshot = (!proposals.is_empty()).then(|| view.snapshots[i].clone());
        let (merchant, joined, reinstated) = (state.id, state.joined, state.reinstated);
        self.judged.considered.push(Considered { merchant, joined, reinstated, verdict: id, generation, proposals, snapshot });
    }

    /// The verdict as it is to be stored; `None` where nothing but time differs from the last one.
    fn told(
        &self,
        view: &View<'_>,
        (i, judged_day): (usize, Option<Day>),
        state: &MerchantState,
        (verdict, (input, output)): (&Verdict, (Vec<u8>, Vec<u8>)),
        last: Option<&Told>,
    ) -> Option<NewVerdict> {
        let (generation, snapshot) = (view.generation(), &view.snapshots[i]);
        let told_before = last.is_some_and(|(g, i, o)| *g == generation.id && *i == input && *o == output);
        let projected = view.words(verdict.standing);
        let moves = judged_day.is_some() && state.standing.as_ref() != Some(&projected.code);
        if told_before && (judged_day.is_none() || generation.manifest().cadence == Cadence::Continuous && !moves) {
            return None;
        }
        Some(NewVerdict {
            id: self.clock.new_id(),
            generation: generation.id,
            at: snapshot.now,
            binding: judged_day.is_some(),
            input,
            output,
            projected,
            score: verdict.score,
            statuses: statuses(snapshot),
            moved: moves.then_some(snapshot.now),
            judged_day,
        })
    }

    /// The binding day this verdict judges, if one has come since the last that was judged and since the merchant joined.
    fn binds(&self, view: &View<'_>, state: &MerchantState) -> Option<Day> {
        let cadence = view.generation().manifest().cadence;
        let day = cadence.last_binding(view.reader.today);
        let open = match (cadence, state.judged_day) {
            (Cadence::Continuous, _) => true,
            (_, Some(judged)) => day > judged,
            (_, None) => self.market.calendar.start_of(day) >= state.joined,
        };
        open.then_some(day)
    }

    /// What is judged beside the rules in force: compared with them, and announced to merchants. Faults are counted for each.
    fn shadows(&mut self, states: &[MerchantState]) -> Result<(), StoreError> {
        let Some((base, beside)) = self.views.split_first() else { return Ok(()) };
        for view in beside {
            let rows = shadow::compare(base, view, states)?;
            if let Some(announced) = self.market.beside.iter().find(|b| b.generation.id == view.generation().id) {
                let notices = shadow::notices(self.market, announced, &rows);
                self.judged.notices.extend(notices.into_iter().map(|notice| (self.clock.new_id(), notice)));
            }
            self.judged.shadows.extend(rows);
        }
        for view in self.views.iter().filter(|_| !beside.is_empty()) {
            for (i, (state, verdict)) in states.iter().zip(&view.verdicts).enumerate() {
                let rules = self.market.in_force_for(state.id).is_some_and(|g| g.id == view.generation().id);
                if let (Err(fault), false) = (verdict, rules) {
                    self.judged.faults.push(view.fault(i, state.id, fault));
                }
            }
        }
        Ok(())
    }
}

/// What a verdict on a merchant rests on and what it says, as they are stored.
pub(super) fn encode(merchant: i64, snapshot: &Snapshot, verdict: &Verdict) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
    let failed = |e| StoreError::unencodable("verdicts", merchant, &e);
    let input = postcard::to_stdvec(&timeless(snapshot)).map_err(failed)?;
    Ok((input, postcard::to_stdvec(verdict).map_err(failed)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_a_snapshot_without_its_moment() {
        let merchant =
            andon_domain::verdict::Party { joined: 5, standing: Some(1), standing_since: 7, badges: vec![3], reinstated: None };
        let snapshot = Snapshot { now: 9, merchant, readings: Vec::new(), listings: Vec::new() };
        let verdict = Verdict { standing: 0, score: 1, proposals: Vec::new(), reasons: Vec::new(), revisit: None };
        let read: Snapshot = postcard::from_bytes(&encode(1, &snapshot, &verdict).unwrap().0).unwrap();
        assert_eq!(read, Snapshot { now: 0, ..snapshot });
    }
}
