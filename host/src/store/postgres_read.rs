//! What the PostgreSQL session reads. Keys come as arrays, and each is looked up by itself through a lateral subquery that the
//! planner cannot turn into a join: where statistics are missing or old, a join reads the whole table.

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::mark::Mark;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row, query, query_as, query_scalar};
use uuid::Uuid;

use super::error::StoreError;
use super::postgres_write::column;
use super::repeats::unsigned;
use super::session::{Evidence, EvidenceQuery, For, Front, MerchantState, Recorded, Result, Subject, TallyKey};
use super::subjects::{SubjectColumns, recorded};

const SUBJECT: &str = "id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit";

/// Position of the key in its array from 0, as `with ordinality` counts them from 1.
fn place(ordinality: i64) -> usize {
    ordinality as usize - 1
}

fn lock(why: For) -> &'static str {
    if why == For::Changing { "for update" } else { "" }
}

fn subject(row: &PgRow, from: usize) -> Result<Subject> {
    SubjectColumns {
        id: row.try_get(from)?,
        market: row.try_get(from + 1)?,
        kind: row.try_get(from + 2)?,
        key: row.try_get(from + 3)?,
        reference: row.try_get(from + 4)?,
        merchant: row.try_get(from + 5)?,
        began: row.try_get(from + 6)?,
        history: row.try_get(from + 7)?,
        marks: row.try_get(from + 8)?,
        revisit: row.try_get(from + 9)?,
    }
    .decode()
}

/// Rows are locked in the order of kind and key, whatever they were asked for by.
pub(super) async fn subjects(c: &mut PgConnection, market: i64, keys: &[(Kind, u64)], why: For) -> Result<Vec<Option<Subject>>> {
    let mut found = vec![None; keys.len()];
    if keys.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "select k.i, o.* from unnest($2::smallint[], $3::bigint[], $4::bigint[]) k(kind, ref_key, i)
        cross join lateral (select {SUBJECT} from subjects where marketplace = $1 and kind = k.kind and ref_key = k.ref_key
            limit 1 {}) o",
        lock(why)
    );
    let mut rows: Vec<(i16, i64, i64)> =
        keys.iter().enumerate().map(|(i, (kind, key))| (*kind as i16, *key as i64, i as i64)).collect();
    rows.sort_unstable();
    let query = query(AssertSqlSafe(sql)).bind(market).bind(column(&rows, |r| r.0)).bind(column(&rows, |r| r.1));
    for row in query.bind(column(&rows, |r| r.2)).fetch_all(c).await? {
        found[row.try_get::<i64, _>(0)? as usize] = Some(subject(&row, 1)?);
    }
    Ok(found)
}

pub(super) async fn subjects_by_id(c: &mut PgConnection, ids: &[i64], why: For) -> Result<Vec<Subject>> {
    let mut found = vec![None; ids.len()];
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // In the order of kind and key too, so that nobody waits for somebody who waits for them.
    let sql = format!(
        "select k.i, o.* from (select k.id, k.i from unnest($1::bigint[]) with ordinality k(id, i)
            cross join lateral (select kind, ref_key from subjects where id = k.id limit 1) o order by o.kind, o.ref_key) k
        cross join lateral (select {SUBJECT} from subjects where id = k.id limit 1 {}) o",
        lock(why)
    );
    for row in query(AssertSqlSafe(sql)).bind(ids).fetch_all(c).await? {
        found[place(row.try_get(0)?)] = Some(subject(&row, 1)?);
    }
    Ok(found.into_iter().flatten().collect())
}

pub(super) async fn subjects_after(
    c: &mut PgConnection,
    market: i64,
    merchant: Option<i64>,
    after: i64,
    limit: usize,
    why: For,
) -> Result<Vec<Subject>> {
    // `+ 0` keeps the planner from an index: all subjects are read along the primary key, those of one merchant, which are few
    // and better sorted than found among everybody's, along the merchant's index.
    let (which, id) = if merchant.is_some() { ("merchant = $4", "id + 0") } else { ("$4::bigint is null", "id") };
    let sql = format!(
        "select {SUBJECT} from subjects where marketplace + 0 = $1 and {id} > $2 and {which} order by {id} limit $3 {}",
        lock(why)
    );
    let rows = query(AssertSqlSafe(sql)).bind(market).bind(after).bind(limit as i64).bind(merchant).fetch_all(c).await?;
    rows.iter().map(|row| subject(row, 0)).collect()
}

