//! A lock between processes.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::error::Error;
use crate::read::kind_of;

/// A lock that one process holds at a time. The system frees it when the process ends, however
/// it ends, so the lock file remains and is never stale.
#[derive(Debug)]
pub struct Lock {
    _held: File,
}

impl Lock {
    /// Takes the lock, after calling `waiting` once if somebody else holds it.
    ///
    /// # Errors
    /// If the file cannot be created or locked, or is no regular file.
    pub fn acquire(path: &Path, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
        // Opening a pipe would wait for its other end.
        if let Ok(found) = fs::metadata(path)
            && let Some(found) = kind_of(&found)
        {
            return Err(Error::Irregular { path: path.into(), flag: None, found, written: true });
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|source| Error::Create { path: path.into(), flag: None, source })?;
        let locked = match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
        };
        locked.map_err(|source| Error::Io { action: "lock", path: path.into(), flag: None, source })?;
        Ok(Lock { _held: file })
    }
}
