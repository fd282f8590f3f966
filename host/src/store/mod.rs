//! The one door to the database: sea-orm for everything that is not hot, sessions of prepared statements for what is. On
//! SQLite both kinds of writer pass one gate, since the file takes one writer at a time and must not starve either.

pub mod accounts;
pub mod action_days;
pub mod appeals;
pub mod attachments;
pub mod backtests;
mod checkpoint;
pub mod components;
pub mod deliveries;
pub mod enforcements;
pub mod entity;
pub mod error;
pub mod faults;
pub mod generations;
pub mod idempotency;
pub mod ledger;
pub mod marketplaces;
pub mod merchants;
pub mod notices;
pub mod outbox;
pub mod overrides;
mod postgres;
mod postgres_judge;
mod postgres_read;
mod postgres_write;
mod repeats;
pub(crate) mod rollouts;
pub(crate) mod seen;
pub mod session;
pub mod shadows;
mod sqlite;
mod sqlite_read;
mod sqlite_write;
mod statement;
pub mod subjects;
mod sums;
pub mod verdicts;
pub mod webhooks;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use andon_migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbBackend, EntityTrait, Set};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, Semaphore, watch};

use checkpoint::Checkpoints;
pub use error::StoreError;
pub use session::Session;

/// Pages in SQLite's log from which on it is carried over into the file: with 10,000 instead of 1,000 each page is written half as often.
const LOG_PAGES: i32 = 10_000;

/// Per connection; only WAL stays in the file. FULL keeps what was acknowledged through a loss of power. The log is carried over as with
/// [`LOG_PAGES`], by those connections that do not leave it to somebody else.
pub(crate) const SQLITE_PRAGMAS: [(&str, &str); 6] = [
    ("journal_mode", "wal"),
    ("synchronous", "full"),
    ("wal_autocheckpoint", "10000"),
    ("cache_size", "-65536"),
    ("temp_store", "memory"),
    ("foreign_keys", "on"),
];

/// Lanes of the hot path that the schema has; nobody writes in one that another writes in.
pub const LANES: u16 = 8;

/// How often a transaction that another one got in the way of is done again.
pub(crate) const TRIES: usize = 8;

/// Sessions for reading that are open at once.
const READERS: usize = 8;

enum Backend {
    Sqlite(PathBuf, Arc<Checkpoints>),
    Postgres(sqlx::PgPool),
}

/// The database.
pub struct Store {
    db: DatabaseConnection,
    backend: Backend,
    gate: Arc<AsyncMutex<()>>,
    readers: Mutex<Vec<Box<dyn Session>>>,
    permits: Semaphore,
    secret: [u8; 16],
    /// Held as long as the store is open.
    _lock: Option<std::fs::File>,
    /// Dropped last, so that whoever still listens then knows that the store is closed.
    news: watch::Sender<()>,
}

/// A transaction of the cold path; holds the gate until it ends.
pub struct Write {
    /// For sea-orm.
    pub tx: DatabaseTransaction,
    _gate: Option<OwnedMutexGuard<()>>,
}

impl Write {
    /// Makes it durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

impl Store {
    /// Connects and brings the schema up to date. `fresh_secret` becomes the database's secret where it has none yet.
    pub async fn open(url: &str, fresh_secret: [u8; 16]) -> Result<Arc<Self>, StoreError> {
        let lock = lock(url)?;
        let db = connect(url).await?;
        Migrator::up(&db, None).await?;
        let backend = match db.get_database_backend() {
            DbBackend::Sqlite => {
                let path = sqlite_path(url);
                let checkpoints = Arc::new(Checkpoints::start(&path, LOG_PAGES)?);
                Backend::Sqlite(path, checkpoints)
            }
            _ => Backend::Postgres(db.get_postgres_connection_pool().clone()),
        };
        let secret = secret(&db, fresh_secret).await?;
        let (gate, readers, permits) = (Arc::default(), Mutex::default(), Semaphore::new(READERS));
        let news = watch::Sender::new(());
        Ok(Arc::new(Self { db, backend, gate, readers, permits, secret, news, _lock: lock }))
    }

    /// Changes whenever messages have been put into the outbox, or are due again sooner than was known; ends when the store is closed.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// Tells those who wait for messages that there are some, after the commit.
    pub(crate) fn tell(&self) {
        self.news.send_replace(());
    }

    /// The database's secret, from which keyed hashes are made.
    pub fn secret(&self) -> [u8; 16] {
        self.secret
    }

    /// For reading through sea-orm.
    pub fn db(&self) -> &DatabaseConnection {
        &self.db
    }

