//! What the SQLite session reads: many things in one call, each by a statement of its own that is prepared once.

use std::collections::HashSet;

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::mark::Mark;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use uuid::Uuid;

use super::error::StoreError;
use super::repeats::unsigned;
use super::session::{Evidence, EvidenceQuery, Front, MerchantState, Recorded, Result, Subject, TallyKey, Told};
use super::subjects::{SubjectColumns, recorded};

/// Many statements read in one transaction: by itself, each of them would lock the file and let it go again.
fn together(c: &Connection) -> Result<Option<Transaction<'_>>> {
    Ok(c.is_autocommit().then(|| c.unchecked_transaction()).transpose()?)
}

fn rows<T>(
    c: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = c.prepare_cached(sql)?;
    let rows = statement.query_map(values, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

const SUBJECT: &str = "select id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit from subjects";

fn subject(row: &Row<'_>) -> Result<Subject> {
    SubjectColumns {
        id: row.get(0)?,
        market: row.get(1)?,
        kind: row.get(2)?,
        key: row.get(3)?,
        reference: row.get(4)?,
        merchant: row.get(5)?,
        began: row.get(6)?,
        history: row.get_ref(7)?.as_blob().unwrap_or_default(),
        marks: row.get_ref(8)?.as_blob().unwrap_or_default(),
        revisit: row.get(9)?,
    }
    .decode()
}

pub(super) fn subjects(c: &Connection, market: i64, keys: &[(Kind, u64)]) -> Result<Vec<Option<Subject>>> {
    let mut statement = c.prepare_cached(&format!("{SUBJECT} where marketplace = ? and kind = ? and ref_key = ?"))?;
    let mut found = Vec::with_capacity(keys.len());
    for (kind, key) in keys {
        let mut rows = statement.query(params![market, *kind as u8, *key as i64])?;
        found.push(rows.next()?.map(subject).transpose()?);
    }
    Ok(found)
}

pub(super) fn subjects_by_id(c: &Connection, ids: &[i64]) -> Result<Vec<Subject>> {
    let mut statement = c.prepare_cached(&format!("{SUBJECT} where id = ?"))?;
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        let mut rows = statement.query([id])?;
        found.extend(rows.next()?.map(subject).transpose()?);
    }
    Ok(found)
}

pub(super) fn subjects_after(
    c: &Connection,
    market: i64,
    merchant: Option<i64>,
    after: i64,
    limit: usize,
) -> Result<Vec<Subject>> {
    let which = if merchant.is_some() { "merchant = ?4" } else { "?4 is null" };
    // `+` keeps the planner from the index on references, whose rows would all have to be sorted for each page.
    let sql = format!("{SUBJECT} where +marketplace = ?1 and id > ?2 and {which} order by id limit ?3");
    let mut statement = c.prepare_cached(&sql)?;
    let mut rows = statement.query(params![market, after, limit as i64, merchant])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(subject(row)?);
    }
    Ok(found)
}

pub(super) fn recorded_after(c: &Connection, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>> {
    let sql = "select id, kind, ref_key, ref, history from subjects where merchant = ? and id > ? order by id limit ?";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query(params![merchant, after, limit as i64])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let history = row.get_ref(4)?.as_blob().unwrap_or_default();
        found.push(recorded((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?), history)?);
    }
    Ok(found)
}

pub(super) fn buckets(c: &Connection, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
    let sql = "select cells from tallies where generation = ? and bucket = ? and merchant = ? and listing = ? and lane = 0";
    let mut statement = c.prepare_cached(sql)?;
    let mut found = Vec::with_capacity(keys.len());
    for k in keys {
        let mut rows = statement.query(params![k.generation, k.bucket, k.merchant, k.listing as i64])?;
        found.push(match rows.next()? {
            Some(row) => bucket(row, 0)?,
            None => Bucket::default(),
        });
    }
    Ok(found)
}

