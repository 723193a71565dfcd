//! Extraction of a set's four files from a `.tar.gz` archive, such as an npm package.

use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::error::Error;
use crate::event::Event;
use crate::sets::File;
use crate::store::Store;

/// Maximum size of an unpacked archive in bytes.
const MAX_BYTES: u64 = 1 << 30;

/// Stores the wanted files from any folder of the archive. Paths in the archive are never used for writing.
pub(crate) fn obtain(
    store: &Store,
    path: &Path,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let (file, _) = files::open(path)?;
    let unpacked = GzDecoder::new(BufReader::new(file)).take(MAX_BYTES);
    let not_an_archive = |error: io::Error| Error::Content {
        file: path.into(),
        expected: "a .tar.gz archive".into(),
        found: error.to_string(),
    };
    let mut missing = wanted.to_vec();
    let mut archive = tar::Archive::new(unpacked);
    // Raw entries: long names and sparse maps, which the files of a set do not have, are skipped rather than read
    // into memory.
    for entry in archive.entries().map_err(not_an_archive)?.raw(true) {
        let entry = entry.map_err(not_an_archive)?;
        let name = entry.path().map_err(not_an_archive)?.into_owned();
        let Some(index) = missing.iter().position(|file| is(file, &name)) else {
            continue;
        };
        let file = missing.remove(index);
        let mut bytes = Vec::new();
        // One byte more than expected, to detect a file that is too long.
        entry.take(file.bytes + 1).read_to_end(&mut bytes).map_err(not_an_archive)?;
        store.keep(file, &path.join(name), bytes, progress)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::Missing {
        set: store.set.name,
        folder: path.into(),
        missing: missing.iter().map(|file| file.name).collect(),
    })
}

/// True if a path in the archive is that of the file, plain or packed.
fn is(file: &File, path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    name.strip_suffix(".gz").unwrap_or(name) == file.name
}
