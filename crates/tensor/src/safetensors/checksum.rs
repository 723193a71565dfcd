//! Checksum of every byte of a file, in its metadata.
//!
//! The first entry of the metadata is `"descent.sha256": "sha256:HEADER:DATA"`, two digests in
//! hexadecimal: of the length and the header with zeros in place of `HEADER`, and of the bytes after
//! the header. Two digests, so that a header can be checked before the data is read.

use sha2::{Digest, Sha256};

use super::error::Error;

/// The metadata entry that holds the checksum. Files without it are not checked.
pub const CHECKSUM: &str = "descent.sha256";

/// Start of a header that has a checksum, up to the first digit.
const START: &str = r#"{"__metadata__":{"descent.sha256":"sha256:"#;
/// Prefix that headers with other metadata share.
const METADATA_START: &str = r#"{"__metadata__":{""#;
const WORD: &str = "sha256:";
/// Hexadecimal digits of SHA-256.
const DIGITS: usize = 64;

/// Entry with zeros in place of the header's digest.
pub(super) fn blank(data: &[u8]) -> String {
    format!("{WORD}{}:{}", "0".repeat(DIGITS), hex(Sha256::digest(data).as_slice()))
}

/// Fills in the header's digest; `head` is the length and the header with a [`blank`] entry.
pub(super) fn fill(head: &mut [u8]) {
    let digest = hex(Sha256::digest(&*head).as_slice());
    let at = 8 + START.len();
    head[at..at + DIGITS].copy_from_slice(digest.as_bytes());
}

/// Checks a header against its digest, if it has one.
pub(super) fn check_head(head: &[u8]) -> Result<(), Error> {
    let header = head.get(8..).unwrap_or_default();
    let Some(rest) = header.strip_prefix(START.as_bytes()) else {
        return if resembles_start(header) { Err(misplaced()) } else { Ok(()) };
    };
    let Some((stored, after)) = rest.split_at_checked(DIGITS) else {
        return Err(Error::checksum("its checksum is truncated"));
    };
    let mut digest = Sha256::new();
    digest.update(&head[..8 + START.len()]);
    digest.update([b'0'; DIGITS]);
    digest.update(after);
    compare("header", stored, hex(digest.finalize().as_slice()).as_bytes())
}

/// Digest of the data, by the metadata of a header; `leads` is true if the header [begins](leads) with a checksum.
pub(super) fn of_data<'m>(
    metadata: impl Iterator<Item = (&'m str, &'m str)>,
    leads: bool,
) -> Result<Option<[u8; DIGITS]>, Error> {
    let mut found = None;
    for (key, value) in metadata {
        if key == CHECKSUM {
            found = Some(value);
        } else if digests(value).is_some() {
            // A checksum under another name or not at the start is damaged.
            return Err(Error::checksum(format!("its checksum is not named {CHECKSUM}")));
        }
    }
    let Some(value) = found else { return Ok(None) };
    let Some((_, data)) = digests(value).filter(|_| leads) else {
        return Err(misplaced());
    };
    Ok(data.as_bytes().try_into().ok())
}

/// Checks data against their digest.
pub(super) fn check_data(data: &[u8], stored: &[u8; DIGITS]) -> Result<(), Error> {
    compare("data", stored, hex(Sha256::digest(data).as_slice()).as_bytes())
}

/// True if a header begins with a checksum.
pub(super) fn leads(header: &[u8]) -> bool {
    header.starts_with(START.as_bytes())
}

/// True if most of a header's start equals that of one with a checksum, so that a damaged checksum name is not
/// mistaken for a file without one. The prefix shared with other files is not compared.
fn resembles_start(header: &[u8]) -> bool {
    let own = METADATA_START.len()..START.len();
    let Some(found) = header.get(own.clone()) else { return false };
    let same = found.iter().zip(&START.as_bytes()[own.clone()]).filter(|(a, b)| a == b).count();
    2 * same > own.len()
}

fn misplaced() -> Error {
    Error::checksum("its checksum is not where it was written")
}

/// Both digests of a checksum.
fn digests(value: &str) -> Option<(&str, &str)> {
    let (header, data) = value.strip_prefix(WORD)?.split_once(':')?;
    let is_digest = |text: &str| text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_digest(header) && is_digest(data)).then_some((header, data))
}

fn compare(what: &str, stored: &[u8], found: &[u8]) -> Result<(), Error> {
    if stored == found {
        return Ok(());
    }
    let start = |digits: &[u8]| digits[..16].escape_ascii().to_string();
    let (stored, found) = (start(stored), start(found));
    Err(Error::checksum(format!("SHA-256 of its {what}: expected {stored}…, found {found}…")))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
