//! The hot path on SQLite: prepared statements, a row at a time, on a connection that the calling thread owns. A statement
//! costs one or two microseconds this way, seventy where it has to wake another thread.

use std::path::Path;
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params, params_from_iter};
use uuid::Uuid;

use super::checkpoint::Checkpoints;
use super::error::StoreError;
use super::marketplaces::MarketRow;
use super::session::{
    Cells, Evidence, EvidenceQuery, FaultRow, For, Front, Hold, Judgement, MerchantState, Recorded, Registration, Repeat, Result,
    Seen, Session, Subject, TallyKey, Value,
};
use super::subjects::{SubjectColumns, encode, recorded};
use super::{sqlite_write, statement};
use crate::keys::EventKey;

/// Bytes of the file that readers see in place of copies; the library stops at 2 GiB. They read rows that lie far apart, each once. The
/// price: a page that a failing disk cannot give ends the process, where reading a copy would have been an error.
const MAPPED: i64 = 1 << 31;

/// A connection as all of them are.
pub(super) fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    // Otherwise a statement with a limit that is bound is planned again each time, for the limit might call for another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    for (pragma, value) in super::SQLITE_PRAGMAS {
        connection.pragma_update(None, pragma, value)?;
    }
    Ok(connection)
}

/// One connection. SQLite has one writer, so there is one lane, 0.
pub(super) struct SqliteSession {
    connection: Connection,
    /// Where this one writes.
    checkpoints: Option<Arc<Checkpoints>>,
    next_subject: Option<i64>,
    outgoing: bool,
}

impl SqliteSession {
    /// Opens the file, which must have been migrated, for reading or, with somebody who sees to the log, for writing too.
    pub(super) fn open(path: &Path, checkpoints: Option<Arc<Checkpoints>>) -> Result<Self> {
        let connection = connect(path)?;
        match &checkpoints {
            Some(_) => Checkpoints::watch(&connection),
            None => {
                connection.pragma_update(None, "query_only", "on")?;
                connection.pragma_update(None, "mmap_size", MAPPED)?;
            }
        }
        Ok(Self { connection, checkpoints, next_subject: None, outgoing: false })
    }

    /// Many statements read in one transaction: by itself, each of them would lock the file and let it go again.
    fn together(&self) -> Result<Option<Transaction<'_>>> {
        Ok(self.connection.is_autocommit().then(|| self.connection.unchecked_transaction()).transpose()?)
    }

    fn rows<T>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(values, read)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
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

impl Session for SqliteSession {
    fn begin(&mut self) -> Result<()> {
        Ok(self.connection.prepare_cached("begin immediate")?.execute([]).map(|_| ())?)
    }

