//! Atomic replacement of a file by a temporary one, and removal of the temporary files of killed processes.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Error;

/// Start of the names of temporary files: `.tmp-descent-PID-N`.
const PREFIX: &str = ".tmp-descent-";

/// Writes a file atomically, even through a crash: a temporary file in the same folder is synced and
/// renamed, then the folder is synced. An existing file is replaced and keeps its permissions; a symbolic
/// link is itself replaced. The folder must exist.
///
/// # Errors
/// If the file cannot be created ([`Kind::Create`](crate::Kind)) or written
/// ([`Kind::Io`](crate::Kind)); the old file is then unchanged.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let create = |source| Error::Create { path: path.into(), flag: None, source };
    let io = |source| Error::Io { action: "write", path: path.into(), flag: None, source };
    if path.is_dir() {
        return Err(create(ErrorKind::IsADirectory.into()));
    }
    let mut temporary = Temporary::create(folder_of(path)).map_err(create)?;
    if let Ok(old) = fs::symlink_metadata(path)
        && old.is_file()
    {
        temporary.file.set_permissions(old.permissions()).map_err(io)?;
    }
    temporary.file.write_all(bytes).and_then(|()| temporary.file.sync_all()).map_err(io)?;
    temporary.rename(path).and_then(|()| sync_folder(folder_of(path))).map_err(io)
}

/// Parent folder of a path; `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// New, locked file that is removed on drop unless it was renamed.
#[derive(Debug)]
pub(crate) struct Temporary {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl Temporary {
    /// Creates a file under an unused name. Its lock tells other processes that it is in use.
    pub(crate) fn create(folder: &Path) -> io::Result<Temporary> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{PREFIX}{}-{count}", process::id()));
            let file = match File::create_new(&path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                result => result?,
            };
            // A sweep may have come since the file was made: it holds the lock now and removes the file, or has done
            // so. Some file systems have no locks; there a sweep removes nothing.
            let is_swept = matches!(file.try_lock(), Err(TryLockError::WouldBlock));
            if !is_swept && is_at(&file, &path) {
                return Ok(Temporary { path, file, renamed: false });
            }
        }
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.renamed {
            // The error that matters was returned already; the next sweep tries again.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the temporary files that killed processes left in a folder: files named `.tmp-descent-PID-N`
/// whose lock is free, because a living writer holds its lock. Failure to remove one is ignored.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_str().is_some_and(is_temporary) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let path = entry.path();
            if let Ok(file) = File::options().write(true).open(&path)
                && file.try_lock().is_ok()
                && is_at(&file, &path)
            {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// True if the name has the form of our temporary files.
fn is_temporary(name: &str) -> bool {
    let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    numbers.is_some_and(|(process, count)| process.parse::<u32>().is_ok() && count.parse::<u64>().is_ok())
}

/// True if `path` itself names the open file, rather than a link to it.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), fs::symlink_metadata(path)) else { return false };
    same_file(&open, &named)
}

/// True if both metadata describe one file.
#[cfg(unix)]
pub(crate) fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// Without inode numbers, only the file types can be compared.
#[cfg(not(unix))]
pub(crate) fn same_file(a: &Metadata, b: &Metadata) -> bool {
    a.file_type() == b.file_type()
}

/// Syncs the folder, so that a rename survives a crash. Only Unix can open a folder, and not every file
/// system can sync one.
fn sync_folder(folder: &Path) -> io::Result<()> {
    let Ok(folder) = File::open(folder) else { return Ok(()) };
    match folder.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}
