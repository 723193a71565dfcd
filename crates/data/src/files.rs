//! Files that are never half there, and a lock between processes.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;
use crate::text::grouped;

/// The beginning of the names of files that are being written.
pub(crate) const UNFINISHED: &str = ".tmp-";

/// Writes a file so that it is there with all its bytes or not at all, even through a crash:
/// into a temporary file of the same folder, synced, renamed, the folder synced.
/// A file that was there before is replaced; the folder must exist.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let create = |source| Error::Create { path: path.into(), source };
    if path.is_dir() {
        return Err(create(io::ErrorKind::IsADirectory.into()));
    }
    let (temporary, file) = unfinished(folder).map_err(create)?;
    let written = write_and_rename(file, &temporary, path, bytes);
    if written.is_err() {
        // The error that matters is the one above; a leftover is swept by the next fetch.
        let _ = fs::remove_file(&temporary);
    }
    written.and_then(|()| sync_folder(folder)).map_err(|source| Error::Io {
        action: "write",
        path: path.into(),
        source,
    })
}

/// A new file in the folder under a name that nobody else uses.
fn unfinished(folder: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{UNFINISHED}{}-{count}", process::id()));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            result => return result.map(|file| (path, file)),
        }
    }
}

fn write_and_rename(mut file: File, from: &Path, to: &Path, bytes: &[u8]) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(from, to)
}

/// Makes the rename itself lasting. Only Unix can open a folder.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Reads a regular file of at most `max` bytes, plain or packed. A longer one, a folder or a
/// pipe is an error, and costs no memory.
pub(crate) fn read_at_most(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let failed = |source| Error::Io { action: "read", path: path.into(), source };
    let meta = fs::metadata(path).map_err(failed)?;
    if !meta.is_file() {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    // Packing can add a little to bytes that do not compress.
    let max = max.saturating_add(max / 1000).saturating_add(4096);
    refuse_longer(path, meta.len(), max)?;
    let mut bytes = Vec::with_capacity(meta.len() as usize);
    File::open(path).and_then(|f| f.take(max).read_to_end(&mut bytes)).map_err(failed)?;
    Ok(bytes)
}

/// An error if a file has more bytes than it may.
pub(crate) fn refuse_longer(path: &Path, found: u64, max: u64) -> Result<(), Error> {
    if found <= max {
        return Ok(());
    }
    Err(Error::Content {
        file: path.into(),
        expected: format!("at most {} bytes", grouped(max)),
        found: grouped(found),
    })
}

/// A lock that one process holds at a time. The system frees it when the process ends, however
/// it ends, so the lock file stays where it is and is never stale.
pub struct Lock {
    _held: File,
}

impl Lock {
    /// Takes the lock, after calling `waiting` once if somebody else holds it.
    pub fn acquire(path: &Path, waiting: &mut dyn FnMut()) -> Result<Lock, Error> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|source| Error::Create { path: path.into(), source })?;
        let locked = match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()
            }
            Err(TryLockError::Error(error)) => Err(error),
        };
        locked.map_err(|source| Error::Io { action: "lock", path: path.into(), source })?;
        Ok(Lock { _held: file })
    }
}
