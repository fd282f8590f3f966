//! The same reads and rows on PostgreSQL with nothing around them: one connection, arrays, everything worked out beforehand.

use std::time::{Duration, Instant};

use sqlx::{Connection, Executor, PgConnection, query};

use super::record::{Batch, SubjectRow};
use crate::store::session::TallyKey;

/// Writes the batches to a migrated database, a transaction each; answers how long that took. Fails with what the server says.
pub(super) async fn replay(url: &str, batches: &[Batch]) -> sqlx::Result<Duration> {
    let mut c = PgConnection::connect(url).await?;
    c.execute("set enable_seqscan = off; set jit = off").await?;
    let start = Instant::now();
    for batch in batches {
        c.execute("begin").await?;
        events(&mut c, batch).await?;
        subjects(&mut c, batch).await?;
        tallies(&mut c, batch).await?;
        evidence(&mut c, batch).await?;
        agenda(&mut c, batch).await?;
        c.execute("commit").await?;
    }
    Ok(start.elapsed())
}

fn column<'r, T, V>(rows: &'r [T], value: impl Fn(&'r T) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

async fn events(c: &mut PgConnection, b: &Batch) -> sqlx::Result<()> {
    let sql = "insert into seen (event, fingerprint) select * from unnest($1::bytea[], $2::bigint[]) on conflict do nothing";
    let mut seen = b.seen.clone();
    seen.sort_unstable();
    query(sql).bind(column(&seen, |s| s.0.to_vec())).bind(column(&seen, |s| s.1 as i64)).execute(&mut *c).await?;
    let sql = "insert into segments (marketplace, events, raw) values ($1, $2, $3)";
    query(sql).bind(b.market).bind(b.events as i64).bind(&b.segment).execute(c).await.map(|_| ())
}

async fn subjects(c: &mut PgConnection, b: &Batch) -> sqlx::Result<()> {
    let sql = "select k.i, o.id, o.history, o.marks from unnest($2::smallint[], $3::bigint[]) with ordinality k(kind, ref_key, i)
        cross join lateral (select id, history, marks from subjects
            where marketplace = $1 and kind = k.kind and ref_key = k.ref_key limit 1) o";
    let read = query(sql).bind(b.market).bind(column(&b.asked, |a| a.0 as i16)).bind(column(&b.asked, |a| a.1 as i64));
    std::hint::black_box(read.fetch_all(&mut *c).await?);
    let sql = "insert into merchants (marketplace, ref, name, registered_at, registered_tie, orders, statuses)
        select $1, r, r, 0, 0, 0, '' from unnest($2::text[]) r on conflict (marketplace, ref) do nothing";
    query(sql).bind(b.market).bind(&b.merchants).execute(&mut *c).await?;
    put(c, &b.new).await?;
    put(c, &b.changed).await?;
    let sql = "insert into merchants (id, marketplace, ref, name, registered_at, registered_tie, first_order, orders, statuses)
        select o.id, 0, '', '', 0, 0, k.earliest, k.more, '' from unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(id, more, earliest)
        cross join lateral (select id from merchants where id = k.id limit 1) o
        on conflict (id) do update set orders = merchants.orders + excluded.orders,
            first_order = least(merchants.first_order, excluded.first_order)";
    let count = query(sql).bind(column(&b.orders, |o| o.0)).bind(column(&b.orders, |o| o.1)).bind(column(&b.orders, |o| o.2));
    count.execute(c).await.map(|_| ())
}

async fn put(c: &mut PgConnection, rows: &[SubjectRow]) -> sqlx::Result<()> {
    let sql = "insert into subjects (id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit)
        select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
            $8::bytea[], $9::bytea[], $10::bigint[])
        on conflict (id) do update set merchant = excluded.merchant, began = excluded.began, history = excluded.history,
            marks = excluded.marks, revisit = excluded.revisit";
    let put = query(sql).bind(column(rows, |s| s.id)).bind(column(rows, |s| s.market)).bind(column(rows, |s| s.kind));
    let put = put.bind(column(rows, |s| s.key)).bind(column(rows, |s| s.reference.as_str())).bind(column(rows, |s| s.merchant));
    let put = put.bind(column(rows, |s| s.began)).bind(column(rows, |s| s.history.as_slice()));
    put.bind(column(rows, |s| s.marks.as_slice())).bind(column(rows, |s| s.revisit)).execute(c).await.map(|_| ())
}

