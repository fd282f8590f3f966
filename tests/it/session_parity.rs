//! SQLite and PostgreSQL give the same answers to the same calls of the hot path, whatever was called before.

#![expect(clippy::unwrap_used, reason = "what cannot be set up fails the test")]

mod places;
mod tables;

use andon::store::Store;
use andon::store::session::{
    Evidence, EvidenceQuery, FaultRow, For, Judgement, Marked, NewVerdict, Registration, Result, Session, StandingWords, Subject,
    TallyKey,
};
use andon_domain::change::{Change, Kind};
use andon_domain::history::{Entry, History, Source};
use andon_domain::mark::Mark;
use andon_domain::tally::{Bucket, Slot};
use andon_tests::{Backend, TestDatabase};
use proptest::collection::{btree_set, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sea_orm::ConnectionTrait;
use sea_orm::prelude::Uuid;

const MARKET: i64 = 1;
/// Merchants that exist from the start, numbered from 1.
const MERCHANTS: i64 = 6;

/// A subject's kind and key, and what is to be stored of it.
type Put = ((Kind, u64), Option<i64>, Option<i64>, Vec<(i64, u64)>, Vec<Mark>, Option<i64>);
/// A bucket and what is in it: day, slot and sum.
type Filled = (TallyKey, Vec<(i32, u16, i64)>);
/// Merchant, how far back the stamp lies, agenda before and after, and the verdict.
type Judged = (i64, Option<i64>, Option<i64>, Option<i64>, Option<NewVerdict>);

#[derive(Debug, Clone)]
enum Call {
    Remember(Vec<(u8, u64)>),
    AddSegment(Vec<u8>),
    Put(Vec<Put>),
    Subjects(Vec<(Kind, u64)>),
    SubjectsById(Vec<i64>),
    SubjectsAfter(Option<i64>, i64, usize),
    Merchants(Vec<u8>),
    Register(Vec<(u8, &'static str, i64, i64, u64)>),
    CountOrders(Vec<(i64, i64, i64)>),
    Buckets(Vec<TallyKey>),
    PutBuckets(Vec<Filled>),
    Evidence(Vec<Evidence>, Vec<Evidence>),
    Places(places::Call),
    Revisits(Vec<(i64, i64)>, Vec<(i64, i64)>),
    MarkDirty(Vec<i64>),
    AllDirty,
    Advance(i64),
    Judge(Vec<Judged>),
    Faults(Vec<(i64, i64, &'static str)>, Vec<(i64, i64)>),
    Agenda(i64, usize),
    States(Vec<i64>),
    Books(i64, Vec<i64>, i32, i32),
    BuyerMarks(i64, Vec<i64>, Vec<u16>, i64),
    Segments(i64, usize),
    EvidencePage(EvidenceQuery),
}

impl Call {
    /// Whether it takes numbers, which only PostgreSQL does not give back when the transaction is undone.
    fn takes_numbers(&self) -> bool {
        matches!(self, Self::AddSegment(_) | Self::Put(_) | Self::Merchants(_) | Self::Judge(_))
    }
}

fn name() -> impl Strategy<Value = (Kind, u64)> {
    (select(&[Kind::Order, Kind::Contact, Kind::Listing][..]), (0u64..12).prop_map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

fn merchant() -> impl Strategy<Value = i64> {
    1..=MERCHANTS
}

fn mark() -> impl Strategy<Value = Mark> {
    (0u16..3, -2i64..2, -2i64..3, of(0u16..2), of(0u16..2)).prop_map(|(counter, at, amount, cause, excluded)| Mark {
        counter,
        at,
        amount,
        cause,
        excluded,
    })
}

fn put() -> impl Strategy<Value = Put> {
    (name(), of(merchant()), of(-5i64..5), vec((-3i64..3, any::<u64>()), 0..3), vec(mark(), 0..3), of(0i64..9))
}

fn tally() -> impl Strategy<Value = TallyKey> {
    (1i64..3, -1i32..2, 0..=MERCHANTS, select(&[0, u64::MAX][..])).prop_map(|(generation, bucket, merchant, listing)| TallyKey {
        generation,
        bucket,
        merchant,
        listing,
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    (1i64..3, 1i64..4, 1i64..3, 0u16..2, mark(), -3i32..3, any::<u64>()).prop_map(
        |(generation, merchant, subject, ordinal, mark, day, buyer)| Evidence {
            generation,
            merchant,
            subject,
            ordinal,
            mark,
            day,
            buyer,
            listing: buyer / 2,
        },
    )
}

fn verdict() -> impl Strategy<Value = NewVerdict> {
    let words = (select(&["healthy", "at-risk"][..]), select(&["good", "warned"][..]));
    (any::<u128>(), 0i64..99, any::<bool>(), vec(any::<u8>(), 0..9), words, 0u16..=1000, of(0i64..9), of(-3i32..3)).prop_map(
        |(id, at, binding, bytes, (code, level), score, moved, judged_day)| NewVerdict {
            id: Uuid::from_u128(id),
            generation: 1,
            at,
            binding,
            input: bytes.clone(),
            output: bytes.into_iter().rev().collect(),
            projected: StandingWords { code: code.into(), level: level.into() },
            score,
            statuses: "gri".into(),
            moved,
            judged_day,
        },
    )
}

fn query() -> impl Strategy<Value = EvidenceQuery> {
    let before = of((-2i64..2, 1i64..3, 0u16..2));
    (1i64..3, 1i64..4, 0u16..3, -3i64..2, -2i64..4, before, 1usize..5).prop_map(
        |(generation, merchant, counter, from, until, before, limit)| EvidenceQuery {
            generation,
            merchant,
            counter,
            from,
            until,
            before,
            limit,
        },
    )
}

fn write() -> impl Strategy<Value = Call> {
    let place = || (0i64..9, 1i64..9);
    let cells = vec((0i32..32, 0u16..3, -1i64..2), 0..3);
    let judged = (merchant(), of(0i64..9), of(0i64..9), of(0i64..9), of(verdict()));
    prop_oneof![
        vec((0u8..60, 0u64..2), 0..8).prop_map(Call::Remember),
        vec(any::<u8>(), 0..30).prop_map(Call::AddSegment),
        vec(put(), 0..6).prop_map(Call::Put),
        vec(0u8..12, 0..5).prop_map(Call::Merchants),
        vec((0u8..9, select(&["A", "B", "ü 店"][..]), 0i64..5, 0i64..5, select(&[0, 1, u64::MAX][..])), 0..5)
            .prop_map(Call::Register),
        vec((merchant(), -1i64..3, select(&[1, 2, i64::MAX][..])), 0..4).prop_map(Call::CountOrders),
        vec((tally(), cells), 0..5).prop_map(Call::PutBuckets),
        (vec(evidence(), 0..4), vec(evidence(), 0..4)).prop_map(|(drop, add)| Call::Evidence(drop, add)),
        places::write().prop_map(Call::Places),
        (vec(place(), 0..4), vec(place(), 0..4)).prop_map(|(drop, add)| Call::Revisits(drop, add)),
        btree_set(merchant(), 0..5).prop_map(|merchants| Call::MarkDirty(merchants.into_iter().collect())),
        Just(Call::AllDirty),
        (0i64..99).prop_map(Call::Advance),
        vec(judged, 0..4).prop_map(Call::Judge),
        (vec((merchant(), 0i64..3, select(&["fuel", "trap"][..])), 0..4), vec((merchant(), 0i64..3), 0..3))
            .prop_map(|(add, clear)| Call::Faults(add, clear)),
    ]
}

fn read() -> impl Strategy<Value = Call> {
    prop_oneof![
        vec(name(), 0..6).prop_map(Call::Subjects),
        vec(0i64..30, 0..6).prop_map(Call::SubjectsById),
        (of(merchant()), 0i64..30, 0usize..5).prop_map(|(merchant, after, limit)| Call::SubjectsAfter(merchant, after, limit)),
        vec(tally(), 0..5).prop_map(Call::Buckets),
        (0i64..9, 0usize..9).prop_map(|(now, limit)| Call::Agenda(now, limit)),
        vec(merchant(), 0..4).prop_map(Call::States),
        (1i64..3, vec(merchant(), 0..4), -1i32..2, -1i32..2)
            .prop_map(|(g, merchants, from, to)| Call::Books(g, merchants, from, to)),
        (1i64..3, vec(merchant(), 0..4), vec(0u16..3, 0..3), -5i64..5)
            .prop_map(|(g, m, counters, from)| Call::BuyerMarks(g, m, counters, from)),
        places::read().prop_map(Call::Places),
        (0i64..30, 0usize..4).prop_map(|(after, limit)| Call::Segments(after, limit)),
        query().prop_map(Call::EvidencePage),
    ]
}

/// Calls in a transaction that is kept or undone, and reading after it.
fn transaction() -> impl Strategy<Value = (bool, Vec<Call>, Vec<Call>)> {
    (prop::bool::weighted(0.8), vec(prop_oneof![2 => write(), 1 => read()], 0..12), vec(read(), 0..6))
}

/// Makes a call and writes down the answer, in an order of its own where the session promises none.
fn answer(s: &mut dyn Session, call: &Call, stamp: i64) -> Result<String> {
    Ok(match call {
        Call::Remember(events) => {
            format!("{:?}", s.remember(&events.iter().map(|(key, print)| ([*key; 16], *print)).collect::<Vec<_>>())?)
        }
        Call::AddSegment(raw) => format!("{:?}", s.add_segment(MARKET, raw.len(), raw)?),
        Call::Put(rows) => format!("{:?}", store_subjects(s, rows)?),
        Call::Subjects(names) => format!("{:?}", s.subjects(MARKET, names, For::Reading)?),
        Call::SubjectsById(ids) => format!("{:?}", s.subjects_by_id(ids, For::Reading)?),
        Call::SubjectsAfter(merchant, after, limit) => {
            let subjects = s.subjects_after(MARKET, *merchant, *after, *limit, For::Reading)?;
            if let Some(merchant) = merchant {
                let recorded = s.recorded_after(*merchant, *after, *limit)?;
                let recorded = recorded.iter().map(|r| (r.row, r.kind, r.id.key, r.id.name.as_str(), &r.history));
                assert!(recorded.eq(subjects.iter().map(|s| (s.id, s.kind, s.key, s.reference.as_str(), &s.history))));
            }
            format!("{subjects:?}")
        }
        Call::Merchants(references) => {
            // Sorted, since PostgreSQL numbers new ones in the order of their names.
            let mut references: Vec<String> = references.iter().map(|n| format!("m{n:02}")).collect();
            references.sort();
            format!("{:?}", s.merchants(MARKET, &references.iter().map(String::as_str).collect::<Vec<_>>())?)
        }
        Call::Register(rows) => {
            let references: Vec<String> = rows.iter().map(|r| format!("m{:02}", r.0)).collect();
            let rows = rows.iter().zip(&references);
            let row = rows.map(|((_, name, joined_at, at, tie), reference)| Registration {
                reference,
                name,
                joined_at: *joined_at,
                at: *at,
                tie: *tie,
            });
            format!("{:?}", s.register(MARKET, &row.collect::<Vec<_>>())?)
        }
        Call::CountOrders(rows) => format!("{:?}", s.count_orders(rows)?),
        Call::Buckets(keys) => format!("{:?}", s.buckets(keys)?),
        Call::PutBuckets(rows) => {
            let rows = rows.iter().map(|(key, cells)| {
                let mut bucket = Bucket::default();
                for (day, counter, amount) in cells {
                    bucket.add(key.bucket * 32 + day, Slot::counted(*counter), *amount);
                }
                (*key, bucket)
            });
            format!("{:?}", s.put_buckets(&rows.collect::<Vec<_>>())?)
        }
        Call::Evidence(drop, add) => format!("{:?}", s.evidence(drop, add)?),
        Call::Places(call) => places::answer(s, call)?,
        Call::Revisits(drop, add) => format!("{:?}", s.revisits(MARKET, drop, add)?),
        // Who is due is told of them once they are gathered, which SQLite needs not.
        Call::MarkDirty(merchants) => {
            format!("{:?} {:?}", s.mark_dirty(MARKET, merchants, stamp)?, s.gather(MARKET, &[].into())?)
        }
        Call::AllDirty => format!("{:?}", s.all_dirty(MARKET, stamp)?),
        Call::Advance(to) => format!("{:?}", s.advance(MARKET, *to)?),
        Call::Judge(rows) => {
            let row = |(merchant, back, was_due, next, verdict): Judged| {
                let stamp = back.map(|back| stamp - back * 4_000);
                Judgement { market: MARKET, merchant, stamp, was_due, next, verdict }
            };
            format!("{:?}", s.judge(&rows.iter().cloned().map(row).collect::<Vec<_>>())?)
        }
        Call::Faults(add, clear) => {
            let add = add.iter().map(|(merchant, subject, code)| FaultRow {
                generation: 1,
                merchant: *merchant,
                subject: *subject,
                code,
                message: format!("{code} ran out"),
                at: stamp,
                fuel: stamp / 3,
                input: (*subject > 1).then(|| format!("sha256:{subject}")),
            });
            let clear: Vec<_> = clear.iter().map(|(merchant, subject)| (1, *merchant, *subject)).collect();
            let mut over = s.faults(&add.collect::<Vec<_>>(), &clear)?;
            over.sort_unstable();
            over.dedup();
            format!("{over:?}")
        }
        Call::Agenda(now, limit) => {
            format!("{:?} {:?}", s.revisits_due(MARKET, *now, *limit)?, s.due(MARKET, *now, *limit)?)
        }
        Call::States(merchants) => {
            let states = s.states(merchants)?;
            let verdicts = s.verdicts(&states.iter().map(|state| state.verdict).collect::<Vec<_>>())?;
            format!("{states:?} {verdicts:?}")
        }
        Call::Books(generation, merchants, from, to) => {
            let (mut some, mut all) = (s.books(*generation, merchants, *from, *to)?, s.all_books(*generation)?);
            some.sort_by_key(|b| (b.0, b.1, b.2));
            all.sort_by_key(|b| (b.0, b.1, b.2));
            format!("{some:?} {all:?} {:?}", s.first_bucket(*generation)?)
        }
        Call::BuyerMarks(generation, merchants, counters, from) => {
            let mut marks = s.buyer_marks(*generation, merchants, counters, *from)?;
            marks.sort_by_key(|(merchant, m)| (*merchant, m.counter, m.day, m.buyer));
            format!("{marks:?}")
        }
        Call::Segments(after, limit) => format!("{:?} {:?}", s.segments_after(MARKET, *after, *limit)?, s.segment(*after)?),
        Call::EvidencePage(query) => format!("{:?}", s.evidence_page(query)?),
    })
}

/// Stores subjects as a writer does: looks which are known, numbers the others.
fn store_subjects(s: &mut dyn Session, rows: &[Put]) -> Result<Vec<i64>> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|r| r.0);
    rows.dedup_by_key(|r| r.0);
    let known = s.subjects(MARKET, &rows.iter().map(|r| r.0).collect::<Vec<_>>(), For::Reading)?;
    let ids = s.new_subject_ids(known.iter().filter(|k| k.is_none()).count())?;
    let mut fresh = ids.iter();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (((kind, key), merchant, began, entries, marks, revisit), known) in rows.into_iter().zip(known) {
        let (id, mut history) = match &known {
            Some(subject) => (subject.id, subject.history.clone()),
            None => (fresh.next().copied().unwrap(), History::default()),
        };
        for (at, tie) in entries {
            let source = Source { segment: at, index: 0 };
            history.insert(Entry { at, tie, source, change: Change::ReturnAnswered { ret: format!("r{tie}").into() } });
        }
        let marks = vec![Marked { generation: 1, buyer: key, listing: 0, marks }];
        let reference = format!("“{key}”");
        let subject = Subject { id, market: MARKET, kind, key, reference, merchant, began, history, marks, revisit };
        if known.is_some() { changed.push(subject) } else { new.push(subject) }
    }
    s.put_subjects(&new.iter().collect::<Vec<_>>(), &changed.iter().collect::<Vec<_>>())?;
    Ok(ids)
}

async fn open(database: &TestDatabase) -> std::sync::Arc<Store> {
    let store = Store::open(database.url(), [0; 16]).await.unwrap();
    let sql = "insert into marketplaces (code, name, currency, time_zone, locale, clock, latest_event, settings, overrides, action_modes,
        created_at, updated_at) values ('m', 'M', 'EUR', 'UTC', 'en', 'wall', 0, '{}', '[]', '{}', 0, 0)";
    store.db().execute_unprepared(sql).await.unwrap();
    store
}

fn alike(sessions: &mut [Box<dyn Session>; 2], call: &Call, stamp: i64) {
    let [sqlite, postgres] = sessions.each_mut().map(|s| answer(s.as_mut(), call, stamp).unwrap());
    assert_eq!(sqlite, postgres, "at {stamp}: {call:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_answer_alike() {
    let databases = (TestDatabase::new(Backend::Sqlite).await, TestDatabase::new(Backend::Postgres).await);
    let stores = (open(&databases.0).await, open(&databases.1).await);
    let (sqlite, postgres) = stores.clone();
    let runtime = tokio::runtime::Handle::current();
    let calls = move || {
        let mut sessions = [sqlite.session(0, false, &runtime).unwrap(), postgres.session(0, false, &runtime).unwrap()];
        let mut runner = TestRunner::deterministic();
        let start = Call::Merchants((1..=MERCHANTS as u8).collect());
        let transactions = vec(transaction(), 250).new_tree(&mut runner).unwrap().current();
        for (n, (keep, calls, reads)) in std::iter::once((true, vec![start], Vec::new())).chain(transactions).enumerate() {
            for s in &mut sessions {
                s.begin().unwrap();
            }
            for (i, call) in calls.iter().filter(|call| keep || !call.takes_numbers()).enumerate() {
                alike(&mut sessions, call, (n * 100 + i) as i64 * 1_000);
            }
            for s in &mut sessions {
                if keep { s.commit().unwrap() } else { s.rollback() }
            }
            for call in &reads {
                alike(&mut sessions, call, 0);
            }
        }
    };
    tokio::task::spawn_blocking(calls).await.unwrap();
    assert_eq!(tables::read(&stores.0).await, tables::read(&stores.1).await);
}
