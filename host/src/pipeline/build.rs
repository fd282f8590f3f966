//! Builds generations in the background, a page of facts at a time between other people's events, and removes what retired ones
//! had made. How far it is stands in the transaction that did it, so a host that is killed goes on where it was. Also what a
//! clock or a roll-out's band makes due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use andon_domain::rollout::{Entry, State};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::changes::{ChangeError, Changes};
use super::scheduler::Wake;
use super::settle::{Touched, settle_under};
use crate::background::Worker;
use crate::ledger::Cause;
use crate::markets::Market;
use crate::store::session::{For, Session, Subject};
use crate::store::{Store, StoreError, rollouts};

/// Subjects in one transaction: some milliseconds, which is what an event may have to wait for it.
pub(crate) const PAGE: usize = 250;

/// Rows of what a generation had made that are removed in one transaction.
const ROWS: i64 = 2_000;

/// The longest time between two looks at what is due; also how soon a failure is tried again.
const ROUND: Duration = Duration::from_secs(1);

/// Builds, one page at a time.
pub(crate) struct Builder {
    pub(crate) changes: Arc<Changes>,
    pub(crate) store: Arc<Store>,
    pub(crate) wake: Wake,
    /// Held during a page.
    pub(crate) page: Mutex<()>,
    /// Who it is in the background.
    pub(crate) worker: Worker,
}

impl Builder {
    /// Works until it is cancelled, resting as long as it worked: events come first.
    pub(crate) async fn run(&self, stop: &CancellationToken) {
        let _at_work = self.worker.begin();
        while !stop.is_cancelled() {
            let (mut worked, start) = (false, Instant::now());
            for market in self.changes.markets.list() {
                let step = async {
                    fail::fail_point!("builder::step");
                    self.step(&market.code).await
                };
                match self.worker.waiting_round(step).await {
                    None => {}
                    Some(Ok(more)) => worked |= more,
                    Some(Err(e)) => tracing::error!("marketplace {}: building its rules starts over: {e}", market.code),
                }
            }
            let took = start.elapsed();
            let rest = async {
                if worked {
                    tokio::time::sleep(took).await;
                } else {
                    // Looking takes long where many merchants are in a roll-out.
                    drop(tokio::time::timeout(ROUND.max(took * 20), self.wake.notified()).await);
                }
            };
            tokio::select! { () = stop.cancelled() => return, () = rest => {} }
        }
    }

