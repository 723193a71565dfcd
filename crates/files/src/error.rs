//! Errors of reading and writing files.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::text::path as shown;

/// Failure to read or write a file; [`Error::hint`] has the next step.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be created.
    Create {
        /// The file, as given.
        path: PathBuf,
        /// The option that named it.
        flag: Option<String>,
        /// The system's reason.
        source: io::Error,
    },
    /// The path leads to something other than a regular file.
    Irregular {
        /// The path.
        path: PathBuf,
        /// The option that named it.
        flag: Option<String>,
        /// `a folder`, `a pipe`, …
        found: &'static str,
        /// True if it was opened for writing.
        written: bool,
    },
    /// Two options name one file.
    Same {
        /// The file, as given.
        path: PathBuf,
        /// Both options.
        flags: [String; 2],
    },
    /// The file is longer than the limit.
    TooLong {
        /// The file.
        path: PathBuf,
        /// Length of the file in bytes.
        found: u64,
        /// Limit in bytes.
        max: u64,
    },
    /// Reading or writing failed.
    Io {
        /// `read`, `write`, `lock`, …
        action: &'static str,
        /// The file, as given.
        path: PathBuf,
        /// The option that named it.
        flag: Option<String>,
        /// The system's reason.
        source: io::Error,
    },
}

/// Kind of failure, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Options that conflict: 2.
    Usage,
    /// A file with unexpected content: 65.
    BadData,
    /// A required file is missing: 66.
    Missing,
    /// A file that cannot be created: 73.
    Create,
    /// A failure while reading or writing: 74.
    Io,
}

impl Error {
    /// Kind of failure.
    pub fn kind(&self) -> Kind {
        match self {
            Error::Same { .. } => Kind::Usage,
            Error::TooLong { .. } | Error::Irregular { written: false, .. } => Kind::BadData,
            Error::Create { .. } | Error::Irregular { written: true, .. } => Kind::Create,
            Error::Io { action: "read", source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Kind::Missing
            }
            Error::Io { .. } => Kind::Io,
        }
    }

    /// Next step for the user.
    pub fn hint(&self) -> String {
        let with = |flag: &Option<String>| flag.as_ref().map(|f| format!(" with {f}")).unwrap_or_default();
        match self {
            Error::Create { flag, .. } => {
                format!("choose another place{}: an existing folder that can be written", with(flag))
            }
            Error::Irregular { flag, written: true, .. } => {
                format!("name a new or a regular file{}", with(flag))
            }
            Error::Irregular { flag, written: false, .. } => format!("name a regular file{}", with(flag)),
            Error::Same { flags: [_, second], .. } => format!("name another file with {second}"),
            Error::TooLong { .. } => "check that it is the right file".to_string(),
            Error::Io { action: "read", .. } => "check the path and its permissions".to_string(),
            Error::Io { flag, .. } => {
                format!("check the disk (full, write-protected?), or choose another place{}", with(flag))
            }
        }
    }

    /// The file, as given.
    pub fn path(&self) -> &Path {
        match self {
            Error::Create { path, .. }
            | Error::Irregular { path, .. }
            | Error::Same { path, .. }
            | Error::TooLong { path, .. }
            | Error::Io { path, .. } => path,
        }
    }

    /// The same error with the option that named the file.
    #[must_use]
    pub fn with_flag(mut self, name: &str) -> Error {
        match &mut self {
            Error::Create { flag, .. } | Error::Irregular { flag, .. } | Error::Io { flag, .. } => {
                *flag = Some(name.to_string());
            }
            Error::Same { .. } | Error::TooLong { .. } => {}
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Create { path, flag, source } => {
                write!(f, "cannot create {}: {source}", named(path, flag))
            }
            Error::Irregular { path, flag, found, .. } => {
                write!(f, "{}: expected a regular file, found {found}", named(path, flag))
            }
            Error::Same { path, flags: [first, second] } => {
                write!(f, "{second} conflicts with {first}: both are {}", shown(path))
            }
            Error::TooLong { path, found, max } => {
                write!(f, "{}: expected at most {max} bytes, found {found}", shown(path))
            }
            Error::Io { action, path, flag, source } => {
                write!(f, "cannot {action} {}: {source}", named(path, flag))
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Create { source, .. } | Error::Io { source, .. } => Some(source),
            Error::Irregular { .. } | Error::Same { .. } | Error::TooLong { .. } => None,
        }
    }
}

/// Path, preceded by the option that named it.
fn named(path: &Path, flag: &Option<String>) -> String {
    match flag {
        Some(flag) => format!("{flag} {}", shown(path)),
        None => shown(path),
    }
}
