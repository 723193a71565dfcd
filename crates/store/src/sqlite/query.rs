//! Questions that people ask in SQL.

use std::path::Path;

use lab::store::Error;
use rusqlite::ErrorCode;
use rusqlite::types::ValueRef;
use thiserror::Error as ThisError;

use super::error::Failed;
use super::{Sqlite, schema};

/// The answer to a question: a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows of as many cells.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are none are replaced.
    Text(String),
    /// The number of bytes of something that is no text.
    Bytes(usize),
}

/// A question without an answer.
#[derive(Debug, ThisError)]
pub enum QueryError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
    /// SQLite cannot answer it.
    #[error("{0}")]
    Sql(String),
}

impl Sqlite {
    /// Answers one SQL statement from a store that is there. The whole file has been checked before, its indexes and
    /// records too, as a statement may read any of them. Nothing can be written.
    ///
    /// # Errors
    /// If the store cannot be read or is damaged, or the statement is not one that SQLite can answer by reading.
    pub fn query(path: &Path, sql: &str) -> Result<Answer, QueryError> {
        Sqlite::open_existing(path)?.check()?;
        let connection = schema::open_read_only(path)?;
        let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::DatabaseBusy) => {
                QueryError::Store(Failed::sqlite(path, &error))
            }
            Some(ErrorCode::ReadOnly) => read_only(),
            _ => QueryError::Sql(files::text::shorten(&message(&error), 300)),
        };
        let mut statement = connection.prepare(sql).map_err(failed)?;
        if !statement.readonly() {
            return Err(read_only());
        }
        let columns: Vec<String> = statement.column_names().map(String::from).collect();
        let mut found = statement.query([]).map_err(failed)?;
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(failed)? {
            let cells = (0..columns.len()).map(|place| Ok(cell(row.get_ref(place)?)));
            rows.push(cells.collect::<rusqlite::Result<Vec<Cell>>>().map_err(failed)?);
        }
        Ok(Answer { columns, rows })
    }
}

fn read_only() -> QueryError {
    QueryError::Sql("expected a statement that reads, found one that writes".to_string())
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(x) => Cell::Integer(x),
        ValueRef::Real(x) => Cell::Real(x),
        ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.len()),
    }
}

/// SQLite's own words, and the place in the statement.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        rusqlite::Error::SqlInputError { msg, sql, offset, .. } => {
            let rest = usize::try_from(*offset).ok().and_then(|place| sql.get(place..)).unwrap_or_default();
            match rest.trim() {
                "" => msg.clone(),
                rest => format!("{msg}, at `{}`", files::text::name(rest)),
            }
        }
        rusqlite::Error::ExecuteReturnedResults | rusqlite::Error::MultipleStatement => {
            "expected one statement, found several".to_string()
        }
        other => other.to_string(),
    }
}
