//! Bounded decompression of single-member gzip files.

use std::io::Read;
use std::path::Path;

use flate2::bufread::GzDecoder;

use crate::error::Error;
use crate::fault::GzipFault;

/// Unpacks a gzip file to at most `max` bytes; returns other bytes unchanged.
pub(crate) fn unpack(file: &Path, bytes: Vec<u8>, max: u64) -> Result<Vec<u8>, Error> {
    if is_packed(&bytes) {
        gunzip(&bytes, max).map_err(|fault| Error::Gzip { file: file.into(), fault })
    } else {
        Ok(bytes)
    }
}

/// True if the bytes begin like gzip. An IDX file begins with zeros, so one byte decides.
pub(crate) fn is_packed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x1f)
}

/// Unpacks exactly one gzip member of at most `max` bytes; trailing bytes are an error.
fn gunzip(bytes: &[u8], max: u64) -> Result<Vec<u8>, GzipFault> {
    let mut decoder = GzDecoder::new(bytes);
    let mut unpacked = Vec::new();
    let result = decoder.by_ref().take(max.saturating_add(1)).read_to_end(&mut unpacked);
    if unpacked.len() as u64 > max {
        return Err(GzipFault::TooLong { max });
    }
    if let Err(error) = result {
        return Err(match error.kind() {
            std::io::ErrorKind::UnexpectedEof => {
                GzipFault::Truncated { expected: max, got: bytes.len() as u64 }
            }
            _ => GzipFault::Corrupt { why: error.to_string() },
        });
    }
    // The decoder stops silently after the first member.
    match decoder.into_inner() {
        [] => Ok(unpacked),
        [0x1f, 0x8b, ..] => Err(GzipFault::SecondMember),
        rest => Err(GzipFault::Trailing { extra: rest.len() as u64 }),
    }
}