    /// Does the next piece of work in one marketplace; says whether there was any.
    pub(crate) async fn step(&self, code: &str) -> Result<bool, ChangeError> {
        let market = self.changes.market(code)?;
        if market.lineup.due(market.now(self.changes.clock.now())).is_some() {
            self.come_into_force(code).await?;
            return Ok(true);
        }
        if let Some((id, why)) = self.outside_its_band(&market).await? {
            tracing::warn!(marketplace = code, generation = id, "a roll-out is stopped: {why}");
            metrics::counter!("andon_rollouts_stopped_total").increment(1);
            return unless_moved(self.changes.line_up(code, Cause::host(&why), |m, _| m.lineup.stop(id, why)).await);
        }
        match market.lineup.entries().iter().find(|e| matches!(e.state, State::Building | State::Retiring)) {
            Some(Entry { id, state: State::Building, .. }) => self.build(&market, *id).await.map(|()| true),
            Some(Entry { id, .. }) => self.remove(&market, *id).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Builds a generation to its end, or until it is paused or cancelled.
    pub(crate) async fn finish(&self, code: &str, id: i64) -> Result<(), ChangeError> {
        loop {
            let market = self.changes.market(code)?;
            if market.lineup.get(id).is_none_or(|e| e.state != State::Building) {
                return Ok(());
            }
            self.build(&market, id).await?;
        }
    }

    async fn come_into_force(&self, code: &str) -> Result<(), ChangeError> {
        let due = |m: &Market, now| m.lineup.due(now).ok_or(andon_domain::rollout::Refusal::NoWayBack);
        unless_moved(self.changes.line_up(code, Cause::host("its day has come"), due).await).map(|_| ())
    }

    async fn build(&self, market: &Arc<Market>, id: i64) -> Result<(), ChangeError> {
        let _alone = self.page.lock().await;
        let (changes, code) = (self.changes.clone(), market.code.clone());
        let page = move |session: &mut dyn Session| match changes.markets.get(&code) {
            Some(market) => page(session, &market, id, changes.clock.now()),
            None => Ok(true),
        };
        if self.changes.ingest.chore(page).await? {
            let notice = i64::from(market.notice_days()) * 86_400_000;
            let built =
                self.changes.line_up(&market.code, Cause::host("it is built"), |m, now| m.lineup.built(id, now, notice)).await;
            unless_moved(built)?;
        }
        Ok(())
    }

    async fn remove(&self, market: &Arc<Market>, id: i64) -> Result<(), ChangeError> {
        let _alone = self.page.lock().await;
        let number = market.id;
        if self.changes.ingest.chore(move |session| unmark(session, number, id)).await? {
            unless_moved(
                self.changes
                    .line_up(&market.code, Cause::host("nothing that it made is left"), |m, _| m.lineup.removed(id))
                    .await,
            )?;
        }
        Ok(())
    }

    /// The roll-out under way and what is outside its band, if anything is: the same merchants judged under the old and the new
    /// rules, whether they are in its share or not.
    async fn outside_its_band(&self, market: &Market) -> Result<Option<(i64, String)>, StoreError> {
        let Some(entry) = market.lineup.find(State::RollingOut) else { return Ok(None) };
        let Some(band) = entry.plan.band else { return Ok(None) };
        let seen = self.store.compared(entry.id).await?;
        let everybody = match seen.merchants < u64::from(band.merchants) || band.has_floor() {
            true => self.store.count_judged(market.id).await?,
            false => u64::MAX,
        };
        Ok(band.left(&seen, everybody).map(|why| (entry.id, why)))
    }
}

/// Classifies the next page of subjects under a generation that is being built; says whether it was the last.
fn page(session: &mut dyn Session, market: &Market, id: i64, wall: i64) -> Result<bool, StoreError> {
    let building = market.beside.iter().find(|b| b.entry.id == id && b.entry.state == State::Building);
    let Some(building) = building else { return Ok(false) };
    let (after, until) = rollouts::pass(session, id)?;
    let subjects = next(session, market.id, after, until)?;
    let Some(last) = subjects.last() else { return Ok(true) };
    let (to, handled) = (last.id, subjects.len());
    let touched = subjects.into_iter().map(Touched::stored).collect();
    settle_under(session, market, &building.generation, touched, market.now(wall))?;
    rollouts::advance_pass(session, id, to, handled)?;
    Ok(handled < PAGE)
}

/// Takes a generation's marks off the next page of subjects, and then what it had made besides; says whether nothing is left.
fn unmark(session: &mut dyn Session, market: i64, id: i64) -> Result<bool, StoreError> {
    let (after, until) = rollouts::pass(session, id)?;
    let mut subjects = next(session, market, after, until)?;
    let Some(last) = subjects.last() else { return rollouts::strip(session, id, ROWS) };
    let (to, handled) = (last.id, subjects.len());
    subjects.retain_mut(|subject| {
        let marked = subject.marks.len();
        subject.marks.retain(|m| m.generation != id);
        subject.marks.len() < marked
    });
    session.put_subjects(&[], &subjects.iter().collect::<Vec<_>>())?;
    rollouts::advance_pass(session, id, to, handled)?;
    Ok(false)
}

fn next(session: &mut dyn Session, market: i64, after: i64, until: i64) -> Result<Vec<Subject>, StoreError> {
    let mut page = session.subjects_after(market, None, after, PAGE, For::Changing)?;
    page.retain(|subject| subject.id <= until);
    Ok(page)
}

/// Whoever was quicker to move the generation has left nothing to do.
fn unless_moved(changed: Result<Arc<Market>, ChangeError>) -> Result<bool, ChangeError> {
    match changed {
        Ok(_) | Err(ChangeError::Refused(_)) => Ok(true),
        Err(e) => Err(e),
    }
}
