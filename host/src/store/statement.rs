//! Rare statements that both databases understand, run inside the transaction of a session: their values, and what they answer.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ToSql, params_from_iter};
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Column, Postgres, Row, TypeInfo};
use uuid::Uuid;

use super::error::StoreError;
use super::session::{Result, Session};

/// A value of a statement that is the same on both databases.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A number.
    Int(Option<i64>),
    /// A text.
    Text(Option<&'a str>),
    /// Bytes.
    Bytes(&'a [u8]),
    /// An id.
    Id(Option<Uuid>),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Id(Some(id))
    }
}

/// Places for the values of so many rows: `(?1, ?2), (?3, ?4)`.
pub(super) fn places(rows: usize, columns: usize) -> String {
    let row = |r: usize| format!("({})", (1..=columns).map(|c| format!("?{}", r * columns + c)).collect::<Vec<_>>().join(", "));
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Values in one statement; SQLite takes 32,766, PostgreSQL twice as many.
pub(super) const MOST_VALUES: usize = 30_000;

/// Inserts any number of rows in as few statements as their values allow. `into` is the statement up to `values`.
pub(super) fn insert<const COLUMNS: usize>(session: &mut dyn Session, into: &str, rows: &[[Value<'_>; COLUMNS]]) -> Result<()> {
    for part in rows.chunks(MOST_VALUES / COLUMNS) {
        session.execute(&format!("{into} values {}", places(part.len(), COLUMNS)), part.as_flattened())?;
    }
    Ok(())
}

/// A row that a statement answered: numbers, texts and bytes, as both databases know them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cells(Vec<Cell>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Cells {
    /// The number in a column; `None` where there is none.
    pub fn int(&self, column: usize) -> Option<i64> {
        if let Some(Cell::Int(number)) = self.0.get(column) { Some(*number) } else { None }
    }

    /// The text in a column.
    pub fn text(&self, column: usize) -> Option<&str> {
        if let Some(Cell::Text(text)) = self.0.get(column) { Some(text) } else { None }
    }

    /// The bytes in a column.
    pub fn bytes(&self, column: usize) -> Option<&[u8]> {
        if let Some(Cell::Bytes(bytes)) = self.0.get(column) { Some(bytes) } else { None }
    }

    /// The id in a column.
    pub fn id(&self, column: usize) -> Option<Uuid> {
        Uuid::from_slice(self.bytes(column)?).ok()
    }
}

/// The rows a statement answers on SQLite.
pub(super) fn rows_on_sqlite(connection: &rusqlite::Connection, sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let cell = |value: ValueRef<'_>| {
        Ok(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            ValueRef::Real(_) => return Err(StoreError::Driver("a statement answered a fraction".into())),
        })
    };
    let mut rows = statement.query(params_from_iter(values))?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(Cells((0..columns).map(|c| cell(row.get_ref(c)?)).collect::<Result<_>>()?));
    }
    Ok(all)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Int(number) => number.to_sql(),
            Value::Text(text) => text.to_sql(),
            Value::Bytes(bytes) => bytes.to_sql(),
            Value::Id(None) => rusqlite::types::Null.to_sql(),
            Value::Id(Some(id)) => Ok(ToSqlOutput::from(id.as_bytes().to_vec())),
        }
    }
}

/// A statement with its values, for PostgreSQL, which counts places with `$`.
pub(super) fn for_postgres<'q>(sql: &str, values: &[Value<'q>]) -> Query<'q, Postgres, PgArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.replace('?', "$"))).persistent(false);
    values.iter().fold(query, |query, value| match *value {
        Value::Int(number) => query.bind(number),
        Value::Text(text) => query.bind(text),
        Value::Bytes(bytes) => query.bind(bytes),
        Value::Id(id) => query.bind(id),
    })
}

/// The rows a statement answers on PostgreSQL.
pub(super) async fn rows_on_postgres(connection: &mut PgConnection, sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>> {
    let rows = for_postgres(sql, values).fetch_all(connection).await?;
    let row = |row: &PgRow| Ok(Cells((0..row.len()).map(|c| cell(row, c)).collect::<Result<_>>()?));
    rows.iter().map(row).collect()
}

fn cell(row: &PgRow, column: usize) -> Result<Cell> {
    let kind = row.column(column).type_info().name();
    let cell = match kind {
        "INT8" => row.try_get::<Option<i64>, _>(column)?.map(Cell::Int),
        "INT4" => row.try_get::<Option<i32>, _>(column)?.map(|n| Cell::Int(n.into())),
        "INT2" => row.try_get::<Option<i16>, _>(column)?.map(|n| Cell::Int(n.into())),
        "BOOL" => row.try_get::<Option<bool>, _>(column)?.map(|n| Cell::Int(n.into())),
        "TEXT" => row.try_get::<Option<String>, _>(column)?.map(Cell::Text),
        "BYTEA" => row.try_get::<Option<Vec<u8>>, _>(column)?.map(Cell::Bytes),
        "UUID" => row.try_get::<Option<Uuid>, _>(column)?.map(|id| Cell::Bytes(id.as_bytes().to_vec())),
        other => return Err(StoreError::Driver(format!("a statement answered a {other}"))),
    };
    Ok(cell.unwrap_or(Cell::Null))
}
