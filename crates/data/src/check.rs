//! Whether bytes are what was published.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::idx::Idx;
use crate::sets::{self, SETS, Set};
use crate::text::grouped;

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hexadecimal, two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads one file of a set from its unpacked bytes, and refuses any that were not published.
/// `stamp` is the SHA-256 taken when the file was stored, for sets that publish none.
pub(crate) fn idx(
    set: &Set,
    expected: &sets::File,
    path: &Path,
    bytes: Vec<u8>,
    stamp: Option<&str>,
) -> Result<Idx, Error> {
    if bytes.trim_ascii_start().starts_with(b"<") {
        return Err(Error::WebPage { file: path.into() });
    }
    let found = sha256(&bytes);
    let idx = Idx::read(bytes).map_err(|fault| Error::Idx {
        file: path.into(),
        fault,
    })?;
    let items = idx.shape.first().copied().unwrap_or(0);
    if items != expected.items {
        return Err(Error::Content {
            file: path.into(),
            expected: format!("{} items", grouped(expected.items as u64)),
            found: grouped(items as u64),
        });
    }
    if let Some(other) = published_as(&found).filter(|other| other.name != set.name) {
        return Err(Error::Content {
            file: path.into(),
            expected: format!("a file of {}", set.title),
            found: format!("one of {}", other.title),
        });
    }
    match expected.sha256.or(stamp) {
        Some(sum) if sum != found => Err(Error::Checksum {
            file: path.into(),
            algorithm: "SHA-256",
            expected: sum.into(),
            found,
        }),
        _ => Ok(idx),
    }
}

/// The set that a file of this SHA-256 belongs to. All sets look alike from outside.
fn published_as(sha256: &str) -> Option<&'static Set> {
    SETS.iter()
        .find(|set| set.files.iter().any(|file| file.sha256 == Some(sha256)))
}
