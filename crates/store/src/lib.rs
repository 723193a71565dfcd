//! Runs in one SQLite file, or in JSON lines.
//!
//! Both are [`lab::Store`]s: records by key, claims of processes that work at the same time, studies with their
//! trials. [`open`] goes by the name of the file.
//!
//! ```
//! use lab::store::{Filter, Put, StudyText};
//! let folder = tempfile::tempdir()?;
//! let store = store::open(&folder.path().join("runs.db"))?;
//! let study = StudyText { name: "rates".into(), text: "trials = 8\n".into() };
//! assert_eq!(store.open_study(&study)?, Put::New);
//! assert_eq!(store.open_study(&study)?, Put::Same);
//! let changed = StudyText { text: "trials = 16\n".into(), ..study };
//! assert!(store.open_study(&changed).unwrap_err().to_string().contains("+ trials = 16"));
//! assert!(store.list(&Filter::default())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The SQLite file
//!
//! `docs/store.md` describes tables and views for people who query it themselves. The file is in WAL mode: what was put
//! survives `kill -9`. Once a second, for every study and trial, and when the last process closes it, the store waits until
//! all is on the disk (`synchronous=FULL`): a loss of power undoes at most the last second of short runs, and the file
//! stays whole. Writers wait for each other for a minute. It must be on a local disk, because SQLite's log needs memory
//! that processes share; machines without one work on a file each, and [`merge`] collects.
//!
//! SQLite finds out that a page makes no sense, not that it was changed. So each row carries a SHA-256 of its
//! values, each record one of its text, and `totals` the number of rows and the XOR of their hashes: a row that
//! was changed or is missing is an error, never another table. Only what a crash may lose as well, the end of the
//! log that was not yet written into the file, can be cut off unnoticed.

mod json_lines;
mod leftovers;
mod merge;
mod place;
mod sqlite;

use std::path::Path;

use lab::Store;
use lab::store::Error;

pub use json_lines::JsonLines;
pub use merge::{Merged, merge};
pub use sqlite::{Answer, Cell, Cleaned, Cleaning, QueryError, SCHEMA, Sqlite};

/// Opens the store of this name, or makes it: JSON lines if it ends in `.jsonl`, else SQLite.
///
/// # Errors
/// If the file cannot be made, opened or written, is no store or one of a newer schema, or is damaged.
pub fn open(path: &Path) -> Result<Box<dyn Store>, Error> {
    match is_json_lines(path) {
        true => Ok(Box::new(JsonLines::open(path)?)),
        false => Ok(Box::new(Sqlite::open(path)?)),
    }
}

/// Opens the store of this name, which must be there; where it cannot be written, for reading alone.
///
/// # Errors
/// As for [`open`], and if there is none.
pub fn open_existing(path: &Path) -> Result<Box<dyn Store>, Error> {
    match is_json_lines(path) {
        true => {
            files::open(path)?;
            Ok(Box::new(JsonLines::open(path)?))
        }
        false => Ok(Box::new(Sqlite::open_existing(path)?)),
    }
}

/// If the name of a file says that it is a store as JSON lines.
pub fn is_json_lines(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

/// Kind of a file that is no store.
fn found_at(path: &Path) -> String {
    files::sniff_file(path).unwrap_or("a file of another kind, or one with a damaged beginning").to_string()
}

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