pub(super) fn fronts(c: &Connection, fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>> {
    let sql = "select at, ref_key, subject from repeats where generation = ? and merchant = ? and quota = ? and buyer = ?
        and at >= ? and at < ? order by at, ref_key limit ?";
    let mut first = c.prepare_cached(sql)?;
    let place = |r: &Row<'_>| Ok((Place { at: r.get(0)?, key: unsigned(r.get(1)?) }, r.get(2)?));
    let front = |f: &Front| {
        let values = params![f.generation, f.merchant, f.quota, f.buyer as i64, f.from, f.until, f.limit as i64];
        Ok(first.query_map(values, place)?.collect::<rusqlite::Result<_>>()?)
    };
    fronts.iter().map(front).collect()
}

pub(super) fn revisits_due(c: &Connection, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
    let sql = "select subject from revisits where marketplace = ? and at <= ? order by at limit ?";
    rows(c, sql, params![market, now, limit as i64], |r| r.get(0))
}

pub(super) fn due(c: &Connection, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
    let sql = "select merchant from dirty where marketplace = ? order by stamp limit ?";
    let mut due: Vec<i64> = rows(c, sql, params![market, limit as i64], |r| r.get(0))?;
    if due.len() < limit {
        let sql = "select merchant from agenda where marketplace = ? and at <= ? order by at limit ?";
        let rest: Vec<i64> = rows(c, sql, params![market, now, (limit - due.len()) as i64], |r| r.get(0))?;
        let known: HashSet<i64> = due.iter().copied().collect();
        due.extend(rest.into_iter().filter(|merchant| !known.contains(merchant)));
    }
    Ok(due)
}

pub(super) fn states(c: &Connection, merchants: &[i64]) -> Result<Vec<MerchantState>> {
    let _transaction = together(c)?;
    let sql =
        "select id, coalesce(joined_at, first_order, 0), standing, coalesce(since, 0), judged_day, verdict, next_evaluation,
        reinstated, badges, (select stamp from dirty d where d.marketplace = merchants.marketplace and d.merchant = merchants.id)
        from merchants where id = ?";
    let mut statement = c.prepare_cached(sql)?;
    merchants
        .iter()
        .map(|id| {
            Ok(statement.query_row([id], |r| {
                Ok(MerchantState {
                    id: r.get(0)?,
                    joined: r.get(1)?,
                    standing: r.get(2)?,
                    since: r.get(3)?,
                    judged_day: r.get(4)?,
                    verdict: r.get::<_, Option<[u8; 16]>>(5)?.map(Uuid::from_bytes),
                    next_evaluation: r.get(6)?,
                    reinstated: r.get(7)?,
                    badges: r.get(8)?,
                    stamp: r.get(9)?,
                })
            })?)
        })
        .collect()
}

pub(super) fn books(
    c: &Connection,
    generation: i64,
    merchants: &[i64],
    from: i32,
    to: i32,
) -> Result<Vec<(i64, u64, i32, Bucket)>> {
    let _transaction = together(c)?;
    let sql = "select listing, cells from tallies where generation = ? and bucket = ? and merchant = ?";
    let mut statement = c.prepare_cached(sql)?;
    let mut found = Vec::new();
    for number in from..=to {
        for merchant in merchants {
            let mut rows = statement.query(params![generation, number, merchant])?;
            while let Some(row) = rows.next()? {
                found.push((*merchant, row.get::<_, i64>(0)? as u64, number, bucket(row, 1)?));
            }
        }
    }
    Ok(found)
}

pub(super) fn all_books(c: &Connection, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>> {
    let sql = "select bucket, merchant, listing, cells from tallies where generation = ?";
    let mut statement = c.prepare_cached(sql)?;
    let mut rows = statement.query([generation])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64, bucket(row, 3)?));
    }
    Ok(found)
}

pub(super) fn first_bucket(c: &Connection, generation: i64) -> Result<Option<i32>> {
    let sql = "select min(bucket) from tallies where generation = ?";
    Ok(c.prepare_cached(sql)?.query_row([generation], |r| r.get(0))?)
}

pub(super) fn buyer_marks(
    c: &Connection,
    generation: i64,
    merchants: &[i64],
    counters: &[u16],
    from: Instant,
) -> Result<Vec<(i64, BuyerMark)>> {
    let _transaction = together(c)?;
    let sql = "select day, buyer from evidence
        where generation = ? and merchant = ? and counter = ? and at >= ? and excluded is null";
    let mut statement = c.prepare_cached(sql)?;
    let mut found = Vec::new();
    for merchant in merchants {
        for counter in counters {
            let mut rows = statement.query(params![generation, merchant, counter, from])?;
            while let Some(r) = rows.next()? {
                let mark = BuyerMark { counter: *counter, day: r.get(0)?, buyer: r.get::<_, i64>(1)? as u64 };
                found.push((*merchant, mark));
            }
        }
    }
    Ok(found)
}

pub(super) fn verdicts(c: &Connection, ids: &[Option<Uuid>]) -> Result<Vec<Option<Told>>> {
    let _transaction = together(c)?;
    let mut statement = c.prepare_cached("select generation, input, output from verdicts where id = ?")?;
    ids.iter()
        .map(|id| match id {
            Some(id) => Ok(statement.query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?),
            None => Ok(None),
        })
        .collect()
}

pub(super) fn segment(c: &Connection, id: i64) -> Result<Option<Vec<u8>>> {
    Ok(c.prepare_cached("select raw from segments where id = ?")?.query_row([id], |r| r.get(0)).optional()?)
}

pub(super) fn segments_after(c: &Connection, market: i64, after: i64, limit: usize) -> Result<Vec<i64>> {
    let sql = "select id from segments where marketplace = ? and id > ? order by id limit ?";
    rows(c, sql, params![market, after, limit as i64], |r| r.get(0))
}

pub(super) fn evidence_page(c: &Connection, q: &EvidenceQuery) -> Result<Vec<Evidence>> {
    let (at, subject, ordinal) = q.before.unwrap_or((q.until, 0, 0));
    let sql = "select subject, ordinal, counter, at, amount, cause, excluded, day, buyer, listing from evidence
        where generation = ? and merchant = ? and counter = ? and at >= ? and (at, subject, ordinal) < (?, ?, ?)
        order by at desc, subject desc, ordinal desc limit ?";
    let values = params![q.generation, q.merchant, q.counter, q.from, at, subject, ordinal, q.limit as i64];
    rows(c, sql, values, |r| evidence(r, q.generation, q.merchant))
}

fn evidence(r: &Row<'_>, generation: i64, merchant: i64) -> rusqlite::Result<Evidence> {
    Ok(Evidence {
        generation,
        merchant,
        subject: r.get(0)?,
        ordinal: r.get(1)?,
        mark: Mark { counter: r.get(2)?, at: r.get(3)?, amount: r.get(4)?, cause: r.get(5)?, excluded: r.get(6)? },
        day: r.get(7)?,
        buyer: r.get::<_, i64>(8)? as u64,
        listing: r.get::<_, i64>(9)? as u64,
    })
}

fn bucket(row: &Row<'_>, column: usize) -> Result<Bucket> {
    let bytes = row.get_ref(column)?.as_blob().unwrap_or_default();
    Bucket::decode(bytes).ok_or_else(|| StoreError::undecodable("tallies", "of a merchant"))
}
