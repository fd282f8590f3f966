//! The hot path on PostgreSQL: arrays in, one statement for a whole batch, on a connection of its own. A batch costs a dozen
//! round trips however many events it holds.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::ids::Instant;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use tokio::runtime::Handle;
use uuid::Uuid;

use super::error::StoreError;
use super::marketplaces::MarketRow;
use super::session::{
    Cells, Evidence, EvidenceQuery, FaultRow, For, Front, Hold, Judgement, MerchantState, Recorded, Registration, Repeat, Result,
    Seen, Session, Subject, TallyKey, Value,
};
use super::sums::Sums;
use super::{postgres_judge as judge, postgres_read as read, postgres_write as write, statement};
use crate::keys::EventKey;

/// Plans are kept, and tables grow under them: one made while a table was a page long would go on reading the whole of it. A
/// host that stands still must not keep its lane, nor wait for another's for ever.
const SETTINGS: &str = "set enable_seqscan = off; set jit = off; set lock_timeout = '10s';
    set idle_in_transaction_session_timeout = '60s'";

/// Whoever reads writes only what was noted already, in another form, and need not wait for the disk.
const READER: &str = "set synchronous_commit = off";

/// Row numbers asked for at once, however few are wanted.
const IDS: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No transaction: each statement stands alone.
    Idle,
    Open,
    /// A call failed, so that only `rollback` is left.
    Failed,
}

/// One connection, kept out of the pool so that sessions never starve the cold path.
pub(super) struct PgSession {
    pool: PgPool,
    lane: i16,
    read_only: bool,
    runtime: Handle,
    connection: Option<PgConnection>,
    state: State,
    outgoing: bool,
    /// Row numbers for subjects that nobody has yet.
    ids: VecDeque<i64>,
    sums: Sums,
    /// Under what number this session last wrote sums in its lane.
    holder: Option<i64>,
    /// Whether nobody has written sums in it since.
    held: bool,
}

impl PgSession {
    /// Connects as the pool does. Only threads that may block can call this and the session.
    pub(super) fn open(pool: PgPool, lane: i16, read_only: bool, runtime: Handle) -> Result<Self> {
        let connection = Some(runtime.block_on(connect(&pool, read_only))?);
        let (ids, sums) = (VecDeque::new(), Sums::default());
        Ok(Self {
            pool,
            lane,
            read_only,
            runtime,
            connection,
            state: State::Idle,
            outgoing: false,
            ids,
            sums,
            holder: None,
            held: false,
        })
    }

    /// Does a call's work. Between transactions, a connection that failed is replaced before the next call.
    fn run<T>(&mut self, work: impl AsyncFnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
        if self.connection.is_none() && self.state == State::Idle {
            self.connection = Some(self.runtime.block_on(connect(&self.pool, self.read_only))?);
            // What answers now may be a copy of the server, and lack what the last transactions wrote.
            self.holder = None;
        }
        let Some(connection) = &mut self.connection else { return Err(StoreError::Driver("the connection was lost".into())) };
        let done = self.runtime.block_on(work(connection));
        if done.is_err() {
            match self.state {
                State::Idle => self.connection = None,
                State::Open | State::Failed => self.state = State::Failed,
            }
        }
        done
    }

    fn start(&mut self) -> Result<()> {
        let lane = self.lane;
        let holder: Option<i64> = self.run(async |c| {
            let sql = format!("begin; select holder from lanes where lane = {lane} for update");
            let row = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_optional(c).await?;
            let missing =
                || StoreError::Inconsistent { table: "lanes", row: lane.to_string(), what: "there is no such lane".into() };
            Ok(row.ok_or_else(missing)?.try_get(0)?)
        })?;
        self.held = holder.is_some() && holder == self.holder;
        self.state = State::Open;
        Ok(())
    }

    /// Makes this session the one that writes sums in its lane. The transaction's number says so, which no other ever has.
    fn hold_sums(&mut self) -> Result<()> {
        if !self.held {
            let lane = self.lane;
            let sql = "update lanes set holder = pg_current_xact_id()::text::bigint where lane = $1 returning holder";
            self.sums.forget();
            self.holder = self.run(async |c| Ok(sqlx::query_scalar(sql).bind(lane).fetch_one(c).await?))?;
            self.held = true;
        }
        Ok(())
    }
}

