//! Records as JSON lines, and back.

use train::Record;
use train::record::{ParseError, SCHEMA};

/// Characters of a reason that a message shows: it may quote what the line holds.
const SHOWN: usize = 300;

/// A line that is not a record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The line is not JSON, or a field is missing or of another type.
    #[error(
        "line {line} is not the record of a run: {why}; \
         remove the line, or write the file again with `descent compare`",
        why = files::text::shorten(&cause.to_string(), SHOWN)
    )]
    NotARecord {
        /// Counted from 1.
        line: usize,
        /// Message of the JSON parser.
        #[source]
        cause: serde_json::Error,
    },
    /// The record was written in another form than this version reads.
    #[error(
        "line {line} has record schema {found}, and this version reads schemas up to {SCHEMA}; \
         read it with the version of descent that wrote it"
    )]
    Schema {
        /// Counted from 1.
        line: usize,
        /// Schema of the line.
        found: u64,
    },
}

/// One record a line, each with its field `"schema"`.
///
/// Every `f64` comes back from [`parse_jsonl`] bit for bit. JSON has no word for NaN and the
/// infinities, so they are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`.
pub fn jsonl(runs: &[Record]) -> String {
    let mut lines = String::new();
    for run in runs {
        lines += &serde_json::to_string(run).expect("a record has no map and no fallible field");
        lines.push('\n');
    }
    lines
}

/// Reads what [`jsonl`] wrote; blank lines are passed over.
///
/// # Errors
///
/// The first line that is not a record, or that has a newer schema than [`SCHEMA`].
pub fn parse_jsonl(text: &str) -> Result<Vec<Record>, Error> {
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(index, line)| parse_line(index + 1, line)).collect()
}

fn parse_line(line: usize, text: &str) -> Result<Record, Error> {
    Record::parse(text).map_err(|error| match error {
        ParseError::Json(cause) => Error::NotARecord { line, cause },
        ParseError::Schema { found } => Error::Schema { line, found },
    })
}