fn keys<'k>(keys: impl Iterator<Item = &'k TallyKey>) -> [Vec<i64>; 4] {
    let mut columns = [const { Vec::new() }; 4];
    for k in keys {
        for (column, value) in columns.iter_mut().zip([k.generation, i64::from(k.bucket), k.merchant, k.listing as i64]) {
            column.push(value);
        }
    }
    columns
}

async fn tallies(c: &mut PgConnection, b: &Batch) -> sqlx::Result<()> {
    let sql = "select k.i, o.cells from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
            with ordinality k(generation, bucket, merchant, listing, i)
        cross join lateral (select cells from tallies where generation = k.generation and bucket = k.bucket
            and merchant = k.merchant and listing = k.listing and lane = 0 limit 1) o";
    let [generations, buckets, merchants, listings] = keys(b.tallies_asked.iter());
    let read = query(sql).bind(generations).bind(buckets).bind(merchants).bind(listings);
    std::hint::black_box(read.fetch_all(&mut *c).await?);
    let sql = "insert into tallies (lane, generation, bucket, merchant, listing, cells)
        select 0, * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
        on conflict (generation, bucket, merchant, listing, lane) do update set cells = excluded.cells";
    let [generations, buckets, merchants, listings] = keys(b.tallies.iter().map(|(key, _)| key));
    let put = query(sql).bind(generations).bind(buckets).bind(merchants).bind(listings);
    put.bind(column(&b.tallies, |(_, cells)| cells.as_slice())).execute(c).await.map(|_| ())
}

async fn evidence(c: &mut PgConnection, b: &Batch) -> sqlx::Result<()> {
    if !b.evidence_gone.is_empty() {
        let sql = "delete from evidence where ctid = any(array(select o.ctid
            from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[])
                k(generation, merchant, counter, at, subject, ordinal)
            cross join lateral (select ctid from evidence where generation = k.generation and merchant = k.merchant
                and counter = k.counter and at = k.at and subject = k.subject and ordinal = k.ordinal limit 1) o))";
        let rows = &b.evidence_gone;
        let delete = query(sql).bind(column(rows, |e| e.generation)).bind(column(rows, |e| e.merchant));
        let delete = delete.bind(column(rows, |e| e.mark.counter as i16)).bind(column(rows, |e| e.mark.at));
        delete.bind(column(rows, |e| e.subject)).bind(column(rows, |e| e.ordinal as i16)).execute(&mut *c).await?;
    }
    let sql = "insert into evidence
        (generation, merchant, counter, at, subject, ordinal, day, amount, cause, excluded, buyer, listing)
        select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[],
            $8::bigint[], $9::smallint[], $10::smallint[], $11::bigint[], $12::bigint[])
        on conflict (generation, merchant, counter, at, subject, ordinal) do update set amount = excluded.amount";
    let rows = &b.evidence;
    let put = query(sql).bind(column(rows, |e| e.generation)).bind(column(rows, |e| e.merchant));
    let put = put.bind(column(rows, |e| e.mark.counter as i16)).bind(column(rows, |e| e.mark.at));
    let put = put.bind(column(rows, |e| e.subject)).bind(column(rows, |e| e.ordinal as i16));
    let put = put.bind(column(rows, |e| i64::from(e.day))).bind(column(rows, |e| e.mark.amount));
    let put =
        put.bind(column(rows, |e| e.mark.cause.map(|i| i as i16))).bind(column(rows, |e| e.mark.excluded.map(|i| i as i16)));
    put.bind(column(rows, |e| e.buyer as i64)).bind(column(rows, |e| e.listing as i64)).execute(c).await.map(|_| ())
}

async fn agenda(c: &mut PgConnection, b: &Batch) -> sqlx::Result<()> {
    let sql = "delete from revisits where ctid = any(array(select o.ctid from unnest($2::bigint[], $3::bigint[]) k(at, subject)
        cross join lateral (select ctid from revisits where marketplace = $1 and at = k.at and subject = k.subject limit 1) o))";
    let gone = &b.revisits_gone;
    query(sql).bind(b.market).bind(column(gone, |r| r.0)).bind(column(gone, |r| r.1)).execute(&mut *c).await?;
    let sql = "insert into revisits (marketplace, at, subject) select $1, * from unnest($2::bigint[], $3::bigint[]) on conflict do nothing";
    query(sql).bind(b.market).bind(column(&b.revisits, |r| r.0)).bind(column(&b.revisits, |r| r.1)).execute(&mut *c).await?;
    let sql = "insert into dockets (marketplace, stamp, merchants) values ($1, $2, $3)";
    query(sql).bind(b.market).bind(b.stamp).bind(&b.dirty).execute(c).await.map(|_| ())
}
