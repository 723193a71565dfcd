//! Locks between processes.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::read::kind_of;

/// Lock that one process holds at a time. The system releases it when the process ends for any reason, so
/// the lock file may remain and is never stale.
#[derive(Debug)]
pub struct Lock {
    _held: File,
}

impl Lock {
    /// Takes the lock, after calling `waiting` once if another process holds it.
    ///
    /// # Errors
    /// If the file cannot be created or locked, or is not a regular file.
    pub fn acquire(path: &Path, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
        let file = open(path)?;
        if !try_lock(path, &file)? {
            waiting();
            file.lock().map_err(|source| refused(path, source))?;
        }
        Ok(Lock { _held: file })
    }

    /// Takes the lock unless somebody else holds it.
    ///
    /// # Errors
    /// As for [`Lock::acquire`].
    pub fn try_acquire(path: &Path) -> Result<Option<Lock>, Error> {
        let file = open(path)?;
        Ok(try_lock(path, &file)?.then_some(Lock { _held: file }))
    }
}

fn open(path: &Path) -> Result<File, Error> {
    // Opening a pipe would wait for its other end.
    if let Ok(found) = fs::metadata(path)
        && let Some(found) = kind_of(&found)
    {
        return Err(Error::Irregular { path: path.into(), flag: None, found, written: true });
    }
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.map_err(|source| Error::Create { path: path.into(), flag: None, source })
}

fn try_lock(path: &Path, file: &File) -> Result<bool, Error> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(source)) => Err(refused(path, source)),
    }
}

fn refused(path: &Path, source: io::Error) -> Error {
    Error::Io { action: "lock", path: path.into(), flag: None, source }
}