/// Sorted as `subjects_after` has one merchant's sorted.
pub(super) async fn recorded_after(c: &mut PgConnection, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>> {
    let sql = "select id, kind, ref_key, ref, history from subjects where merchant = $1 and id + 0 > $2 order by id + 0 limit $3";
    let rows = query(sql).bind(merchant).bind(after).bind(limit as i64).fetch_all(c).await?;
    let read = |row: &PgRow| recorded((row.try_get(0)?, row.try_get(1)?), (row.try_get(2)?, row.try_get(3)?), row.try_get(4)?);
    rows.iter().map(read).collect()
}

fn bucket(bytes: &[u8]) -> Result<Bucket> {
    Bucket::decode(bytes).ok_or_else(|| StoreError::undecodable("tallies", "of a merchant"))
}

pub(super) async fn buckets(c: &mut PgConnection, lane: i16, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
    let mut found = vec![Bucket::default(); keys.len()];
    if keys.is_empty() {
        return Ok(found);
    }
    let sql = "select k.i, o.cells
        from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) with ordinality k(generation, bucket, merchant, listing, i)
        cross join lateral (select cells from tallies where generation = k.generation and bucket = k.bucket
            and merchant = k.merchant and listing = k.listing and lane = $1 limit 1) o";
    let [generations, buckets, merchants, listings] = tally_columns(keys.iter());
    let rows = query(sql).bind(lane).bind(generations).bind(buckets).bind(merchants).bind(listings).fetch_all(c).await?;
    for row in rows {
        found[place(row.try_get(0)?)] = bucket(row.try_get(1)?)?;
    }
    Ok(found)
}

/// Generation, bucket, merchant and listing, a column each.
pub(super) fn tally_columns<'k>(keys: impl Iterator<Item = &'k TallyKey>) -> [Vec<i64>; 4] {
    let mut columns = [const { Vec::new() }; 4];
    for k in keys {
        for (column, value) in columns.iter_mut().zip([k.generation, i64::from(k.bucket), k.merchant, k.listing as i64]) {
            column.push(value);
        }
    }
    columns
}

/// Places are read after their merchants are locked, in the order of their numbers, so that what another lane has just changed
/// is seen.
pub(super) async fn fronts(c: &mut PgConnection, fronts: &[Front], locked: bool) -> Result<Vec<Vec<(Place, i64)>>> {
    let mut found = vec![Vec::new(); fronts.len()];
    if fronts.is_empty() {
        return Ok(found);
    }
    let merchants: Vec<i64> = fronts.iter().map(|f| f.merchant).collect();
    if locked {
        query("select 1 from merchants where id = any($1) order by id for update").bind(&merchants).execute(&mut *c).await?;
    }
    let sql = "select k.i, o.at, o.ref_key, o.subject
        from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) with ordinality
            k(generation, merchant, quota, buyer, since, until, most, i)
        cross join lateral (select at, ref_key, subject from repeats where generation = k.generation and merchant = k.merchant
            and quota = k.quota and buyer = k.buyer and at >= k.since and at < k.until order by at, ref_key limit k.most) o
        order by k.i, o.at, o.ref_key";
    let rows = query_as(sql).bind(column(fronts, |f| f.generation)).bind(merchants).bind(column(fronts, |f| f.quota as i16));
    let rows = rows.bind(column(fronts, |f| f.buyer as i64)).bind(column(fronts, |f| f.from)).bind(column(fronts, |f| f.until));
    let rows: Vec<(i64, i64, i64, i64)> = rows.bind(column(fronts, |f| f.limit as i64)).fetch_all(c).await?;
    for (i, at, key, subject) in rows {
        found[place(i)].push((Place { at, key: unsigned(key) }, subject));
    }
    Ok(found)
}

pub(super) async fn revisits_due(c: &mut PgConnection, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
    let sql = "select subject from revisits where marketplace = $1 and at <= $2 order by at, subject limit $3";
    Ok(query_scalar(sql).bind(market).bind(now).bind(limit as i64).fetch_all(c).await?)
}

