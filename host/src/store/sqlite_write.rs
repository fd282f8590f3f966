//! What the SQLite session writes, where that takes more than a statement or two.

use std::collections::HashMap;

use andon_domain::tally::Bucket;
use rusqlite::{Connection, params};

use super::repeats::signed;
use super::session::{Evidence, FaultRow, Judgement, NewVerdict, Repeat, Result, Seen, Subject, TallyKey};
use super::subjects::encode;
use crate::keys::EventKey;

pub(super) fn remember(c: &Connection, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
    let mut insert = c.prepare_cached("insert into seen (event, fingerprint) values (?, ?) on conflict do nothing")?;
    let mut known = c.prepare_cached("select fingerprint from seen where event = ?")?;
    // In key order, so that neighbours in the tree are touched together.
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_unstable_by_key(|i| events[*i].0);
    let mut seen = vec![Seen::New; events.len()];
    for i in order {
        let (key, fingerprint) = &events[i];
        if insert.execute(params![key, *fingerprint as i64])? == 0 {
            let before: i64 = known.query_row([key], |r| r.get(0))?;
            seen[i] = if before == *fingerprint as i64 { Seen::Same } else { Seen::Other };
        }
    }
    Ok(seen)
}

pub(super) fn put_subjects(c: &Connection, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
    let sql = "insert into subjects (id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql)?;
    for s in new {
        let (history, marks) = encode(s)?;
        let kind = s.kind as u8;
        insert.execute(params![
            s.id,
            s.market,
            kind,
            s.key as i64,
            s.reference,
            s.merchant,
            s.began,
            history,
            marks,
            s.revisit
        ])?;
    }
    let sql = "update subjects set merchant = ?, began = ?, history = ?, marks = ?, revisit = ? where id = ?";
    let mut update = c.prepare_cached(sql)?;
    for s in changed {
        let (history, marks) = encode(s)?;
        update.execute(params![s.merchant, s.began, history, marks, s.revisit, s.id])?;
    }
    Ok(())
}

pub(super) fn find_first_orders(c: &Connection, merchants: &[i64]) -> Result<()> {
    let first = "select min(began) from subjects where merchant = merchants.id and kind = 0";
    let mut update = c.prepare_cached(&format!("update merchants set first_order = ({first}) where id = ?"))?;
    for merchant in merchants {
        update.execute([merchant])?;
    }
    Ok(())
}

pub(super) fn put_buckets(c: &Connection, rows: &[(TallyKey, Bucket)]) -> Result<()> {
    let sql = "insert into tallies (generation, bucket, merchant, listing, lane, cells) values (?, ?, ?, ?, 0, ?)
        on conflict do update set cells = excluded.cells";
    let mut upsert = c.prepare_cached(sql)?;
    let sql = "delete from tallies where generation = ? and bucket = ? and merchant = ? and listing = ? and lane = 0";
    let mut delete = c.prepare_cached(sql)?;
    for (k, bucket) in rows {
        if bucket.is_empty() {
            delete.execute(params![k.generation, k.bucket, k.merchant, k.listing as i64])?;
        } else {
            upsert.execute(params![k.generation, k.bucket, k.merchant, k.listing as i64, bucket.encode()])?;
        }
    }
    Ok(())
}

pub(super) fn evidence(c: &Connection, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
    let sql =
        "delete from evidence where generation = ? and merchant = ? and counter = ? and at = ? and subject = ? and ordinal = ?";
    let mut delete = c.prepare_cached(sql)?;
    for e in drop {
        delete.execute(params![e.generation, e.merchant, e.mark.counter, e.mark.at, e.subject, e.ordinal])?;
    }
    let sql = "insert or replace into evidence
        (generation, merchant, counter, at, subject, ordinal, day, amount, cause, excluded, buyer, listing)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql)?;
    for e in add {
        let m = &e.mark;
        let (buyer, listing) = (e.buyer as i64, e.listing as i64);
        insert.execute(params![
            e.generation,
            e.merchant,
            m.counter,
            m.at,
            e.subject,
            e.ordinal,
            e.day,
            m.amount,
            m.cause,
            m.excluded,
            buyer,
            listing
        ])?;
    }
    Ok(())
}

