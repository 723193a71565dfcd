//! Bounded reads of the files of data sets.

use std::path::Path;

use crate::error::Error;
use crate::text::grouped;

/// Reads a regular file of at most `max` bytes, plain or packed. Anything else is an error that allocates
/// nothing.
pub(crate) fn read_at_most(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    // Compression can enlarge incompressible bytes a little.
    let max = max.saturating_add(max / 1000).saturating_add(4096);
    match files::read(path, max) {
        Err(files::Error::TooLong { found, max, .. }) => Err(too_long(path, found, max)),
        result => Ok(result?),
    }
}

/// Fails if a file exceeds `max` bytes.
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
