//! What the flow asks of the database, written down batch by batch, so that it can be done again with nothing around it.

use std::collections::HashMap;
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use uuid::Uuid;

use crate::clock::ManualClock;
use crate::events::Event;
use crate::keys::{EventKey, Keys};
use crate::markets::Market;
use crate::pipeline::accept::accept;
use crate::store::session::{
    Cells, Evidence, EvidenceQuery, FaultRow, For, Front, Hold, Judgement, MerchantState, Recorded, Registration, Repeat, Result,
    Seen, Session, Subject, TallyKey, Value,
};

/// A subject's row, ready to be written.
pub(super) struct SubjectRow {
    pub(super) id: i64,
    pub(super) market: i64,
    pub(super) kind: i16,
    pub(super) key: i64,
    pub(super) reference: String,
    pub(super) merchant: Option<i64>,
    pub(super) began: Option<Instant>,
    pub(super) history: Vec<u8>,
    pub(super) marks: Vec<u8>,
    pub(super) revisit: Option<Instant>,
}

/// All that one transaction read and wrote.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) market: i64,
    pub(super) events: usize,
    pub(super) stamp: i64,
    pub(super) seen: Vec<(EventKey, u64)>,
    pub(super) segment: Vec<u8>,
    pub(super) asked: Vec<(Kind, u64)>,
    pub(super) new: Vec<SubjectRow>,
    pub(super) changed: Vec<SubjectRow>,
    pub(super) merchants: Vec<String>,
    pub(super) orders: Vec<(i64, i64, Instant)>,
    pub(super) tallies_asked: Vec<TallyKey>,
    pub(super) tallies: Vec<(TallyKey, Vec<u8>)>,
    pub(super) evidence_gone: Vec<Evidence>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) revisits_gone: Vec<(Instant, i64)>,
    pub(super) revisits: Vec<(Instant, i64)>,
    pub(super) dirty: Vec<i64>,
}

/// Takes in events with the flow's own code and writes down what it asked for, `size` events a batch.
pub(super) fn record(inner: Box<dyn Session>, keys: &Keys, market: &Market, events: &[Event], size: usize) -> Result<Vec<Batch>> {
    let mut recorder = Recorder { inner, batch: Batch::default() };
    let mut batches = Vec::with_capacity(events.len() / size + 1);
    for (stamp, chunk) in (1..).zip(events.chunks(size)) {
        recorder.batch = Batch { market: market.id, events: chunk.len(), stamp, ..Batch::default() };
        recorder.begin()?;
        let chunk: Vec<&Event> = chunk.iter().collect();
        let (_, latest, _) = accept(&mut recorder, keys, market, &chunk, &ManualClock::at(0), stamp)?;
        recorder.commit()?;
        market.advance(latest);
        batches.push(std::mem::take(&mut recorder.batch));
    }
    Ok(batches)
}

struct Recorder {
    inner: Box<dyn Session>,
    batch: Batch,
}

fn row(subject: &Subject) -> Result<SubjectRow> {
    let (history, marks) = crate::store::subjects::encode(subject)?;
    Ok(SubjectRow {
        id: subject.id,
        market: subject.market,
        kind: subject.kind as i16,
        key: subject.key as i64,
        reference: subject.reference.clone(),
        merchant: subject.merchant,
        began: subject.began,
        history,
        marks,
        revisit: subject.revisit,
    })
}