pub(super) fn repeats(c: &Connection, drop: &[Repeat], add: &[Repeat]) -> Result<()> {
    let sql = "delete from repeats where generation = ? and merchant = ? and quota = ? and buyer = ? and at = ? and ref_key = ?";
    let mut delete = c.prepare_cached(sql)?;
    for r in drop {
        delete.execute(params![r.generation, r.merchant, r.quota, r.buyer as i64, r.place.at, signed(r.place.key)])?;
    }
    let sql =
        "insert or replace into repeats (generation, merchant, quota, buyer, at, ref_key, subject) values (?, ?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql)?;
    for r in add {
        insert.execute(params![r.generation, r.merchant, r.quota, r.buyer as i64, r.place.at, signed(r.place.key), r.subject])?;
    }
    Ok(())
}

pub(super) fn judge(c: &Connection, judgements: &[Judgement]) -> Result<()> {
    let mut clean = c.prepare_cached("delete from dirty where marketplace = ? and merchant = ? and stamp <= ?")?;
    let mut off = c.prepare_cached("delete from agenda where marketplace = ? and at = ? and merchant = ?")?;
    let mut on = c.prepare_cached("insert or ignore into agenda (marketplace, at, merchant) values (?, ?, ?)")?;
    let mut next = c.prepare_cached("update merchants set next_evaluation = ? where id = ?")?;
    for j in judgements {
        if let Some(stamp) = j.stamp {
            clean.execute(params![j.market, j.merchant, stamp])?;
        }
        if j.was_due != j.next {
            if let Some(at) = j.was_due {
                off.execute(params![j.market, at, j.merchant])?;
            }
            if let Some(at) = j.next {
                on.execute(params![j.market, at, j.merchant])?;
            }
        }
        match &j.verdict {
            Some(verdict) => put_verdict(c, j, verdict)?,
            None if j.was_due != j.next => next.execute(params![j.next, j.merchant]).map(|_| ())?,
            None => {}
        }
    }
    Ok(())
}

fn put_verdict(c: &Connection, j: &Judgement, v: &NewVerdict) -> Result<()> {
    let sql = "insert into verdicts (id, marketplace, merchant, generation, at, binding, input, output) values (?, ?, ?, ?, ?, ?, ?, ?)";
    let id = v.id.as_bytes();
    c.prepare_cached(sql)?.execute(params![id, j.market, j.merchant, v.generation, v.at, v.binding, v.input, v.output])?;
    let sql = "update merchants set verdict = ?, verdict_at = ?, projected = ?, score = ?, statuses = ?, next_evaluation = ?,
        judged_day = coalesce(?, judged_day) where id = ?";
    c.prepare_cached(sql)?.execute(params![id, v.at, v.projected.code, v.score, v.statuses, j.next, v.judged_day, j.merchant])?;
    if let Some(since) = v.moved {
        let (code, level) = (&v.projected.code, &v.projected.level);
        let sql = "update merchants set standing = ?, level = ?, since = ? where id = ?";
        c.prepare_cached(sql)?.execute(params![code, level, since, j.merchant])?;
        let sql = "insert or ignore into standings (merchant, since, standing, level, verdict) values (?, ?, ?, ?, ?)";
        c.prepare_cached(sql)?.execute(params![j.merchant, since, code, level, id])?;
    }
    Ok(())
}

pub(super) fn faults(c: &Connection, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>> {
    let mut delete = c.prepare_cached("delete from faults where generation = ? and merchant = ? and subject = ?")?;
    let mut over = Vec::new();
    for (generation, merchant, subject) in clear {
        let there = delete.execute(params![generation, merchant, subject])? > 0;
        over.extend((there && *subject != 0).then_some(*merchant));
    }
    let sql = "insert into faults (generation, merchant, subject, code, message, count, first_at, last_at, fuel, input)
        values (?1, ?2, ?3, ?4, ?5, 1, ?6, ?6, ?7, ?8)
        on conflict do update set code = excluded.code, message = excluded.message, count = count + 1, last_at = excluded.last_at,
            fuel = excluded.fuel, input = excluded.input";
    let mut upsert = c.prepare_cached(sql)?;
    let mut last: HashMap<(i64, i64, i64), &FaultRow> = HashMap::new();
    last.extend(add.iter().map(|f| ((f.generation, f.merchant, f.subject), f)));
    for f in last.values() {
        upsert.execute(params![f.generation, f.merchant, f.subject, f.code, f.message, f.at, f.fuel, f.input])?;
    }
    Ok(over)
}
