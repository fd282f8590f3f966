//! What the PostgreSQL session writes for a batch of events. Rows go in as arrays, and existing ones are changed by inserting
//! into them, which leaves nothing to plan. Keys are sorted, so that two transactions do not wait for each other.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use andon_domain::ids::Instant;
use andon_domain::tally::Bucket;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, query, query_as, query_scalar, raw_sql};

use super::marketplaces::MarketRow;
use super::postgres_read::{dockets, tally_columns};
use super::repeats::signed;
use super::session::{Evidence, Hold, Registration, Repeat, Result, Seen, Subject, TallyKey};
use super::subjects::encode;
use crate::keys::EventKey;

/// Dockets that are gathered at once.
const DOCKETS: i64 = 256;

/// Rows in the order of their keys; of equal keys the last, as if each had been written in turn.
pub(super) fn by_key<'r, T, K: Ord>(rows: &'r [T], key: impl Fn(&'r T) -> K) -> Vec<&'r T> {
    rows.iter().map(|row| (key(row), row)).collect::<BTreeMap<_, _>>().into_values().collect()
}

/// One column of rows.
pub(super) fn column<T, V>(rows: &[T], value: impl Fn(&T) -> V) -> Vec<V> {
    rows.iter().map(value).collect()
}

pub(super) async fn remember(c: &mut PgConnection, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
    // A repeat within the batch meets the first of its name.
    let mut named: BTreeMap<&EventKey, Vec<usize>> = BTreeMap::new();
    for (place, (key, _)) in events.iter().enumerate() {
        named.entry(key).or_default().push(place);
    }
    let keys = named.keys().map(|key| key.as_slice()).collect::<Vec<_>>();
    let prints = named.values().map(|places| events[places[0]].1 as i64).collect::<Vec<_>>();
    // Fails as busy where another host has been quicker with one of them.
    let sql = "with k as materialized (
            select k.*, o.before from unnest($1::bytea[], $2::bigint[]) with ordinality k(event, fingerprint, i)
            left join lateral (select fingerprint as before from seen where event = k.event limit 1) o on true),
        n as (insert into seen (event, fingerprint) select event, fingerprint from k where before is null order by event)
        select i, before from k where before is not null";
    let mut before = vec![None; keys.len()];
    for (i, fingerprint) in query_as::<_, (i64, i64)>(sql).bind(&keys).bind(prints).fetch_all(c).await? {
        before[i as usize - 1] = Some(fingerprint as u64);
    }
    let mut seen = vec![Seen::New; events.len()];
    for (places, before) in named.values().zip(before) {
        let first = before.unwrap_or(events[places[0]].1);
        for place in places.iter().skip(usize::from(before.is_none())) {
            seen[*place] = if events[*place].1 == first { Seen::Same } else { Seen::Other };
        }
    }
    Ok(seen)
}

pub(super) async fn add_segment(c: &mut PgConnection, market: i64, events: usize, raw: &[u8]) -> Result<i64> {
    let sql = "insert into segments (marketplace, events, raw) values ($1, $2, $3) returning id";
    Ok(query_scalar(sql).bind(market).bind(events as i64).bind(raw).fetch_one(c).await?)
}

pub(super) async fn new_subject_ids(c: &mut PgConnection, count: usize) -> Result<Vec<i64>> {
    let sql = "select nextval('subjects_id_seq') from generate_series(1, $1::bigint)";
    Ok(query_scalar(sql).bind(count as i64).fetch_all(c).await?)
}

pub(super) async fn put_subjects(c: &mut PgConnection, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
    const CHANGE: &str = "on conflict (id) do update set merchant = excluded.merchant, began = excluded.began,
        history = excluded.history, marks = excluded.marks, revisit = excluded.revisit";
    let mut new = new.to_vec();
    new.sort_unstable_by_key(|s| (s.market, s.kind as u8, s.key));
    insert_subjects(c, &new, "").await?;
    insert_subjects(c, &by_key(changed, |s| s.id).into_iter().copied().collect::<Vec<_>>(), CHANGE).await
}