pub(super) async fn dockets(c: &mut PgConnection, market: i64) -> Result<Vec<i64>> {
    Ok(query_scalar("select id from dockets where marketplace = $1 order by id").bind(market).fetch_all(c).await?)
}

pub(super) async fn due(c: &mut PgConnection, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
    let sql = "select merchant from dirty where marketplace = $1 order by stamp, merchant limit $2";
    let mut due: Vec<i64> = query_scalar(sql).bind(market).bind(limit as i64).fetch_all(&mut *c).await?;
    if due.len() < limit {
        let sql = "select merchant from agenda where marketplace = $1 and at <= $2 order by at, merchant limit $3";
        let left = (limit - due.len()) as i64;
        let rest: Vec<i64> = query_scalar(sql).bind(market).bind(now).bind(left).fetch_all(c).await?;
        let known: std::collections::HashSet<i64> = due.iter().copied().collect();
        due.extend(rest.into_iter().filter(|merchant| !known.contains(merchant)));
    }
    Ok(due)
}

pub(super) async fn states(c: &mut PgConnection, merchants: &[i64]) -> Result<Vec<MerchantState>> {
    let sql = "select o.* from unnest($1::bigint[]) with ordinality k(id, i)
        cross join lateral (select id, coalesce(joined_at, first_order, 0), standing, coalesce(since, 0), judged_day, verdict,
            next_evaluation, reinstated, badges,
            (select stamp from dirty d where d.marketplace = merchants.marketplace and d.merchant = merchants.id)
            from merchants where id = k.id limit 1) o order by k.i";
    let rows = query(sql).bind(merchants).fetch_all(c).await?;
    if rows.len() != merchants.len() {
        return Err(StoreError::Driver(format!("{} of {} merchants are unknown", merchants.len() - rows.len(), merchants.len())));
    }
    let state = |r: &PgRow| {
        Ok(MerchantState {
            id: r.try_get(0)?,
            joined: r.try_get(1)?,
            standing: r.try_get(2)?,
            since: r.try_get(3)?,
            judged_day: r.try_get::<Option<i64>, _>(4)?.map(|day| day as i32),
            verdict: r.try_get(5)?,
            next_evaluation: r.try_get(6)?,
            reinstated: r.try_get(7)?,
            badges: r.try_get(8)?,
            stamp: r.try_get(9)?,
        })
    };
    rows.iter().map(state).collect()
}

pub(super) async fn books(
    c: &mut PgConnection,
    generation: i64,
    merchants: &[i64],
    from: i32,
    to: i32,
) -> Result<Vec<(i64, u64, i32, Bucket)>> {
    // `order by` keeps the subquery what it is, and is the order of the key anyway.
    let sql = "select k.merchant, o.listing, b.bucket, o.cells from generate_series($3::bigint, $4::bigint) b(bucket)
        cross join unnest($2::bigint[]) k(merchant)
        cross join lateral (select listing, cells from tallies where generation = $1 and bucket = b.bucket and merchant = k.merchant
            order by listing, lane) o";
    let rows = query(sql).bind(generation).bind(merchants).bind(i64::from(from)).bind(i64::from(to)).fetch_all(c).await?;
    let book =
        |r: &PgRow| Ok((r.try_get(0)?, r.try_get::<i64, _>(1)? as u64, r.try_get::<i64, _>(2)? as i32, bucket(r.try_get(3)?)?));
    rows.iter().map(book).collect()
}