    /// Whether this is SQLite, which has one writer and one lane.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.backend, Backend::Sqlite(..))
    }

    /// Begins a cold write.
    pub async fn write(&self) -> Result<Write, StoreError> {
        if !self.is_sqlite() {
            return Ok(Write { tx: self.db.begin().await?, _gate: None });
        }
        let gate = self.gate.clone().lock_owned().await;
        let options =
            TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        Ok(Write { tx: self.db.begin_with_options(options).await?, _gate: Some(gate) })
    }

    /// A session of its own for one lane of the hot path. Call it, and the session, on a plain thread.
    pub fn session(&self, lane: i16, read_only: bool, runtime: &tokio::runtime::Handle) -> Result<Box<dyn Session>, StoreError> {
        match &self.backend {
            Backend::Sqlite(path, checkpoints) => {
                Ok(Box::new(sqlite::SqliteSession::open(path, (!read_only).then(|| checkpoints.clone()))?))
            }
            Backend::Postgres(pool) => Ok(Box::new(postgres::PgSession::open(pool.clone(), lane, read_only, runtime.clone())?)),
        }
    }

    /// Waits for its turn at the gate; only SQLite has one.
    pub fn enter(&self) -> Option<OwnedMutexGuard<()>> {
        self.is_sqlite().then(|| self.gate.clone().blocking_lock_owned())
    }

    /// Writes what is rare on the hot path's terms, for those who cannot reach the writer, in a transaction of its own. `work` is called
    /// again where another transaction got in its way.
    pub(crate) async fn transact<T, F>(self: &Arc<Self>, mut work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&mut dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        let (store, runtime) = (self.clone(), tokio::runtime::Handle::current());
        let done = tokio::task::spawn_blocking(move || {
            let mut session = store.session(0, false, &runtime)?;
            let mut tries = 0;
            loop {
                tries += 1;
                let _gate = store.enter();
                let worked =
                    session.begin().and_then(|()| work(session.as_mut())).and_then(|done| session.commit().map(|()| done));
                match worked {
                    Err(StoreError::Busy(_)) if tries < TRIES => session.rollback(),
                    done => return done,
                }
            }
        });
        done.await.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string())))
    }

    /// Reads on the hot path's terms, on a thread that may block. At most [`READERS`] at once, the rest wait their turn.
    pub async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut dyn Session) -> Result<T, StoreError> + Send + 'static,
    {
        let closed = |_| StoreError::Driver("the store is closing".into());
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let store = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            let pooled = store.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut session = match pooled {
                Some(session) => session,
                None => store.session(0, true, &runtime)?,
            };
            let result = work(session.as_mut())?;
            store.readers.lock().unwrap_or_else(PoisonError::into_inner).push(session);
            Ok(result)
        });
        done.await.unwrap_or_else(|e| Err(StoreError::Driver(e.to_string())))
    }
}

/// Connects without touching the schema.
pub async fn connect(url: &str) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).max_connections(10);
    if url.starts_with("sqlite:") {
        options.max_connections(4).map_sqlx_sqlite_opts(|mut sqlite| {
            for (pragma, value) in SQLITE_PRAGMAS {
                sqlite = sqlite.pragma(pragma, value);
            }
            sqlite.create_if_missing(true).busy_timeout(std::time::Duration::from_secs(10))
        });
    }
    Ok(Database::connect(options).await?)
}

/// One process at a time writes to a SQLite file: the writer counts row numbers and sums in its head.
pub(crate) fn lock(url: &str) -> Result<Option<std::fs::File>, StoreError> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let mut path = sqlite_path(url).into_os_string();
    path.push(".lock");
    let failed = |e: std::io::Error| StoreError::Driver(format!("{}: {e}", path.display()));
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::InUse(path.display().to_string())),
        Err(std::fs::TryLockError::Error(e)) => Err(failed(e)),
    }
}

fn sqlite_path(url: &str) -> PathBuf {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    PathBuf::from(path.split('?').next().unwrap_or(path))
}

/// Maps and the like as their columns hold them.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "{}".into())
}

async fn secret(db: &DatabaseConnection, fresh: [u8; 16]) -> Result<[u8; 16], StoreError> {
    const NAME: &str = "secret";
    let insert = entity::meta::Entity::insert(entity::meta::ActiveModel { name: Set(NAME.into()), value: Set(fresh.to_vec()) });
    insert.on_conflict_do_nothing().exec_without_returning(db).await?;
    let row = entity::meta::Entity::find_by_id(NAME.to_owned()).one(db).await?;
    row.and_then(|r| r.value.try_into().ok()).ok_or_else(|| StoreError::undecodable("meta", NAME))
}
