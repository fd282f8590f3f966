//! The same reads and rows on SQLite with nothing around them: one thread, prepared statements, everything worked out
//! beforehand.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, params};

use super::record::{Batch, SubjectRow};
use crate::store::session::Evidence;

/// Writes the batches to a migrated file, a transaction each; answers how long that took. Fails with what SQLite says.
pub(super) fn replay(file: &Path, batches: &[Batch]) -> rusqlite::Result<Duration> {
    let connection = Connection::open(file)?;
    connection.set_prepared_statement_cache_capacity(128);
    for (pragma, value) in crate::store::SQLITE_PRAGMAS {
        connection.pragma_update(None, pragma, value)?;
    }
    let start = Instant::now();
    for batch in batches {
        connection.prepare_cached("begin immediate")?.execute([])?;
        events(&connection, batch)?;
        subjects(&connection, batch)?;
        tallies(&connection, batch)?;
        agenda(&connection, batch)?;
        connection.prepare_cached("commit")?.execute([])?;
    }
    Ok(start.elapsed())
}

fn events(c: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let mut keys: Vec<_> = batch.seen.iter().collect();
    keys.sort_unstable();
    let mut insert = c.prepare_cached("insert into seen (event, fingerprint) values (?, ?) on conflict do nothing")?;
    for (key, fingerprint) in keys {
        insert.execute(params![key, *fingerprint as i64])?;
    }
    let mut insert = c.prepare_cached("insert into segments (marketplace, events, raw) values (?, ?, ?)")?;
    insert.execute(params![batch.market, batch.events as i64, batch.segment]).map(|_| ())
}

fn subjects(c: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let sql = "select id, history, marks from subjects where marketplace = ? and kind = ? and ref_key = ?";
    let mut find = c.prepare_cached(sql)?;
    for (kind, key) in &batch.asked {
        let mut rows = find.query(params![batch.market, *kind as u8, *key as i64])?;
        if let Some(row) = rows.next()? {
            std::hint::black_box((row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?));
        }
    }
    let mut find = c.prepare_cached("select id from merchants where marketplace = ? and ref = ?")?;
    let sql = "insert into merchants (marketplace, ref, name, registered_at, registered_tie, orders, statuses) values (?, ?, ?, 0, 0, 0, '')";
    let mut make = c.prepare_cached(sql)?;
    for reference in &batch.merchants {
        if find.query_row(params![batch.market, reference], |row| row.get::<_, i64>(0)).optional()?.is_none() {
            make.execute(params![batch.market, reference, reference])?;
        }
    }
    let sql = "insert into subjects (id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql)?;
    for SubjectRow { id, market, kind, key, reference, merchant, began, history, marks, revisit } in &batch.new {
        insert.execute(params![id, market, kind, key, reference, merchant, began, history, marks, revisit])?;
    }
    let sql = "update subjects set merchant = ?, began = ?, history = ?, marks = ?, revisit = ? where id = ?";
    let mut update = c.prepare_cached(sql)?;
    for s in &batch.changed {
        update.execute(params![s.merchant, s.began, s.history, s.marks, s.revisit, s.id])?;
    }
    let sql = "update merchants set orders = orders + ?2, first_order = min(coalesce(first_order, ?3), ?3) where id = ?1";
    let mut count = c.prepare_cached(sql)?;
    for (merchant, more, earliest) in &batch.orders {
        count.execute(params![merchant, more, earliest])?;
    }
    Ok(())
}

fn tallies(c: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let sql = "select cells from tallies where generation = ? and bucket = ? and merchant = ? and listing = ? and lane = 0";
    let mut find = c.prepare_cached(sql)?;
    for k in &batch.tallies_asked {
        let mut rows = find.query(params![k.generation, k.bucket, k.merchant, k.listing as i64])?;
        if let Some(row) = rows.next()? {
            std::hint::black_box(row.get_ref(0)?);
        }
    }
    let sql = "insert into tallies (generation, bucket, merchant, listing, lane, cells) values (?, ?, ?, ?, 0, ?)
        on conflict do update set cells = excluded.cells";
    let mut upsert = c.prepare_cached(sql)?;
    for (k, cells) in &batch.tallies {
        upsert.execute(params![k.generation, k.bucket, k.merchant, k.listing as i64, cells])?;
    }
    let sql =
        "delete from evidence where generation = ? and merchant = ? and counter = ? and at = ? and subject = ? and ordinal = ?";
    let mut delete = c.prepare_cached(sql)?;
    for e in &batch.evidence_gone {
        delete.execute(params![e.generation, e.merchant, e.mark.counter, e.mark.at, e.subject, e.ordinal])?;
    }
    let sql = "insert or replace into evidence
        (generation, merchant, counter, at, subject, ordinal, day, amount, cause, excluded, buyer, listing)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql)?;
    for Evidence { generation, merchant, subject, ordinal, mark: m, day, buyer, listing } in &batch.evidence {
        let (buyer, listing) = (*buyer as i64, *listing as i64);
        let values: [&dyn ToSql; 12] =
            [generation, merchant, &m.counter, &m.at, subject, ordinal, day, &m.amount, &m.cause, &m.excluded, &buyer, &listing];
        insert.execute(values)?;
    }
    Ok(())
}

fn agenda(c: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    let mut delete = c.prepare_cached("delete from revisits where marketplace = ? and at = ? and subject = ?")?;
    for (at, subject) in &batch.revisits_gone {
        delete.execute(params![batch.market, at, subject])?;
    }
    let mut insert = c.prepare_cached("insert or ignore into revisits (marketplace, at, subject) values (?, ?, ?)")?;
    for (at, subject) in &batch.revisits {
        insert.execute(params![batch.market, at, subject])?;
    }
    let sql =
        "insert into dirty (marketplace, merchant, stamp) values (?, ?, ?) on conflict do update set stamp = excluded.stamp";
    let mut mark = c.prepare_cached(sql)?;
    for merchant in &batch.dirty {
        mark.execute(params![batch.market, merchant, batch.stamp])?;
    }
    Ok(())
}