pub(super) async fn all_books(c: &mut PgConnection, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>> {
    let rows =
        query("select bucket, merchant, listing, cells from tallies where generation = $1").bind(generation).fetch_all(c).await?;
    let book =
        |r: &PgRow| Ok((r.try_get::<i64, _>(0)? as i32, r.try_get(1)?, r.try_get::<i64, _>(2)? as u64, bucket(r.try_get(3)?)?));
    rows.iter().map(book).collect()
}

pub(super) async fn first_bucket(c: &mut PgConnection, generation: i64) -> Result<Option<i32>> {
    // `min` would, where statistics are old, read the whole generation.
    let sql = "select bucket from tallies where generation = $1 order by bucket limit 1";
    let first: Option<i64> = query_scalar(sql).bind(generation).fetch_optional(c).await?;
    Ok(first.map(|bucket| bucket as i32))
}

pub(super) async fn buyer_marks(
    c: &mut PgConnection,
    generation: i64,
    merchants: &[i64],
    counters: &[u16],
    from: Instant,
) -> Result<Vec<(i64, BuyerMark)>> {
    let sql = "select k.merchant, n.counter, o.day, o.buyer from unnest($2::bigint[]) k(merchant) cross join unnest($3::smallint[]) n(counter)
        cross join lateral (select day, buyer from evidence where generation = $1 and merchant = k.merchant and counter = n.counter
            and at >= $4 and excluded is null order by at) o";
    let counters: Vec<i16> = counters.iter().map(|counter| *counter as i16).collect();
    let rows: Vec<(i64, i16, i64, i64)> =
        query_as(sql).bind(generation).bind(merchants).bind(counters).bind(from).fetch_all(c).await?;
    let mark =
        |(merchant, counter, day, buyer)| (merchant, BuyerMark { counter: counter as u16, day: day as i32, buyer: buyer as u64 });
    Ok(rows.into_iter().map(|(m, n, d, b): (i64, i16, i64, i64)| mark((m, n, d, b))).collect())
}

pub(super) async fn verdicts(c: &mut PgConnection, ids: &[Option<Uuid>]) -> Result<Vec<Option<crate::store::session::Told>>> {
    let mut found = vec![None; ids.len()];
    let sql = "select k.i, o.generation, o.input, o.output from unnest($1::uuid[]) with ordinality k(id, i)
        cross join lateral (select generation, input, output from verdicts where id = k.id limit 1) o";
    let rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = query_as(sql).bind(ids).fetch_all(c).await?;
    for (i, generation, input, output) in rows {
        found[place(i)] = Some((generation, input, output));
    }
    Ok(found)
}

pub(super) async fn segment(c: &mut PgConnection, id: i64) -> Result<Option<Vec<u8>>> {
    Ok(query_scalar("select raw from segments where id = $1").bind(id).fetch_optional(c).await?)
}

pub(super) async fn segments_after(c: &mut PgConnection, market: i64, after: i64, limit: usize) -> Result<Vec<i64>> {
    let sql = "select id from segments where marketplace = $1 and id > $2 order by id limit $3";
    Ok(query_scalar(sql).bind(market).bind(after).bind(limit as i64).fetch_all(c).await?)
}

pub(super) async fn evidence_page(c: &mut PgConnection, q: &EvidenceQuery) -> Result<Vec<Evidence>> {
    let (at, subject, ordinal) = q.before.unwrap_or((q.until, 0, 0));
    let sql = "select subject, ordinal, counter, at, amount, cause, excluded, day, buyer, listing from evidence
        where generation = $1 and merchant = $2 and counter = $3 and at >= $4 and (at, subject, ordinal) < ($5, $6, $7)
        order by at desc, subject desc, ordinal desc limit $8";
    let page = query(sql).bind(q.generation).bind(q.merchant).bind(q.counter as i16).bind(q.from);
    let rows = page.bind(at).bind(subject).bind(ordinal as i16).bind(q.limit as i64).fetch_all(c).await?;
    rows.iter().map(|r| evidence(r, q.generation, q.merchant)).collect()
}

fn evidence(r: &PgRow, generation: i64, merchant: i64) -> Result<Evidence> {
    let index = |column| Ok::<_, sqlx::Error>(r.try_get::<Option<i16>, _>(column)?.map(|i| i as u16));
    Ok(Evidence {
        generation,
        merchant,
        subject: r.try_get(0)?,
        ordinal: r.try_get::<i16, _>(1)? as u16,
        mark: Mark {
            counter: r.try_get::<i16, _>(2)? as u16,
            at: r.try_get(3)?,
            amount: r.try_get(4)?,
            cause: index(5)?,
            excluded: index(6)?,
        },
        day: r.try_get::<i64, _>(7)? as i32,
        buyer: r.try_get::<i64, _>(8)? as u64,
        listing: r.try_get::<i64, _>(9)? as u64,
    })
}
