//! Kinds of files by their first bytes, for messages about a file that was given in place of another.

use std::io::Read;
use std::path::Path;

/// Number of first bytes that [`sniff`] looks at.
pub const SNIFFED: usize = 512;

/// Kind of the files that `torch.save` writes.
pub const TORCH_SAVE: &str = "a file of torch.save";

/// Kind of stores of runs.
pub const SQLITE: &str = "an SQLite database, such as a store of runs";

/// Kind of models and checkpoints.
pub const SAFETENSORS: &str = "a safetensors file, such as a model or a checkpoint";

/// Files that begin with certain bytes, more specific ones first.
const STARTS: [(&[u8], &str); 25] = [
    (b"SQLite format 3\0", SQLITE),
    (b"\x93NUMPY", "an .npy array"),
    (b"\x80\x02\x8a\x0a\x6c\xfc\x9c", TORCH_SAVE),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"FEA1", "a Feather file"),
    (b"GGUF", "a GGUF model"),
    (b"%PDF", "a PDF"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself"),
    (b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "a file that begins with zero bytes"),
];

/// Kind of a file with an article, or `None` for an unknown one. `bytes` are its first [`SNIFFED`] bytes or more.
///
/// ```
/// assert_eq!(files::sniff(b"\x1f\x8b\x08"), Some("a gzip file"));
/// assert_eq!(files::sniff(b"a,b,c\n1,2,3\n"), None);
/// ```
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    if bytes.is_empty() {
        return Some("an empty file");
    }
    let known = STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|&(_, kind)| kind);
    known
        .or_else(|| zip(bytes))
        .or_else(|| safetensors(bytes))
        .or_else(|| pickle(bytes))
        .or_else(|| html(bytes))
}

/// Kind of the file at a path, or `None` if it is unknown or the file is not regular or cannot be read.
pub fn sniff_file(path: &Path) -> Option<&'static str> {
    let (file, _) = crate::open(path).ok()?;
    let mut start = Vec::with_capacity(SNIFFED);
    file.take(SNIFFED as u64).read_to_end(&mut start).ok()?;
    sniff(&start)
}

/// Zip archives by the name of their first member, which begins at byte 30 of its header.
fn zip(bytes: &[u8]) -> Option<&'static str> {
    if !bytes.starts_with(b"PK\x03\x04") {
        return None;
    }
    let length =
        bytes.get(26..28).map_or(0, |length| usize::from(u16::from_le_bytes([length[0], length[1]])));
    let name = bytes.get(30..).map(|rest| &rest[..length.min(rest.len())]).unwrap_or_default();
    Some(match name {
        name if name.ends_with(b"/data.pkl") => TORCH_SAVE,
        name if name.ends_with(b".npy") => "an .npz archive",
        name if name == b"[Content_Types].xml" => "an Office document, such as an Excel workbook",
        name if name == b"mimetype" => "an OpenDocument file",
        // Without a name, what users meet most.
        b"" => TORCH_SAVE,
        _ => "a zip archive",
    })
}

/// A length and JSON; longer headers than 100 MB are refused by all readers.
fn safetensors(bytes: &[u8]) -> Option<&'static str> {
    let length = u64::from_le_bytes(*bytes.first_chunk()?);
    let is_json = bytes.get(8) == Some(&b'{');
    (is_json && (2..=100_000_000).contains(&length)).then_some(SAFETENSORS)
}

/// Protocols 2 to 5, whose second operation is a frame or a common object.
fn pickle(bytes: &[u8]) -> Option<&'static str> {
    matches!(bytes, [0x80, 2..=5, 0x95 | b'}' | b']' | b'c' | b'(' | b'X', ..])
        .then_some("a pickle of Python")
}

fn html(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    let begins = |with: &[u8]| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    (begins(b"<!doctype html") || begins(b"<html")).then_some("a web page")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A zip archive whose first member has this name.
    fn archive(name: &str) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.resize(26, 0);
        bytes.extend([name.len() as u8, 0, 0, 0]);
        bytes.extend(name.as_bytes());
        bytes
    }

    #[test]
    fn archives_are_told_apart_by_their_first_member() {
        for (name, kind) in [
            ("archive/data.pkl", "a file of torch.save"),
            ("arr_0.npy", "an .npz archive"),
            ("[Content_Types].xml", "an Office document, such as an Excel workbook"),
            ("digits/0.png", "a zip archive"),
        ] {
            assert_eq!(sniff(&archive(name)), Some(kind), "{name}");
        }
    }

    #[test]
    fn text_and_prefixes_have_a_kind_or_none_and_never_panic() {
        assert_eq!(sniff(b"{\"schema\":2}\n"), None);
        assert_eq!(sniff(b"x,y\n1,2\n"), None);
        assert_eq!(sniff(b"\x12\0\0\0\0\0\0\0{\"a\":1}"), Some(SAFETENSORS));
        assert_eq!(sniff(b"\x80\x04\x95\x0a\0"), Some("a pickle of Python"));
        assert_eq!(sniff(b"\n<!DOCTYPE HTML><html>"), Some("a web page"));
        for (start, kind) in STARTS {
            assert_eq!(sniff(start), Some(kind));
            for length in 1..start.len() {
                let found = sniff(&start[..length]);
                assert!(found.is_none_or(|found| !found.is_empty()), "{start:?} cut to {length}: {found:?}");
            }
        }
        let whole = archive("archive/data.pkl");
        for length in 4..=whole.len() {
            assert!(sniff(&whole[..length]).is_some(), "an archive cut to {length} bytes");
        }
    }
}
