//! Progress events of loading and fetching.

use std::fmt;

use crate::text::grouped;

/// Progress of loading a data set. `Display` formats it as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A source is being tried.
    Trying {
        /// A folder, a URL, `npm package …`.
        what: String,
    },
    /// Another process is fetching the same set; this one waits.
    Waiting {
        /// Title of the data set.
        what: String,
    },
    /// Bytes of a file have arrived. Sent often, for a progress bar.
    Progress {
        /// The file's name.
        file: String,
        /// Bytes received so far.
        done: u64,
        /// Total number of bytes, if known.
        total: Option<u64>,
    },
    /// A source, or one attempt at it, failed; the next one follows.
    Failed {
        /// Source.
        what: String,
        /// Reason.
        why: String,
    },
    /// A file is complete and passed its checks.
    Verified {
        /// The file's name.
        file: String,
        /// Unpacked size in bytes.
        bytes: u64,
    },
    /// The data set is available.
    Using {
        /// Source in words.
        origin: String,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Trying { what } => write!(f, "trying {what}"),
            Event::Waiting { what } => write!(f, "another process is fetching {what}: waiting"),
            Event::Progress { file, done, total: Some(total) } => {
                write!(f, "{file}: {} of {} bytes", grouped(*done), grouped(*total))
            }
            Event::Progress { file, done, total: None } => {
                write!(f, "{file}: {} bytes", grouped(*done))
            }
            Event::Failed { what, why } => write!(f, "{what}: {why}"),
            Event::Verified { file, bytes } => {
                write!(f, "{file}: {} bytes, verified", grouped(*bytes))
            }
            Event::Using { origin } => write!(f, "using {origin}"),
        }
    }
}