async fn connect(pool: &PgPool, read_only: bool) -> Result<PgConnection> {
    let mut connection = pool.connect_options().connect().await?;
    sqlx::raw_sql(SETTINGS).execute(&mut connection).await?;
    if read_only {
        sqlx::raw_sql(READER).execute(&mut connection).await?;
    }
    Ok(connection)
}

impl Session for PgSession {
    fn begin(&mut self) -> Result<()> {
        if self.state != State::Idle {
            return Err(StoreError::Driver("a transaction is open already".into()));
        }
        // The server may have gone and come back since the last transaction; one more try tells.
        match self.start() {
            Err(StoreError::Driver(_)) => self.start(),
            other => other,
        }
    }

    fn commit(&mut self) -> Result<()> {
        // Where a statement has failed, PostgreSQL answers `commit` by rolling back and calls that a success.
        if self.state != State::Open {
            return Err(StoreError::Driver("there is no transaction that can be committed".into()));
        }
        self.run(async |c| Ok(sqlx::raw_sql("commit").execute(c).await.map(|_| ())?))?;
        self.state = State::Idle;
        Ok(())
    }

    fn rollback(&mut self) {
        if self.state != State::Idle && self.run(async |c| Ok(sqlx::raw_sql("rollback").execute(c).await.map(|_| ())?)).is_err() {
            // The server rolls back what a lost connection began.
            self.connection = None;
        }
        self.state = State::Idle;
        self.outgoing = false;
        self.sums.forget();
        self.holder = None;
    }

    fn remember(&mut self, events: &[(EventKey, u64)]) -> Result<Vec<Seen>> {
        self.run(async |c| write::remember(c, events).await)
    }

    fn add_segment(&mut self, market: i64, events: usize, raw: &[u8]) -> Result<i64> {
        self.run(async |c| write::add_segment(c, market, events, raw).await)
    }

    fn new_subject_ids(&mut self, count: usize) -> Result<Vec<i64>> {
        let missing = count.saturating_sub(self.ids.len());
        if missing > 0 {
            let more = self.run(async |c| write::new_subject_ids(c, missing.max(IDS)).await)?;
            self.ids.extend(more);
        }
        Ok(self.ids.drain(..count).collect())
    }

    fn subjects(&mut self, market: i64, keys: &[(Kind, u64)], why: For) -> Result<Vec<Option<Subject>>> {
        self.run(async |c| read::subjects(c, market, keys, why).await)
    }

    fn subjects_by_id(&mut self, ids: &[i64], why: For) -> Result<Vec<Subject>> {
        self.run(async |c| read::subjects_by_id(c, ids, why).await)
    }

    fn subjects_after(&mut self, market: i64, merchant: Option<i64>, after: i64, limit: usize, why: For) -> Result<Vec<Subject>> {
        self.run(async |c| read::subjects_after(c, market, merchant, after, limit, why).await)
    }