async fn insert_subjects(c: &mut PgConnection, rows: &[&Subject], conflict: &str) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "insert into subjects (id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit)
        select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[],
            $8::bytea[], $9::bytea[], $10::bigint[]) {conflict}"
    );
    let (histories, marks): (Vec<_>, Vec<_>) = rows.iter().map(|s| encode(s)).collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let insert = query(AssertSqlSafe(sql)).bind(column(rows, |s| s.id)).bind(column(rows, |s| s.market));
    let insert = insert.bind(column(rows, |s| s.kind as i16)).bind(column(rows, |s| s.key as i64));
    let insert = insert.bind(column(rows, |s| s.reference.as_str())).bind(column(rows, |s| s.merchant));
    let insert = insert.bind(column(rows, |s| s.began)).bind(histories).bind(marks).bind(column(rows, |s| s.revisit));
    insert.execute(c).await?;
    Ok(())
}

pub(super) async fn merchants(c: &mut PgConnection, market: i64, references: &[&str]) -> Result<Vec<i64>> {
    let mut ids = vec![0; references.len()];
    if references.is_empty() {
        return Ok(ids);
    }
    find_merchants(c, market, references, &mut ids).await?;
    let missing: Vec<&str> = ids.iter().zip(references).filter(|(id, _)| **id == 0).map(|(_, r)| *r).collect();
    if !missing.is_empty() {
        // Not tried for all at once: each row that conflicts would use up a number.
        let sql = "insert into merchants (marketplace, ref, name, registered_at, registered_tie, orders, statuses)
            select $1, r, r, 0, 0, 0, '' from unnest($2::text[]) r on conflict (marketplace, ref) do nothing";
        query(sql).bind(market).bind(by_key(&missing, |r| *r).into_iter().copied().collect::<Vec<_>>()).execute(&mut *c).await?;
        find_merchants(c, market, references, &mut ids).await?;
    }
    Ok(ids)
}

async fn find_merchants(c: &mut PgConnection, market: i64, references: &[&str], ids: &mut [i64]) -> Result<()> {
    let sql = "select k.i, o.id from unnest($2::text[]) with ordinality k(ref, i)
        cross join lateral (select id from merchants where marketplace = $1 and ref = k.ref limit 1) o";
    let found: Vec<(i64, i64)> = query_as(sql).bind(market).bind(references).fetch_all(c).await?;
    for (i, id) in found {
        ids[i as usize - 1] = id;
    }
    Ok(())
}

pub(super) async fn register(c: &mut PgConnection, market: i64, registrations: &[Registration<'_>]) -> Result<()> {
    let mut rows: Vec<&Registration<'_>> = registrations.iter().collect();
    rows.sort_by_key(|r| (r.at, r.tie as i64));
    let rows = by_key(&rows, |r| r.reference);
    let sql = "insert into merchants (id, marketplace, ref, name, joined_at, registered_at, registered_tie, orders, statuses)
        select o.id, $1, k.ref, k.name, k.joined_at, k.at, k.tie, 0, ''
        from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[]) k(ref, name, joined_at, at, tie)
        cross join lateral (select id from merchants where marketplace = $1 and ref = k.ref limit 1) o order by o.id
        on conflict (id) do update set name = excluded.name, joined_at = excluded.joined_at,
            registered_at = excluded.registered_at, registered_tie = excluded.registered_tie
        where (merchants.registered_at, merchants.registered_tie) <= (excluded.registered_at, excluded.registered_tie)";
    let update = query(sql).bind(market).bind(column(&rows, |r| r.reference)).bind(column(&rows, |r| r.name));
    let update = update.bind(column(&rows, |r| r.joined_at)).bind(column(&rows, |r| r.at)).bind(column(&rows, |r| r.tie as i64));
    update.execute(c).await?;
    Ok(())
}

pub(super) async fn find_first_orders(c: &mut PgConnection, merchants: &[i64]) -> Result<()> {
    let mut merchants = merchants.to_vec();
    merchants.sort_unstable();
    let sql = "update merchants set first_order = (select min(began) from subjects where merchant = merchants.id and kind = 0)
        where id = any($1)";
    query(sql).bind(merchants).execute(c).await?;
    Ok(())
}

