//! The hot path on SQLite: prepared statements, a row at a time, on a connection that the calling thread owns. A statement
//! costs one or two microseconds this way, seventy where it has to wake another thread.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use uuid::Uuid;

use super::checkpoint::Checkpoints;
use super::marketplaces::MarketRow;
use super::session::{
    Cells, Evidence, EvidenceQuery, FaultRow, For, Front, Hold, Judgement, MerchantState, Recorded, Registration, Repeat, Result,
    Seen, Session, Subject, TallyKey, Told, Value,
};
use super::sums::Sums;
use super::{sqlite_read as read, sqlite_write as write, statement};
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
    sums: Sums,
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
        Ok(Self { connection, checkpoints, next_subject: None, sums: Sums::default(), outgoing: false })
    }
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
        self.sums.forget();
        self.outgoing = false;
    }

    fn remember(&mut self, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
        write::remember(&self.connection, events)
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
        read::subjects(&self.connection, market, keys)
    }

    fn subjects_by_id(&mut self, ids: &[i64], _: For) -> Result<Vec<Subject>> {
        read::subjects_by_id(&self.connection, ids)
    }

    fn subjects_after(&mut self, market: i64, merchant: Option<i64>, after: i64, limit: usize, _: For) -> Result<Vec<Subject>> {
        read::subjects_after(&self.connection, market, merchant, after, limit)
    }

    fn recorded_after(&mut self, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>> {
        read::recorded_after(&self.connection, merchant, after, limit)
    }

    fn put_subjects(&mut self, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
        write::put_subjects(&self.connection, new, changed)
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
        write::find_first_orders(&self.connection, merchants)
    }

    fn buckets(&mut self, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
        if self.connection.is_autocommit() {
            return read::buckets(&self.connection, keys);
        }
        self.sums.get(keys, |keys| read::buckets(&self.connection, keys))
    }

    fn put_buckets(&mut self, rows: &[(TallyKey, Bucket)]) -> Result<()> {
        write::put_buckets(&self.connection, rows)?;
        self.sums.put(rows);
        Ok(())
    }

    fn evidence(&mut self, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
        write::evidence(&self.connection, drop, add)
    }

    fn fronts(&mut self, fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>> {
        read::fronts(&self.connection, fronts)
    }

    fn repeats(&mut self, drop: &[Repeat], add: &[Repeat]) -> Result<()> {
        write::repeats(&self.connection, drop, add)
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

    fn dockets(&mut self, _: i64) -> Result<Vec<i64>> {
        Ok(Vec::new())
    }

    fn gather(&mut self, _: i64, _: &HashMap<i64, Arc<[i64]>>) -> Result<()> {
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
        write::judge(&self.connection, judgements)
    }

    fn faults(&mut self, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>> {
        write::faults(&self.connection, add, clear)
    }

    fn revisits_due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        read::revisits_due(&self.connection, market, now, limit)
    }

    fn due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        read::due(&self.connection, market, now, limit)
    }

    fn states(&mut self, merchants: &[i64]) -> Result<Vec<MerchantState>> {
        read::states(&self.connection, merchants)
    }

    fn books(&mut self, generation: i64, merchants: &[i64], from: i32, to: i32) -> Result<Vec<(i64, u64, i32, Bucket)>> {
        read::books(&self.connection, generation, merchants, from, to)
    }

    fn all_books(&mut self, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>> {
        read::all_books(&self.connection, generation)
    }

    fn first_bucket(&mut self, generation: i64) -> Result<Option<i32>> {
        read::first_bucket(&self.connection, generation)
    }

    fn buyer_marks(
        &mut self,
        generation: i64,
        merchants: &[i64],
        counters: &[u16],
        from: Instant,
    ) -> Result<Vec<(i64, BuyerMark)>> {
        read::buyer_marks(&self.connection, generation, merchants, counters, from)
    }

    fn verdicts(&mut self, ids: &[Option<Uuid>]) -> Result<Vec<Option<Told>>> {
        read::verdicts(&self.connection, ids)
    }

    fn segment(&mut self, id: i64) -> Result<Option<Vec<u8>>> {
        read::segment(&self.connection, id)
    }

    fn segments_after(&mut self, market: i64, after: i64, limit: usize) -> Result<Vec<i64>> {
        read::segments_after(&self.connection, market, after, limit)
    }

    fn evidence_page(&mut self, query: &EvidenceQuery) -> Result<Vec<Evidence>> {
        read::evidence_page(&self.connection, query)
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