/// Methods that are passed on as they are.
macro_rules! pass {
    ($($name:ident($($arg:ident: $type:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&mut self, $($arg: $type),*) -> $answer { self.inner.$name($($arg),*) })*
    };
}

impl Session for Recorder {
    pass! {
        begin() -> Result<()>;
        commit() -> Result<()>;
        rollback() -> ();
        new_subject_ids(count: usize) -> Result<Vec<i64>>;
        subjects_by_id(ids: &[i64], why: For) -> Result<Vec<Subject>>;
        subjects_after(market: i64, merchant: Option<i64>, after: i64, limit: usize, why: For) -> Result<Vec<Subject>>;
        recorded_after(merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>>;
        register(market: i64, registrations: &[Registration<'_>]) -> Result<()>;
        all_dirty(market: i64, stamp: i64) -> Result<()>;
        find_first_orders(merchants: &[i64]) -> Result<()>;
        put_setup(row: &crate::store::marketplaces::MarketRow) -> Result<()>;
        advance(market: i64, to: Instant) -> Result<()>;
        hold(what: Hold<'_>) -> Result<()>;
        judge(judgements: &[Judgement]) -> Result<()>;
        faults(add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>>;
        revisits_due(market: i64, now: Instant, limit: usize) -> Result<Vec<i64>>;
        dockets(market: i64) -> Result<Vec<i64>>;
        gather(market: i64, evaluated: &HashMap<i64, Arc<[i64]>>) -> Result<()>;
        due(market: i64, now: Instant, limit: usize) -> Result<Vec<i64>>;
        states(merchants: &[i64]) -> Result<Vec<MerchantState>>;
        books(generation: i64, merchants: &[i64], from: i32, to: i32) -> Result<Vec<(i64, u64, i32, Bucket)>>;
        all_books(generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>>;
        first_bucket(generation: i64) -> Result<Option<i32>>;
        buyer_marks(generation: i64, merchants: &[i64], counters: &[u16], from: Instant) -> Result<Vec<(i64, BuyerMark)>>;
        verdicts(ids: &[Option<Uuid>]) -> Result<Vec<Option<crate::store::session::Told>>>;
        segment(id: i64) -> Result<Option<Vec<u8>>>;
        segments_after(market: i64, after: i64, limit: usize) -> Result<Vec<i64>>;
        evidence_page(query: &EvidenceQuery) -> Result<Vec<Evidence>>;
        fronts(fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>>;
        repeats(drop: &[Repeat], add: &[Repeat]) -> Result<()>;
        execute(sql: &str, values: &[Value<'_>]) -> Result<usize>;
        ask(sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>>;
        outgoing() -> &mut bool;
    }

    fn remember(&mut self, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
        self.batch.seen = events.to_vec();
        self.inner.remember(events)
    }

    fn add_segment(&mut self, market: i64, events: usize, raw: &[u8]) -> Result<i64> {
        self.batch.segment = raw.to_vec();
        self.inner.add_segment(market, events, raw)
    }

    fn subjects(&mut self, market: i64, keys: &[(Kind, u64)], why: For) -> Result<Vec<Option<Subject>>> {
        self.batch.asked.extend_from_slice(keys);
        self.inner.subjects(market, keys, why)
    }

    fn put_subjects(&mut self, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
        self.batch.new.extend(new.iter().map(|s| row(s)).collect::<Result<Vec<_>>>()?);
        self.batch.changed.extend(changed.iter().map(|s| row(s)).collect::<Result<Vec<_>>>()?);
        self.inner.put_subjects(new, changed)
    }

    fn merchants(&mut self, market: i64, references: &[&str]) -> Result<Vec<i64>> {
        self.batch.merchants.extend(references.iter().map(|r| (*r).to_owned()));
        self.inner.merchants(market, references)
    }

    fn count_orders(&mut self, orders: &[(i64, i64, Instant)]) -> Result<()> {
        self.batch.orders.extend_from_slice(orders);
        self.inner.count_orders(orders)
    }

    fn buckets(&mut self, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
        self.batch.tallies_asked.extend_from_slice(keys);
        self.inner.buckets(keys)
    }

    fn put_buckets(&mut self, rows: &[(TallyKey, Bucket)]) -> Result<()> {
        self.batch.tallies.extend(rows.iter().map(|(key, bucket)| (*key, bucket.encode())));
        self.inner.put_buckets(rows)
    }

    fn evidence(&mut self, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
        self.batch.evidence_gone.extend_from_slice(drop);
        self.batch.evidence.extend_from_slice(add);
        self.inner.evidence(drop, add)
    }

    fn revisits(&mut self, market: i64, drop: &[(Instant, i64)], add: &[(Instant, i64)]) -> Result<()> {
        self.batch.revisits_gone.extend_from_slice(drop);
        self.batch.revisits.extend_from_slice(add);
        self.inner.revisits(market, drop, add)
    }

    fn mark_dirty(&mut self, market: i64, merchants: &[i64], stamp: i64) -> Result<()> {
        self.batch.dirty.extend_from_slice(merchants);
        self.inner.mark_dirty(market, merchants, stamp)
    }
}
