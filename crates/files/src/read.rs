//! Bounded reads of regular files.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::Path;

use crate::error::Error;

/// Opens a regular file; returns it with its size in bytes. Devices, which can be endless, and pipes, which
/// can hang, are refused.
///
/// # Errors
/// If the file is missing, is not regular, or cannot be read.
pub fn open(path: &Path) -> Result<(File, u64), Error> {
    let failed = |source| Error::Io { action: "read", path: path.into(), flag: None, source };
    let regular = |found: &Metadata| match kind_of(found) {
        Some(found) => Err(Error::Irregular { path: path.into(), flag: None, found, written: false }),
        None => Ok(()),
    };
    regular(&fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let found = file.metadata().map_err(failed)?;
    regular(&found)?;
    Ok((file, found.len()))
}

/// Reads a regular file of at most `max` bytes. A longer one is an error that costs no memory.
///
/// # Errors
/// If the file is longer, is not regular, or cannot be read.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let (file, size) = open(path)?;
    if size > max {
        return Err(Error::TooLong { path: path.into(), found: size, max });
    }
    let mut bytes = Vec::new();
    // A growing file is read up to the limit.
    let fits = bytes.try_reserve_exact(size as usize).map_err(|_| std::io::ErrorKind::OutOfMemory.into());
    fits.and_then(|()| file.take(max).read_to_end(&mut bytes)).map_err(|source| Error::Io {
        action: "read",
        path: path.into(),
        flag: None,
        source,
    })?;
    Ok(bytes)
}

/// Name of a file type other than a regular file.
pub(crate) fn kind_of(found: &Metadata) -> Option<&'static str> {
    let kind = found.file_type();
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
    }
    Some("a device")
}
