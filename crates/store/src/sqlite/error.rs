//! SQLite's errors in our words.

use std::io;
use std::path::Path;
use std::time::Duration;

use lab::store::Error;
use rusqlite::ErrorCode;

/// Time for which another process's write is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Constructors of errors of a store's file.
pub(crate) struct Failed;

impl Failed {
    /// Content that is not as it was written.
    pub(crate) fn damaged(path: &Path, why: impl Into<String>) -> Error {
        Error::Damaged { path: path.into(), why: why.into() }
    }

    /// An error of SQLite at a file.
    pub(crate) fn sqlite(path: &Path, error: &rusqlite::Error) -> Error {
        let io =
            |action, text: String| Error::Io { action, path: path.into(), source: io::Error::other(text) };
        let text = files::text::shorten(&error.to_string(), 300);
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Error::Busy { path: path.into(), seconds: PATIENCE.as_secs() }
            }
            Some(ErrorCode::NotADatabase) => {
                Error::NoStore { path: path.into(), found: crate::found_at(path) }
            }
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => io("open", text),
            Some(ErrorCode::DiskFull | ErrorCode::ReadOnly) => io("write", text),
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::OutOfMemory | ErrorCode::FileLockingProtocolFailed,
            ) => io("read or write", text),
            // What else fails in statements that are right in an undamaged store is damage.
            _ => Failed::damaged(path, text),
        }
    }
}

/// Names the file that a result is about.
pub(crate) trait At<T> {
    /// The value, or our error.
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for rusqlite::Result<T> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|error| Failed::sqlite(path, &error))
    }
}