pub(super) async fn count_orders(c: &mut PgConnection, orders: &[(i64, i64, Instant)]) -> Result<()> {
    if orders.is_empty() {
        return Ok(());
    }
    let mut rows: BTreeMap<i64, (i64, Instant)> = BTreeMap::new();
    for (merchant, more, earliest) in orders {
        let row = rows.entry(*merchant).or_insert((0, Instant::MAX));
        *row = (row.0 + more, row.1.min(*earliest));
    }
    let (more, earliest): (Vec<i64>, Vec<Instant>) = rows.values().copied().unzip();
    let sql = "insert into merchants (id, marketplace, ref, name, registered_at, registered_tie, first_order, orders, statuses)
        select o.id, 0, '', '', 0, 0, k.earliest, k.more, '' from unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(id, more, earliest)
        cross join lateral (select id from merchants where id = k.id limit 1) o
        on conflict (id) do update set orders = merchants.orders + excluded.orders,
            first_order = least(merchants.first_order, excluded.first_order)";
    query(sql).bind(rows.into_keys().collect::<Vec<_>>()).bind(more).bind(earliest).execute(c).await?;
    Ok(())
}

pub(super) async fn put_buckets(c: &mut PgConnection, lane: i16, rows: &[(TallyKey, Bucket)]) -> Result<()> {
    let (empty, full): (Vec<_>, Vec<_>) = by_key(rows, |(key, _)| *key).into_iter().partition(|(_, bucket)| bucket.is_empty());
    if !empty.is_empty() {
        let sql = "delete from tallies where ctid = any(array(select o.ctid
            from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) k(generation, bucket, merchant, listing)
            cross join lateral (select ctid from tallies where generation = k.generation and bucket = k.bucket
                and merchant = k.merchant and listing = k.listing and lane = $1 limit 1) o))";
        let [generations, buckets, merchants, listings] = tally_columns(empty.iter().map(|(key, _)| key));
        query(sql).bind(lane).bind(generations).bind(buckets).bind(merchants).bind(listings).execute(&mut *c).await?;
    }
    if !full.is_empty() {
        let sql = "insert into tallies (lane, generation, bucket, merchant, listing, cells)
            select $1, * from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[])
            on conflict (generation, bucket, merchant, listing, lane) do update set cells = excluded.cells";
        let [generations, buckets, merchants, listings] = tally_columns(full.iter().map(|(key, _)| key));
        let upsert = query(sql).bind(lane).bind(generations).bind(buckets).bind(merchants).bind(listings);
        upsert.bind(column(&full, |(_, bucket)| bucket.encode())).execute(c).await?;
    }
    Ok(())
}

pub(super) async fn evidence(c: &mut PgConnection, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
    let key = |e: &Evidence| (e.generation, e.merchant, e.mark.counter, e.mark.at, e.subject, e.ordinal);
    if !drop.is_empty() {
        let rows = by_key(drop, key);
        let sql = "delete from evidence where ctid = any(array(select o.ctid
            from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[])
                k(generation, merchant, counter, at, subject, ordinal)
            cross join lateral (select ctid from evidence where generation = k.generation and merchant = k.merchant
                and counter = k.counter and at = k.at and subject = k.subject and ordinal = k.ordinal limit 1 for update) o))";
        let delete = query(sql).bind(column(&rows, |e| e.generation)).bind(column(&rows, |e| e.merchant));
        let delete = delete.bind(column(&rows, |e| e.mark.counter as i16)).bind(column(&rows, |e| e.mark.at));
        delete.bind(column(&rows, |e| e.subject)).bind(column(&rows, |e| e.ordinal as i16)).execute(&mut *c).await?;
    }
    if !add.is_empty() {
        let rows = by_key(add, key);
        let sql = "insert into evidence
            (generation, merchant, counter, at, subject, ordinal, day, amount, cause, excluded, buyer, listing)
            select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[],
                $8::bigint[], $9::smallint[], $10::smallint[], $11::bigint[], $12::bigint[])
            on conflict (generation, merchant, counter, at, subject, ordinal) do update set day = excluded.day,
                amount = excluded.amount, cause = excluded.cause, excluded = excluded.excluded, buyer = excluded.buyer,
                listing = excluded.listing";
        let insert = query(sql).bind(column(&rows, |e| e.generation)).bind(column(&rows, |e| e.merchant));
        let insert = insert.bind(column(&rows, |e| e.mark.counter as i16)).bind(column(&rows, |e| e.mark.at));
        let insert = insert.bind(column(&rows, |e| e.subject)).bind(column(&rows, |e| e.ordinal as i16));
        let insert = insert.bind(column(&rows, |e| i64::from(e.day))).bind(column(&rows, |e| e.mark.amount));
        let insert = insert.bind(column(&rows, |e| e.mark.cause.map(|i| i as i16)));
        let insert = insert.bind(column(&rows, |e| e.mark.excluded.map(|i| i as i16)));
        insert.bind(column(&rows, |e| e.buyer as i64)).bind(column(&rows, |e| e.listing as i64)).execute(c).await?;
    }
    Ok(())
}