    fn recorded_after(&mut self, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>> {
        self.run(async |c| read::recorded_after(c, merchant, after, limit).await)
    }

    fn put_subjects(&mut self, new: &[&Subject], changed: &[&Subject]) -> Result<()> {
        self.run(async |c| write::put_subjects(c, new, changed).await)
    }

    fn merchants(&mut self, market: i64, references: &[&str]) -> Result<Vec<i64>> {
        self.run(async |c| write::merchants(c, market, references).await)
    }

    fn register(&mut self, market: i64, registrations: &[Registration<'_>]) -> Result<()> {
        self.run(async |c| write::register(c, market, registrations).await)
    }

    fn count_orders(&mut self, orders: &[(i64, i64, Instant)]) -> Result<()> {
        self.run(async |c| write::count_orders(c, orders).await)
    }

    fn find_first_orders(&mut self, merchants: &[i64]) -> Result<()> {
        self.run(async |c| write::find_first_orders(c, merchants).await)
    }

    fn buckets(&mut self, keys: &[TallyKey]) -> Result<Vec<Bucket>> {
        let lane = self.lane;
        if self.state == State::Idle {
            return self.run(async |c| read::buckets(c, lane, keys).await);
        }
        self.hold_sums()?;
        let mut sums = std::mem::take(&mut self.sums);
        let found = sums.get(keys, |keys| self.run(async |c| read::buckets(c, lane, keys).await));
        self.sums = sums;
        found
    }

    fn put_buckets(&mut self, rows: &[(TallyKey, Bucket)]) -> Result<()> {
        self.hold_sums()?;
        let lane = self.lane;
        self.run(async |c| write::put_buckets(c, lane, rows).await)?;
        self.sums.put(rows);
        Ok(())
    }

    fn evidence(&mut self, drop: &[Evidence], add: &[Evidence]) -> Result<()> {
        self.run(async |c| write::evidence(c, drop, add).await)
    }

    fn fronts(&mut self, fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>> {
        let lock = self.state == State::Open;
        self.run(async |c| read::fronts(c, fronts, lock).await)
    }

    fn repeats(&mut self, drop: &[Repeat], add: &[Repeat]) -> Result<()> {
        self.run(async |c| write::repeats(c, drop, add).await)
    }

    fn revisits(&mut self, market: i64, drop: &[(Instant, i64)], add: &[(Instant, i64)]) -> Result<()> {
        self.run(async |c| write::revisits(c, market, drop, add).await)
    }

    fn mark_dirty(&mut self, market: i64, merchants: &[i64], stamp: i64) -> Result<()> {
        self.run(async |c| write::mark_dirty(c, market, merchants, stamp).await)
    }

    fn dockets(&mut self, market: i64) -> Result<Vec<i64>> {
        self.run(async |c| read::dockets(c, market).await)
    }

    fn gather(&mut self, market: i64, evaluated: &HashMap<i64, Arc<[i64]>>) -> Result<()> {
        let within_another = self.state != State::Idle;
        self.run(async |c| write::gather(c, market, evaluated, within_another).await)
    }

    fn all_dirty(&mut self, market: i64, stamp: i64) -> Result<()> {
        self.run(async |c| write::all_dirty(c, market, stamp).await)
    }

    fn put_setup(&mut self, row: &MarketRow) -> Result<()> {
        self.run(async |c| write::put_setup(c, row).await)
    }

    fn advance(&mut self, market: i64, to: Instant) -> Result<()> {
        self.run(async |c| write::advance(c, market, to).await)
    }

    fn hold(&mut self, what: Hold<'_>) -> Result<()> {
        self.run(async |c| write::hold(c, what).await)
    }

    fn judge(&mut self, judgements: &[Judgement]) -> Result<()> {
        self.run(async |c| judge::judge(c, judgements).await)
    }

    fn faults(&mut self, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>> {
        self.run(async |c| judge::faults(c, add, clear).await)
    }

    fn revisits_due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        self.run(async |c| read::revisits_due(c, market, now, limit).await)
    }

    fn due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>> {
        self.run(async |c| read::due(c, market, now, limit).await)
    }

    fn states(&mut self, merchants: &[i64]) -> Result<Vec<MerchantState>> {
        self.run(async |c| read::states(c, merchants).await)
    }

    fn books(&mut self, generation: i64, merchants: &[i64], from: i32, to: i32) -> Result<Vec<(i64, u64, i32, Bucket)>> {
        self.run(async |c| read::books(c, generation, merchants, from, to).await)
    }

    fn all_books(&mut self, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>> {
        self.run(async |c| read::all_books(c, generation).await)
    }

    fn first_bucket(&mut self, generation: i64) -> Result<Option<i32>> {
        self.run(async |c| read::first_bucket(c, generation).await)
    }

    fn buyer_marks(
        &mut self,
        generation: i64,
        merchants: &[i64],
        counters: &[u16],
        from: Instant,
    ) -> Result<Vec<(i64, BuyerMark)>> {
        self.run(async |c| read::buyer_marks(c, generation, merchants, counters, from).await)
    }

    fn verdicts(&mut self, ids: &[Option<Uuid>]) -> Result<Vec<Option<crate::store::session::Told>>> {
        self.run(async |c| read::verdicts(c, ids).await)
    }

    fn segment(&mut self, id: i64) -> Result<Option<Vec<u8>>> {
        self.run(async |c| read::segment(c, id).await)
    }

    fn segments_after(&mut self, market: i64, after: i64, limit: usize) -> Result<Vec<i64>> {
        self.run(async |c| read::segments_after(c, market, after, limit).await)
    }

    fn evidence_page(&mut self, query: &EvidenceQuery) -> Result<Vec<Evidence>> {
        self.run(async |c| read::evidence_page(c, query).await)
    }

    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize> {
        self.run(async |c| Ok(statement::for_postgres(sql, values).execute(c).await?.rows_affected() as usize))
    }

    fn ask(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>> {
        self.run(async |c| statement::rows_on_postgres(c, sql, values).await)
    }

    fn outgoing(&mut self) -> &mut bool {
        &mut self.outgoing
    }
}