    fn commit(&mut self) -> Result<()> {
        self.connection.prepare_cached("commit")?.execute([])?;
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.committed(&self.connection);
        }
        Ok(())
    }

    fn rollback(&mut self) {
        // Fails only where SQLite has already rolled back by itself.
        let _ = self.connection.execute_batch("rollback");
        self.next_subject = None;
        self.outgoing = false;
    }

    fn remember(&mut self, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
        sqlite_write::remember(&self.connection, events)
    }

    fn add_segment(&mut self, market: i64, events: usize, raw: &[u8]) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("insert into segments (marketplace, events, raw) values (?, ?, ?)")?;
        Ok(statement.insert(params![market, events as i64, raw])?)
    }

    fn new_subject_ids(&mut self, count: usize) -> Result<Vec<i64>> {
        let next = match self.next_subject {
            Some(next) => next,
            None => self.connection.query_row("select coalesce(max(id), 0) + 1 from subjects", [], |r| r.get(0))?,
        };
        self.next_subject = Some(next + count as i64);
        Ok((next..next + count as i64).collect())
    }

    fn subjects(&mut self, market: i64, keys: &[(Kind, u64)], _: For) -> Result<Vec<Option<Subject>>> {
        let mut statement =
            self.connection.prepare_cached(&format!("{SUBJECT} where marketplace = ? and kind = ? and ref_key = ?"))?;
        let mut found = Vec::with_capacity(keys.len());
        for (kind, key) in keys {
            let mut rows = statement.query(params![market, *kind as u8, *key as i64])?;
            found.push(rows.next()?.map(subject).transpose()?);
        }
        Ok(found)
    }

    fn subjects_by_id(&mut self, ids: &[i64], _: For) -> Result<Vec<Subject>> {
        let mut statement = self.connection.prepare_cached(&format!("{SUBJECT} where id = ?"))?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let mut rows = statement.query([id])?;
            found.extend(rows.next()?.map(subject).transpose()?);
        }
        Ok(found)
    }

    fn subjects_after(&mut self, market: i64, merchant: Option<i64>, after: i64, limit: usize, _: For) -> Result<Vec<Subject>> {
        let which = if merchant.is_some() { "merchant = ?4" } else { "?4 is null" };
        // `+` keeps the planner from the index on references, whose rows would all have to be sorted for each page.
        let sql = format!("{SUBJECT} where +marketplace = ?1 and id > ?2 and {which} order by id limit ?3");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params![market, after, limit as i64, merchant])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(subject(row)?);
        }
        Ok(found)
    }

    fn recorded_after(&mut self, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>> {
        let sql = "select id, kind, ref_key, ref, history from subjects where merchant = ? and id > ? order by id limit ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![merchant, after, limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let history = row.get_ref(4)?.as_blob().unwrap_or_default();
            found.push(recorded((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?), history)?);
        }
        Ok(found)
    }

    fn put_subjects(&mut self, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
        let sql = "insert into subjects (id, marketplace, kind, ref_key, ref, merchant, began, history, marks, revisit)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let mut insert = self.connection.prepare_cached(sql)?;
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
        let mut update = self.connection.prepare_cached(sql)?;
        for s in changed {
            let (history, marks) = encode(s)?;
            update.execute(params![s.merchant, s.began, history, marks, s.revisit, s.id])?;
        }
        Ok(())
    }

    fn merchants(&mut self, market: i64, references: &[&str]) -> Result<Vec<i64>> {
        let mut find = self.connection.prepare_cached("select id from merchants where marketplace = ? and ref = ?")?;
        let sql = "insert into merchants (marketplace, ref, name, registered_at, registered_tie, orders, statuses) values (?, ?, ?, 0, 0, 0, '')";
        let mut insert = self.connection.prepare_cached(sql)?;
        references
            .iter()
            .map(|r| match find.query_row(params![market, r], |row| row.get(0)).optional()? {
                Some(id) => Ok(id),
                None => Ok(insert.insert(params![market, r, r])?),
            })
            .collect()
    }

    fn register(&mut self, market: i64, registrations: &[Registration<'_>]) -> Result<()> {
        let sql = "update merchants set name = ?1, joined_at = ?2, registered_at = ?3, registered_tie = ?4
            where marketplace = ?5 and ref = ?6 and (registered_at < ?3 or (registered_at = ?3 and registered_tie <= ?4))";
        let mut update = self.connection.prepare_cached(sql)?;
        for r in registrations {
            update.execute(params![r.name, r.joined_at, r.at, r.tie as i64, market, r.reference])?;
        }
        Ok(())
    }

    fn count_orders(&mut self, orders: &[(i64, i64, Instant)]) -> Result<()> {
        let sql = "update merchants set orders = orders + ?2, first_order = min(coalesce(first_order, ?3), ?3) where id = ?1";
        let mut update = self.connection.prepare_cached(sql)?;
        for (merchant, more, earliest) in orders {
            update.execute(params![merchant, more, earliest])?;
        }
        Ok(())
    }

    fn find_first_orders(&mut self, merchants: &[i64]) -> Result<()> {
        sqlite_write::find_first_orders(&self.connection, merchants)
    }

    fn buckets(&mut self, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
        let sql = "select cells from tallies where generation = ? and bucket = ? and merchant = ? and listing = ? and lane = 0";
        let mut statement = self.connection.prepare_cached(sql)?;
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

    fn put_buckets(&mut self, rows: &[(TallyKey, Bucket)]) -> Result<()> {
        sqlite_write::put_buckets(&self.connection, rows)
    }

    fn evidence(&mut self, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
        sqlite_write::evidence(&self.connection, drop, add)
    }

    fn fronts(&mut self, fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>> {
        sqlite_write::fronts(&self.connection, fronts)
    }

    fn repeats(&mut self, drop: &[Repeat], add: &[Repeat]) -> Result<()> {
        sqlite_write::repeats(&self.connection, drop, add)
    }

    fn revisits(&mut self, market: i64, drop: &[(Instant, i64)], add: &[(Instant, i64)]) -> Result<()> {
        let mut delete =
            self.connection.prepare_cached("delete from revisits where marketplace = ? and at = ? and subject = ?")?;
        for (at, subject) in drop {
            delete.execute(params![market, at, subject])?;
        }
        let mut insert =
            self.connection.prepare_cached("insert or ignore into revisits (marketplace, at, subject) values (?, ?, ?)")?;
        for (at, subject) in add {
            insert.execute(params![market, at, subject])?;
        }
        Ok(())
    }

    fn mark_dirty(&mut self, market: i64, merchants: &[i64], stamp: i64) -> Result<()> {
        let sql = "insert into dirty (marketplace, merchant, stamp) values (?, ?, ?)
            on conflict do update set stamp = max(dirty.stamp + 1, excluded.stamp)";
        let mut statement = self.connection.prepare_cached(sql)?;
        for merchant in merchants {
            statement.execute(params![market, merchant, stamp])?;
        }
        Ok(())
    }

    fn all_dirty(&mut self, market: i64, stamp: i64) -> Result<()> {
        let sql =
            "insert into dirty (marketplace, merchant, stamp) select marketplace, id, ?2 from merchants where marketplace = ?1
            on conflict do update set stamp = max(dirty.stamp + 1, excluded.stamp)";
        Ok(self.connection.execute(sql, params![market, stamp]).map(|_| ())?)
    }

    fn put_setup(&mut self, row: &MarketRow) -> Result<()> {
        let sql = "update marketplaces set name = ?, locale = ?, rules = ?, settings = ?, overrides = ?, action_modes = ?,
            policy = ?, notice_days = ?, generation = ?, updated_at = ? where id = ?";
        let [settings, overrides, modes, policy] = row.words();
        let values = params![
            row.name,
            row.locale,
            row.rules,
            settings,
            overrides,
            modes,
            policy,
            row.notice_days,
            row.generation,
            row.updated_at,
            row.id
        ];
        Ok(self.connection.execute(sql, values).map(|_| ())?)
    }

    fn advance(&mut self, market: i64, to: Instant) -> Result<()> {
        let mut update =
            self.connection.prepare_cached("update marketplaces set latest_event = max(latest_event, ?) where id = ?")?;
        Ok(update.execute(params![to, market]).map(|_| ())?)
    }

    fn hold(&mut self, _: Hold<'_>) -> Result<()> {
        Ok(())
    }

    fn judge(&mut self, judgements: &[Judgement]) -> Result<()> {
        sqlite_write::judge(&self.connection, judgements)
    }

    fn faults(&mut self, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<()> {
        sqlite_write::faults(&self.connection, add, clear)
    }

    fn revisits_due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        let sql = "select subject from revisits where marketplace = ? and at <= ? order by at limit ?";
        self.rows(sql, params![market, now, limit as i64], |r| r.get(0))
    }

    fn due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        let sql = "select merchant from dirty where marketplace = ? order by stamp limit ?";
        let mut due: Vec<i64> = self.rows(sql, params![market, limit as i64], |r| r.get(0))?;
        if due.len() < limit {
            let sql = "select merchant from agenda where marketplace = ? and at <= ? order by at limit ?";
            let rest: Vec<i64> = self.rows(sql, params![market, now, (limit - due.len()) as i64], |r| r.get(0))?;
            let known: std::collections::HashSet<i64> = due.iter().copied().collect();
            due.extend(rest.into_iter().filter(|merchant| !known.contains(merchant)));
        }
        Ok(due)
    }

    fn states(&mut self, merchants: &[i64]) -> Result<Vec<MerchantState>> {
        let _transaction = self.together()?;
        let sql =
            "select id, coalesce(joined_at, first_order, 0), standing, coalesce(since, 0), judged_day, verdict, next_evaluation,
            reinstated, badges, (select stamp from dirty d where d.marketplace = merchants.marketplace and d.merchant = merchants.id)
            from merchants where id = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
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

    fn books(&mut self, generation: i64, merchants: &[i64], from: i32, to: i32) -> Result<Vec<(i64, u64, i32, Bucket)>> {
        let _transaction = self.together()?;
        let sql = "select listing, cells from tallies where generation = ? and bucket = ? and merchant = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
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

    fn all_books(&mut self, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>> {
        let sql = "select bucket, merchant, listing, cells from tallies where generation = ?";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query([generation])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)? as u64, bucket(row, 3)?));
        }
        Ok(found)
    }

    fn first_bucket(&mut self, generation: i64) -> Result<Option<i32>> {
        let sql = "select min(bucket) from tallies where generation = ?";
        Ok(self.connection.prepare_cached(sql)?.query_row([generation], |r| r.get(0))?)
    }

    fn buyer_marks(
        &mut self,
        generation: i64,
        merchants: &[i64],
        counters: &[u16],
        from: Instant,
    ) -> Result<Vec<(i64, BuyerMark)>> {
        let _transaction = self.together()?;
        let sql = "select day, buyer from evidence
            where generation = ? and merchant = ? and counter = ? and at >= ? and excluded is null";
        let mut statement = self.connection.prepare_cached(sql)?;
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

    fn verdicts(&mut self, ids: &[Option<Uuid>]) -> Result<Vec<Option<crate::store::session::Told>>> {
        let _transaction = self.together()?;
        let mut statement = self.connection.prepare_cached("select generation, input, output from verdicts where id = ?")?;
        ids.iter()
            .map(|id| match id {
                Some(id) => Ok(statement.query_row([id.as_bytes()], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?),
                None => Ok(None),
            })
            .collect()
    }

    fn segment(&mut self, id: i64) -> Result<Option<Vec<u8>>> {
        Ok(self.connection.prepare_cached("select raw from segments where id = ?")?.query_row([id], |r| r.get(0)).optional()?)
    }

    fn segments_after(&mut self, market: i64, after: i64, limit: usize) -> Result<Vec<i64>> {
        let sql = "select id from segments where marketplace = ? and id > ? order by id limit ?";
        self.rows(sql, params![market, after, limit as i64], |r| r.get(0))
    }

    fn evidence_page(&mut self, q: &EvidenceQuery) -> Result<Vec<Evidence>> {
        let (at, subject, ordinal) = q.before.unwrap_or((q.until, 0, 0));
        let sql = "select subject, ordinal, counter, at, amount, cause, excluded, day, buyer, listing from evidence
            where generation = ? and merchant = ? and counter = ? and at >= ? and (at, subject, ordinal) < (?, ?, ?)
            order by at desc, subject desc, ordinal desc limit ?";
        let values = params![q.generation, q.merchant, q.counter, q.from, at, subject, ordinal, q.limit as i64];
        self.rows(sql, values, |r| sqlite_write::read_evidence(r, q.generation, q.merchant))
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        Ok(self.connection.prepare(sql)?.execute(params_from_iter(values))?)
    }

    fn ask(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>> {
        statement::rows_on_sqlite(&self.connection, sql, values)
    }

    fn outgoing(&mut self) -> &mut bool {
        &mut self.outgoing
    }
}

fn bucket(row: &Row<'_>, column: usize) -> Result<Bucket> {
    let bytes = row.get_ref(column)?.as_blob().unwrap_or_default();
    Bucket::decode(bytes).ok_or_else(|| StoreError::undecodable("tallies", "of a merchant"))
}
