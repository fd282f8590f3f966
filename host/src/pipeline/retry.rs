//! What failed is tried again after a while. Where a marketplace goes by its events its clock stands still between them, so that no
//! such moment comes by itself: there the wall clock says when, and what failed is queued as if its moment had come.

use andon_domain::ids::Instant;

use super::evaluate::EvaluateError;
use super::ingest::{Ingest, Job};
use crate::markets::{ClockKind, Market, Retries};
use crate::store::StoreError;
use crate::store::faults::{FaultPlace, failed};
use crate::store::session::{For, Session};

/// After how long, in milliseconds.
pub(super) const RETRY: Instant = 5 * 60 * 1000;

/// Milliseconds after which rules may ask to be asked again about what nothing but time has passed for: those that always want to be
/// asked at once would keep everybody else waiting for good.
pub(super) const AGAIN: Instant = 60_000;

/// Faults queued in one transaction.
const PAGE: usize = 1_000;

/// Queues a page of a marketplace's faults where the wall clock says so; says whether there may be more.
pub(super) fn queue(session: &mut dyn Session, ingest: &Ingest, market: &Market, wall: Instant) -> Result<bool, EvaluateError> {
    let Retries { due, after } = *market.retries();
    if market.clock == ClockKind::System || after.is_none() && wall < due {
        return Ok(false);
    }
    let generations: Vec<i64> = market.tallied().map(|g| g.id).collect();
    let page = failed(session, &generations, after.unwrap_or_default(), PAGE)?;
    let last = page.last().copied();
    let more = page.len() == PAGE;
    if last.is_some() {
        let (id, now) = (market.id, market.now(wall));
        let work = Box::new(move |session: &mut dyn Session, stamp| ask_again(session, id, &page, now, stamp));
        ingest.hand_over(|reply| Job::Chore { work, reply })?;
    }
    *market.retries() = if more { Retries { due, after: last } } else { Retries { due: wall + RETRY, after: None } };
    Ok(more)
}

/// Makes subjects due to be classified, and merchants to be evaluated.
fn ask_again(session: &mut dyn Session, market: i64, page: &[FaultPlace], now: Instant, stamp: i64) -> Result<(), StoreError> {
    let once = |mut ids: Vec<i64>| {
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    let subjects = once(page.iter().map(|(.., subject)| *subject).filter(|subject| *subject != 0).collect());
    let merchants = once(page.iter().filter(|(.., subject)| *subject == 0).map(|(_, merchant, _)| *merchant).collect());
    let mut subjects = session.subjects_by_id(&subjects, For::Changing)?;
    let drop: Vec<_> = subjects.iter().filter_map(|s| Some((s.revisit?, s.id))).collect();
    let add: Vec<_> = subjects.iter().map(|s| (now, s.id)).collect();
    for subject in &mut subjects {
        subject.revisit = Some(now);
    }
    session.put_subjects(&[], &subjects.iter().collect::<Vec<_>>())?;
    session.revisits(market, &drop, &add)?;
    session.mark_dirty(market, &merchants, stamp)
}
