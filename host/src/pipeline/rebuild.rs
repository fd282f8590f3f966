//! Everything again from what is kept: a new generation's marks and tallies from the stored facts, and, to prove that nothing
//! was lost or counted twice, the facts themselves from the raw events.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::history::{Entry, History, Source};
use andon_domain::ids::Instant;
use andon_domain::quota;
use andon_domain::tally::{Bucket, bucket_of};

use super::classify::Allowance;
use super::lane::Exclusive;
use super::segment;
use super::settle::{Days, Touched, cells_of, settle};
use crate::events::{self, EventContext};
use crate::keys::Keys;
use crate::markets::Market;
use crate::store::marketplaces::MarketRow;
use crate::store::session::{Session, Subject};
use crate::store::{Store, StoreError};

/// Subjects handled at a time.
const PAGE: usize = 1_000;

/// Work that puts a marketplace's changed set-up in force. With other rules or settings every subject is classified under the
/// new generation first, in the same transaction; facts do not change, and the generation before keeps its own marks and
/// tallies, so that going back is the same switch.
pub(crate) fn switch(market: Arc<Market>, row: MarketRow, build: bool, now: Instant) -> Exclusive {
    Box::new(move |session, stamp| {
        if build {
            classify_all(session, &market, now, stamp)?;
        }
        session.put_setup(&row)?;
        session.all_dirty(market.id, stamp)
    })
}

fn classify_all(session: &mut dyn Session, market: &Market, wall: Instant, stamp: i64) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let page = session.subjects_after(market.id, None, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.id;
        let mut touched: Vec<Touched> = page.into_iter().map(Touched::stored).collect();
        settle(session, market, &mut touched, market.now(wall), stamp, &mut Allowance::unlimited())?;
    }
}

/// What a check of the books found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Raw events read again.
    pub events: usize,
    /// Subjects they fold to.
    pub subjects: usize,
    /// What does not agree, at most a hundred.
    pub differences: Vec<String>,
}

impl Audit {
    fn differs(&mut self, what: impl FnOnce() -> String) {
        if self.differences.len() < 100 {
            self.differences.push(what());
        }
    }
}

/// Reads every raw event of a marketplace again and compares: each subject's history with its events, and the tallies with
/// the sum of all subjects' marks.
pub async fn audit(store: &Arc<Store>, market: Arc<Market>) -> Result<Audit, StoreError> {
    let keys = Keys::new(store.secret());
    store.read(move |session| check(session, &keys, &market)).await
}

fn check(session: &mut dyn Session, keys: &Keys, market: &Market) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let mut histories = replay(session, keys, market, &mut audit)?;
    let beyond = beyond(session, market)?;
    let mut sums: BTreeMap<(i32, i64, u64), Bucket> = BTreeMap::new();
    let mut days = Days::new(&market.calendar);
    let mut after = 0;
    loop {
        let page = session.subjects_after(market.id, None, after, PAGE)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for subject in &page {
            audit.subjects += 1;
            compare(subject, histories.remove(&(subject.kind, subject.key)), &mut audit);
            if let (Some(generation), Some(merchant)) = (&market.generation, subject.merchant) {
                for (listing, day, slot, amount) in
                    cells_of(generation, subject, |quota| beyond.contains(&(subject.id, quota)), &mut days)
                {
                    for whose in [(bucket_of(day), merchant, listing), (bucket_of(day), 0, listing)] {
                        if listing == 0 || whose.1 != 0 {
                            sums.entry(whose).or_default().add(day, slot, amount);
                        }
                    }
                }
            }
        }
    }
    for (kind, key) in histories.keys() {
        audit.differs(|| format!("{kind:?} {key:016x} has events but no row"));
    }
    compare_sums(session, market, sums, &mut audit)?;
    Ok(audit)
}

