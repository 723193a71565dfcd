//! Checks of bytes against published checksums.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::idx::Idx;
use crate::labels;
use crate::sets::{File, Holds, SETS, Set};
use crate::text::grouped;

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal, two digits per byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads one file of a set from its unpacked bytes, and fails unless they are the published ones. `stamp` is the
/// SHA-256 recorded when the file was stored, for sets without a published one.
pub(crate) fn idx(
    set: &Set,
    expected: &File,
    path: &Path,
    bytes: Vec<u8>,
    stamp: Option<&str>,
) -> Result<Idx, Error> {
    if bytes.trim_ascii_start().starts_with(b"<") {
        return Err(Error::WebPage { file: path.into() });
    }
    let found = sha256(&bytes);
    let idx = Idx::read(bytes).map_err(|fault| Error::Idx { file: path.into(), fault })?;
    let promised = describe(expected.holds, expected.items);
    if idx.describe() != promised {
        let (file, found) = (path.into(), idx.describe());
        return Err(Error::Content { file, expected: promised, found });
    }
    if let Some(other) = published_as(&found).filter(|other| other.name != set.name) {
        return Err(Error::Content {
            file: path.into(),
            expected: format!("a file of {}", set.title),
            found: format!("one of {}", other.title),
        });
    }
    match expected.sha256.or(stamp) {
        Some(sum) if sum != found => {
            Err(Error::Checksum { file: path.into(), algorithm: "SHA-256", expected: sum.into(), found })
        }
        _ if expected.holds == Holds::Images => Ok(idx),
        _ => labels::read(path, &idx, set.classes).map(|_| idx),
    }
}

/// Expected size and element type of a file, in the words of [`Idx::describe`].
fn describe(holds: Holds, items: usize) -> String {
    let items = grouped(items as u64);
    match holds {
        Holds::Images => format!("{items} × 28 × 28 of u8"),
        Holds::Labels => format!("{items} of u8"),
        Holds::WideLabels => format!("{items} × 8 of i32"),
    }
}

/// Set with a file of this SHA-256. The files of all sets have the same names and sizes.
fn published_as(sha256: &str) -> Option<&'static Set> {
    SETS.iter().find(|set| set.files.iter().any(|file| file.sha256 == Some(sha256)))
}
