//! Packed files, whole and damaged.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use data::{Error, GzipFault, Idx, Kind};
use flate2::{Compression, write::GzEncoder};

use crate::tiny;

/// Opens bytes as a file of at most `max` bytes unpacked.
fn open(folder: &Path, bytes: &[u8], max: u64) -> Result<Idx, Error> {
    let path: PathBuf = folder.join("file.gz");
    fs::write(&path, bytes).unwrap();
    Idx::open(&path, max)
}

fn fault(folder: &Path, bytes: &[u8], max: u64) -> GzipFault {
    match open(folder, bytes, max) {
        Err(error @ Error::Gzip { .. }) => {
            assert_eq!(error.kind(), Kind::BadData);
            assert!(error.to_string().contains("file.gz"), "{error}");
            let Error::Gzip { fault, .. } = error else { unreachable!() };
            fault
        }
        other => panic!("{other:?}"),
    }
}

/// Labels like those of a real set.
fn labels() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
    bytes.extend((0..10_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 16) as u8 % 10));
    bytes
}

#[test]
fn a_packed_file_cut_at_any_byte_is_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let packed = tiny::pack(&labels());
    assert!(open(folder.path(), &packed, 10_008).is_ok());
    for got in 1..packed.len() {
        let expected = GzipFault::Truncated { expected: 10_008, got: got as u64 };
        assert_eq!(fault(folder.path(), &packed[..got], 10_008), expected);
    }
}

/// The checksum detects every flipped bit except those of the header's time, flags and system and the padding of
/// the last byte, which change nothing.
#[test]
fn a_flipped_bit_never_changes_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let packed = tiny::pack(&labels());
    let whole = open(folder.path(), &packed, 10_008).unwrap();
    let bits = 8 * packed.len();
    let (header, filling) = (24..80, bits - 72..bits - 64);
    // Every bit of the ends, every fifth between.
    for bit in (0..bits).filter(|&bit| bit < 800 || bit > bits - 800 || bit % 5 == 0) {
        let mut damaged = packed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match open(folder.path(), &damaged, 10_008) {
            Err(error) => assert_eq!(error.kind(), Kind::BadData, "bit {bit}: {error}"),
            Ok(idx) => {
                assert_eq!(idx, whole, "bit {bit}");
                assert!(header.contains(&bit) || filling.contains(&bit), "bit {bit} unseen");
            }
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let packed = tiny::pack(&labels());
    for extra in 1..=64 {
        let mut bytes = packed.clone();
        bytes.extend(vec![0; extra]);
        let expected = GzipFault::Trailing { extra: extra as u64 };
        assert_eq!(fault(folder.path(), &bytes, 10_008), expected);
    }
    let twice = [packed.clone(), packed.clone()].concat();
    assert_eq!(fault(folder.path(), &twice, 10_008), GzipFault::SecondMember);
    // A doubly packed file is not an IDX file.
    let nested = tiny::pack(&packed);
    let error = open(folder.path(), &nested, 10_008).unwrap_err();
    assert!(error.to_string().contains("two zero bytes"), "{error}");
}

#[test]
fn a_wrong_checksum_or_length_is_detected() {
    let folder = tempfile::tempdir().unwrap();
    let packed = tiny::pack(&labels());
    for from_end in 1..=8 {
        let mut bytes = packed.clone();
        let index = bytes.len() - from_end;
        bytes[index] ^= 0x10;
        assert!(matches!(fault(folder.path(), &bytes, 10_008), GzipFault::Corrupt { .. }));
    }
}

/// 64 MB of zeros in 64 kB: only the expected length is unpacked, so this is fast.
#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        packer.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert_eq!(fault(folder.path(), &bomb, 1 << 20), GzipFault::TooLong { max: 1 << 20 });
}
