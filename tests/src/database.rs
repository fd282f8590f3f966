//! A database of its own for each test, on either backend, and a macro that runs a test on both.

use std::fs::File;

use tempfile::TempDir;

use crate::postgres::PostgresDatabase;

/// Which database a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file in a directory of its own.
    Sqlite,
    /// A database of its own in the server of this process.
    Postgres,
}

/// A database that goes when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    backend: Backend,
    keep: Keep,
}

#[derive(Debug)]
enum Keep {
    Sqlite { home: TempDir },
    Postgres { _database: PostgresDatabase },
}

impl TestDatabase {
    /// A database with no schema at all.
    pub async fn empty(backend: Backend) -> Self {
        Self::create(backend, false).await
    }

    /// A database that needs no migration; on SQLite whoever opens it first migrates it.
    pub async fn new(backend: Backend) -> Self {
        Self::create(backend, true).await
    }

    async fn create(backend: Backend, migrated: bool) -> Self {
        let (url, keep) = match backend {
            Backend::Sqlite => {
                let home = tempfile::Builder::new().prefix("andon-sqlite-").tempdir().unwrap();
                (format!("sqlite:{}?mode=rwc", home.path().join("andon.db").display()), Keep::Sqlite { home })
            }
            Backend::Postgres => {
                let database = PostgresDatabase::create(migrated).await;
                (database.url(), Keep::Postgres { _database: database })
            }
        };
        Self { url, backend, keep }
    }

    /// How to reach it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Waits until the host that used it has let go: its last thread gives back the lock on a SQLite file.
    pub(crate) async fn released(&self) {
        if let Keep::Sqlite { home } = &self.keep {
            let lock = File::open(home.path().join("andon.db.lock")).unwrap();
            tokio::task::spawn_blocking(move || lock.lock()).await.unwrap().unwrap();
        }
    }

    /// Which kind it is.
    pub fn backend(&self) -> Backend {
        self.backend
    }
}

/// Runs each test once on SQLite and once on PostgreSQL: `name::sqlite` and `name::postgres`. The argument is the backend.
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($backend:ident) $body:block)+) => {
        $(
            $(#[$meta])*
            async fn $name($backend: $crate::Backend) $body

            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    super::$name($crate::Backend::Sqlite).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    super::$name($crate::Backend::Postgres).await;
                }
            }
        )+
    };
}
