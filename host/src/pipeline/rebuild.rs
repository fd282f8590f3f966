//! Everything again from what is kept, to prove that nothing was lost or counted twice: facts from the raw events, and the tallies
//! of every generation, one that is being built included, from the marks.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::days::Days;
use andon_domain::history::{Entry, History, Source};
use andon_domain::ids::Instant;
use andon_domain::quota;
use andon_domain::tally::{Bucket, bucket_of};

use super::segment;
use super::settle::cells_of;
use crate::events::{self, EventContext};
use crate::keys::Keys;
use crate::markets::{Generation, Market};
use crate::store::session::{For, Session, Subject};
use crate::store::{Store, StoreError};

/// Subjects handled at a time.
const PAGE: usize = 1_000;

/// Sums of one generation by bucket, merchant and listing.
type Sums = BTreeMap<(i32, i64, u64), Bucket>;

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
    let mut sums = Vec::new();
    for generation in market.tallied() {
        sums.push((generation, beyond(session, market, generation)?, Sums::new()));
    }
    let mut days = Days::new(&market.calendar);
    let mut after = 0;
    loop {
        let page = session.subjects_after(market.id, None, after, PAGE, For::Reading)?;
        let Some(last) = page.last() else { break };
        after = last.id;
        for subject in &page {
            audit.subjects += 1;
            compare(subject, histories.remove(&(subject.kind, subject.key)), &mut audit);
            let Some(merchant) = subject.merchant else { continue };
            for (generation, beyond, sums) in &mut sums {
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
    for (generation, _, sums) in sums {
        compare_sums(session, generation.id, sums, &mut audit)?;
    }
    Ok(audit)
}

/// Orders beyond a generation's quotas, by row number and quota, worked out from all of them at once.
fn beyond(session: &mut dyn Session, market: &Market, generation: &Generation) -> Result<HashSet<(i64, u16)>, StoreError> {
    if generation.manifest().quotas.is_empty() {
        return Ok(HashSet::new());
    }
    let (mut all, mut days, mut after) = (Vec::new(), Days::new(&market.calendar), 0);
    loop {
        let page = session.subjects_after(market.id, None, after, PAGE, For::Reading)?;
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
    let (stored, entries) = (subject.history.kept(), replayed.as_ref().map_or(&[][..], History::kept));
    if entries != stored {
        let (kind, stored, found) = (subject.kind, stored.len(), entries.len());
        audit.differs(|| format!("{kind:?} {} has {stored} changes in its row and {found} events", subject.reference));
    }
}

fn compare_sums(session: &mut dyn Session, generation: i64, mut sums: Sums, audit: &mut Audit) -> Result<(), StoreError> {
    let mut stored = Sums::new();
    for (bucket, merchant, listing, cells) in session.all_books(generation)? {
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
                let (bucket, merchant, listing) = key;
                format!("generation {generation}: tally of bucket {bucket}, merchant {merchant}, listing {listing:016x}: stored and summed differ")
            });
        }
    }
    for key in stored.keys().filter(|k| !sums.contains_key(k)) {
        let (bucket, merchant, listing) = key;
        audit.differs(|| {
            format!("generation {generation}: tally of bucket {bucket}, merchant {merchant}, listing {listing:016x} belongs to no mark")
        });
    }
    Ok(())
}
