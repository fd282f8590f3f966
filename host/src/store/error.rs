//! What can go wrong below the repositories, told apart by what the caller can do about it.

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Two transactions got in each other's way; the same work may succeed when done again.
    #[error("the database asked to try again: {0}")]
    Busy(String),
    /// Our own data is broken.
    #[error("inconsistent {table} row {row}: {what}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What does not hold.
        what: String,
    },
    /// Another process has the SQLite file open.
    #[error("another andon process is using this database ({0} is locked)")]
    InUse(String),
    /// The database failed or cannot be reached.
    #[error("database: {0}")]
    Driver(String),
}

impl StoreError {
    /// A value that cannot be written as the bytes of a row.
    pub(crate) fn unencodable(table: &'static str, row: impl ToString, error: &postcard::Error) -> Self {
        Self::Inconsistent { table, row: row.to_string(), what: format!("it cannot be encoded: {error}") }
    }

    /// A row that another one needs.
    pub(crate) fn absent(table: &'static str, row: impl ToString) -> Self {
        Self::Inconsistent { table, row: row.to_string(), what: "it is not there".into() }
    }

    /// A row that does not decode.
    pub(crate) fn undecodable(table: &'static str, row: impl ToString) -> Self {
        Self::Inconsistent { table, row: row.to_string(), what: "its bytes do not decode".into() }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Busy(e.to_string()),
            _ => Self::Driver(e.to_string()),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(e: sqlx::Error) -> Self {
        // Serialization failure, deadlock, a lock waited for too long, and a unique key that another host was quicker to take.
        let code = e.as_database_error().and_then(|d| d.code().map(|c| c.to_string()));
        match code.as_deref() {
            Some("40001" | "40P01" | "55P03" | "23505") => Self::Busy(e.to_string()),
            _ => Self::Driver(e.to_string()),
        }
    }
}

impl From<sea_orm::DbErr> for StoreError {
    fn from(e: sea_orm::DbErr) -> Self {
        Self::Driver(e.to_string())
    }
}