/// Orders beyond their quotas, by row number and quota, worked out from all of them at once.
fn beyond(session: &mut dyn Session, market: &Market) -> Result<HashSet<(i64, u16)>, StoreError> {
    let Some(generation) = market.generation.as_ref().filter(|g| !g.manifest().quotas.is_empty()) else {
        return Ok(HashSet::new());
    };
    let (mut all, mut days, mut after) = (Vec::new(), Days::new(&market.calendar), 0);
    loop {
        let page = session.subjects_after(market.id, None, after, PAGE)?;
        let Some(last) = page.last() else { return Ok(quota::beyond(generation.manifest(), all)) };
        after = last.id;
        for subject in &page {
            for marked in subject.marks.iter().filter(|m| m.generation == generation.id) {
                let places = quota::places(generation.manifest(), marked.party(), subject.key, &marked.marks, |at| days.of(at));
                all.extend(places.into_iter().map(|(group, place)| (subject.merchant, group, place, subject.id)));
            }
        }
    }
}

fn replay(
    session: &mut dyn Session,
    keys: &Keys,
    market: &Market,
    audit: &mut Audit,
) -> Result<HashMap<(Kind, u64), History>, StoreError> {
    let mut histories: HashMap<(Kind, u64), History> = HashMap::new();
    let mut after = 0;
    loop {
        let segments = session.segments_after(market.id, after, 64)?;
        let Some(last) = segments.last() else { return Ok(histories) };
        after = *last;
        for number in segments {
            let packed = session.segment(number)?.ok_or_else(|| StoreError::undecodable("segments", number))?;
            for (index, raw) in segment::unpack(&packed)?.iter().enumerate() {
                audit.events += 1;
                let context = EventContext { marketplace: &market.code, currency: &market.currency, keys, now: Instant::MAX };
                match events::parse(&context, raw) {
                    Err(problem) => audit.differs(|| format!("segment {number} event {index}: {problem}")),
                    Ok(event) if event.kind == Kind::Merchant => {}
                    Ok(event) => {
                        let source = Source { segment: number, index: index as u32 };
                        let entry = Entry { at: event.at, tie: event.tie, source, change: event.change };
                        if !histories.entry((event.kind, event.subject.key)).or_default().insert(entry) {
                            audit.differs(|| format!("segment {number} event {index} was accepted twice"));
                        }
                    }
                }
            }
        }
    }
}

fn compare(subject: &Subject, replayed: Option<History>, audit: &mut Audit) {
    let entries = replayed.as_ref().map_or(&[][..], History::entries);
    if entries != subject.history.entries() {
        let (kind, stored, found) = (subject.kind, subject.history.entries().len(), entries.len());
        audit.differs(|| format!("{kind:?} {} has {stored} changes in its row and {found} events", subject.reference));
    }
}

fn compare_sums(
    session: &mut dyn Session,
    market: &Market,
    mut sums: BTreeMap<(i32, i64, u64), Bucket>,
    audit: &mut Audit,
) -> Result<(), StoreError> {
    let Some(generation) = &market.generation else { return Ok(()) };
    let mut stored: BTreeMap<(i32, i64, u64), Bucket> = BTreeMap::new();
    for (bucket, merchant, listing, cells) in session.all_books(generation.id)? {
        let sum = stored.entry((bucket, merchant, listing)).or_default();
        for (day, slot, amount) in cells.cells(bucket) {
            sum.add(day, slot, amount);
        }
    }
    sums.retain(|_, bucket| !bucket.is_empty());
    stored.retain(|_, bucket| !bucket.is_empty());
    for (key, sum) in &sums {
        if stored.get(key) != Some(sum) {
            audit.differs(|| {
                format!("tally of bucket {}, merchant {}, listing {:016x}: stored and summed differ", key.0, key.1, key.2)
            });
        }
    }
    for key in stored.keys().filter(|k| !sums.contains_key(k)) {
        audit.differs(|| format!("tally of bucket {}, merchant {}, listing {:016x} belongs to no mark", key.0, key.1, key.2));
    }
    Ok(())
}