pub(super) async fn repeats(c: &mut PgConnection, drop: &[Repeat], add: &[Repeat]) -> Result<()> {
    let key = |r: &Repeat| (r.generation, r.merchant, r.quota, r.buyer, r.place);
    if !drop.is_empty() {
        let rows = by_key(drop, key);
        let sql = "delete from repeats where ctid = any(array(select o.ctid
            from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[])
                k(generation, merchant, quota, buyer, at, ref_key)
            cross join lateral (select ctid from repeats where generation = k.generation and merchant = k.merchant and quota = k.quota
                and buyer = k.buyer and at = k.at and ref_key = k.ref_key limit 1 for update) o))";
        let delete = query(sql).bind(column(&rows, |r| r.generation)).bind(column(&rows, |r| r.merchant));
        let delete = delete.bind(column(&rows, |r| r.quota as i16)).bind(column(&rows, |r| r.buyer as i64));
        delete.bind(column(&rows, |r| r.place.at)).bind(column(&rows, |r| signed(r.place.key))).execute(&mut *c).await?;
    }
    if !add.is_empty() {
        let rows = by_key(add, key);
        let sql = "insert into repeats (generation, merchant, quota, buyer, at, ref_key, subject)
            select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
            on conflict (generation, merchant, quota, buyer, at, ref_key) do update set subject = excluded.subject";
        let insert = query(sql).bind(column(&rows, |r| r.generation)).bind(column(&rows, |r| r.merchant));
        let insert = insert.bind(column(&rows, |r| r.quota as i16)).bind(column(&rows, |r| r.buyer as i64));
        let insert = insert.bind(column(&rows, |r| r.place.at)).bind(column(&rows, |r| signed(r.place.key)));
        insert.bind(column(&rows, |r| r.subject)).execute(c).await?;
    }
    Ok(())
}

pub(super) async fn revisits(c: &mut PgConnection, market: i64, drop: &[(Instant, i64)], add: &[(Instant, i64)]) -> Result<()> {
    if !drop.is_empty() {
        let rows = by_key(drop, |row| *row);
        let sql =
            "delete from revisits where ctid = any(array(select o.ctid from unnest($2::bigint[], $3::bigint[]) k(at, subject)
            cross join lateral (select ctid from revisits where marketplace = $1 and at = k.at and subject = k.subject
                limit 1 for update) o))";
        query(sql).bind(market).bind(column(&rows, |r| r.0)).bind(column(&rows, |r| r.1)).execute(&mut *c).await?;
    }
    if !add.is_empty() {
        let rows = by_key(add, |row| *row);
        let sql = "insert into revisits (marketplace, at, subject) select $1, * from unnest($2::bigint[], $3::bigint[])
            on conflict do nothing";
        query(sql).bind(market).bind(column(&rows, |r| r.0)).bind(column(&rows, |r| r.1)).execute(c).await?;
    }
    Ok(())
}

pub(super) async fn hold(c: &mut PgConnection, what: Hold<'_>) -> Result<()> {
    // Locks that stand for no row, so that nobody waits for them but those who hold the same: what it is, and which.
    let (kind, number) = match what {
        Hold::Desk(market) => (1, market as i32),
        Hold::Outbox => (2, 0),
        Hold::Merchants(merchants) => {
            let sql = "select 1 from merchants where id = any($1) order by id for update";
            query(sql).bind(merchants).execute(c).await?;
            return Ok(());
        }
    };
    query("select pg_advisory_xact_lock($1, $2)").bind(kind).bind(number).execute(c).await?;
    Ok(())
}

