//! Files of data sets, read within the sizes that they can have.

use std::path::Path;

use crate::error::Error;
use crate::text::grouped;

/// Reads a regular file of at most `max` bytes, plain or packed. A longer one, a folder or a
/// pipe is an error, and costs no memory.
pub(crate) fn read_at_most(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    // Packing can add a little to bytes that do not compress.
    let max = max.saturating_add(max / 1000).saturating_add(4096);
    match files::read(path, max) {
        Err(files::Error::TooLong { found, max, .. }) => Err(too_long(path, found, max)),
        result => Ok(result?),
    }
}

/// An error if a file has more bytes than it may.
pub(crate) fn refuse_longer(path: &Path, found: u64, max: u64) -> Result<(), Error> {
    if found <= max { Ok(()) } else { Err(too_long(path, found, max)) }
}

fn too_long(path: &Path, found: u64, max: u64) -> Error {
    Error::Content {
        file: path.into(),
        expected: format!("at most {} bytes", grouped(max)),
        found: grouped(found),
    }
}