/// One row for all of them: who is in several before anybody is judged is sorted out once, by `gather`, and lanes do not wait for each
/// other over merchants they share.
pub(super) async fn mark_dirty(c: &mut PgConnection, market: i64, merchants: &[i64], stamp: i64) -> Result<()> {
    if merchants.is_empty() {
        return Ok(());
    }
    let sql = "insert into dockets (marketplace, stamp, merchants) values ($1, $2, $3)";
    query(sql).bind(market).bind(stamp).bind(merchants).execute(c).await?;
    Ok(())
}

/// In transactions of its own, which end with the connection where one fails, unless there is one already.
pub(super) async fn gather(
    c: &mut PgConnection,
    market: i64,
    evaluated: &HashMap<i64, Arc<[i64]>>,
    within_another: bool,
) -> Result<()> {
    while !dockets(c, market).await?.is_empty() {
        if !within_another {
            raw_sql("begin").execute(&mut *c).await?;
        }
        let sql = "delete from dockets where marketplace = $1 and id = any(array(
                select id from dockets where marketplace = $1 order by id limit $2)) returning id, stamp, merchants";
        let taken: Vec<(i64, i64, Vec<i64>)> = query_as(sql).bind(market).bind(DOCKETS).fetch_all(&mut *c).await?;
        let mut stamps: BTreeMap<i64, i64> = BTreeMap::new();
        for (docket, stamp, merchants) in taken {
            let known = |merchant: &i64| evaluated.get(merchant).is_some_and(|dockets| dockets.binary_search(&docket).is_ok());
            for merchant in merchants.into_iter().filter(|merchant| !known(merchant)) {
                let latest = stamps.entry(merchant).or_insert(stamp);
                *latest = stamp.max(*latest);
            }
        }
        let (merchants, stamps): (Vec<i64>, Vec<i64>) = stamps.into_iter().unzip();
        // Two hosts' stamps need not commit in their order; one that went back could be taken for one that was evaluated.
        let sql = "insert into dirty (marketplace, merchant, stamp) select $1, * from unnest($2::bigint[], $3::bigint[])
            on conflict (marketplace, merchant) do update set stamp = greatest(dirty.stamp + 1, excluded.stamp)";
        query(sql).bind(market).bind(merchants).bind(stamps).execute(&mut *c).await?;
        if !within_another {
            raw_sql("commit").execute(&mut *c).await?;
        }
    }
    Ok(())
}

pub(super) async fn all_dirty(c: &mut PgConnection, market: i64, stamp: i64) -> Result<()> {
    let sql = "insert into dirty (marketplace, merchant, stamp) select marketplace, id, $2 from merchants where marketplace = $1 order by id
        on conflict (marketplace, merchant) do update set stamp = greatest(dirty.stamp + 1, excluded.stamp)";
    query(sql).bind(market).bind(stamp).execute(c).await?;
    Ok(())
}

pub(super) async fn put_setup(c: &mut PgConnection, row: &MarketRow) -> Result<()> {
    let sql = "update marketplaces set name = $1, locale = $2, rules = $3, settings = $4, overrides = $5, action_modes = $6,
        policy = $7, notice_days = $8, generation = $9, updated_at = $10 where id = $11";
    let [settings, overrides, modes, policy] = row.words();
    let query = query(sql).bind(&row.name).bind(&row.locale).bind(&row.rules).bind(settings).bind(overrides).bind(modes);
    let query = query.bind(policy).bind(row.notice_days.map(i64::from));
    query.bind(row.generation).bind(row.updated_at).bind(row.id).execute(c).await?;
    Ok(())
}

pub(super) async fn advance(c: &mut PgConnection, market: i64, to: Instant) -> Result<()> {
    query("update marketplaces set latest_event = $1 where id = $2 and latest_event < $1")
        .bind(to)
        .bind(market)
        .execute(c)
        .await?;
    Ok(())
}
