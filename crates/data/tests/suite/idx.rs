//! The IDX format.

use data::{Idx, IdxData, IdxFault};
use proptest::prelude::*;

use crate::tiny;

#[test]
fn every_pair_of_type_and_rank_is_read_or_refused() {
    for code in 0..=255u8 {
        for rank in 0..=255u8 {
            // All dimensions 1: one element after the header.
            let mut bytes = vec![0, 0, code, rank];
            bytes.extend([0, 0, 0, 1].repeat(rank.into()));
            bytes.extend([1; 8]);
            let width = match code {
                0x08 | 0x09 => 1,
                0x0B => 2,
                0x0C | 0x0D => 4,
                0x0E => 8,
                _ => {
                    assert_eq!(Idx::read(bytes), Err(IdxFault::UnknownType { code }));
                    continue;
                }
            };
            bytes.truncate(4 + 4 * usize::from(rank) + width);
            let idx = Idx::read(bytes.clone()).unwrap();
            assert_eq!((idx.shape.len(), idx.data.len()), (rank.into(), 1));
            assert_eq!(idx.write().unwrap(), bytes);
        }
    }
}

#[test]
fn only_two_zero_bytes_begin_a_file() {
    for first in [0, 1, 0x1f, 0x3c, 0x80, 0xff] {
        for second in [0, 1, 8, 0x68, 0x8b, 0xff] {
            let mut bytes = tiny::plain()[1].clone();
            bytes[..2].copy_from_slice(&[first, second]);
            let read = Idx::read(bytes);
            if [first, second] == [0, 0] {
                assert!(read.is_ok());
            } else {
                assert_eq!(read, Err(IdxFault::BadMagic { found: [first, second] }));
            }
        }
    }
}

/// Headers may declare any size; only the file's length counts.
#[test]
fn wrong_sizes_are_refused_without_allocating() {
    let sizes = [0u32, 1, 28, 1 << 16, 1 << 31, u32::MAX];
    for code in [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E] {
        for a in sizes {
            for b in sizes {
                for c in sizes {
                    let mut bytes = vec![0, 0, code, 3];
                    bytes.extend([a, b, c].iter().flat_map(|size| size.to_be_bytes()));
                    bytes.extend([0; 28]);
                    let promised = u128::from(a) * u128::from(b) * u128::from(c);
                    match Idx::read(bytes) {
                        Ok(idx) => assert_eq!(idx.data.len() as u128, promised),
                        Err(IdxFault::Truncated { expected, got }) => {
                            assert_eq!(got, 44);
                            assert!(promised > 0 && expected > 44);
                        }
                        Err(IdxFault::Trailing { expected, got }) => {
                            assert!(expected < 44 && got == 44);
                        }
                        Err(IdxFault::TooLarge { .. }) => {
                            assert!(promised >= u128::from(u64::MAX / 8));
                        }
                        Err(other) => panic!("{a} × {b} × {c}: {other}"),
                    }
                }
            }
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_is_truncated() {
    let whole = tiny::plain()[0].clone();
    for got in 0..whole.len() {
        match Idx::read(whole[..got].to_vec()) {
            Err(IdxFault::Truncated { expected, got: told }) => {
                assert_eq!(told, got as u64);
                assert!(expected > told && expected <= whole.len() as u64);
            }
            other => panic!("cut after {got} bytes: {other:?}"),
        }
    }
}

#[test]
fn bytes_after_the_end_are_refused() {
    let whole = tiny::plain()[1].clone();
    for extra in 1..=64 {
        let mut bytes = whole.clone();
        bytes.extend(vec![0; extra]);
        let (expected, got) = (whole.len() as u64, bytes.len() as u64);
        assert_eq!(Idx::read(bytes), Err(IdxFault::Trailing { expected, got }));
    }
}

#[test]
fn an_array_that_idx_cannot_represent_is_refused() {
    let elements = |shape: Vec<usize>| Idx { shape, data: IdxData::U8(vec![7; 6]) };
    assert!(elements(vec![2, 3]).write().is_ok());
    for shape in [vec![2, 2], vec![], vec![0, 3], vec![usize::MAX, 2], vec![1; 256]] {
        let expected = IdxFault::BadShape { shape: shape.clone(), elements: 6 };
        assert_eq!(elements(shape).write(), Err(expected));
    }
}

#[test]
fn a_file_is_saved_and_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/array.idx");
    let idx = Idx { shape: vec![2, 2], data: IdxData::I16(vec![-1, 0, 1, i16::MAX]) };
    idx.save(&path).unwrap();
    assert_eq!(Idx::open(&path, 1 << 20).unwrap(), idx);
    let refused = Idx::open(&path, 19).unwrap_err();
    assert!(refused.to_string().contains("array.idx: expected at most 19 bytes, found 20"));
}

fn elements() -> impl Strategy<Value = IdxData> {
    let size = 0..200usize;
    prop_oneof![
        prop::collection::vec(any::<u8>(), size.clone()).prop_map(IdxData::U8),
        prop::collection::vec(any::<i8>(), size.clone()).prop_map(IdxData::I8),
        prop::collection::vec(any::<i16>(), size.clone()).prop_map(IdxData::I16),
        prop::collection::vec(any::<i32>(), size.clone()).prop_map(IdxData::I32),
        prop::collection::vec(any::<u32>().prop_map(f32::from_bits), size.clone()).prop_map(IdxData::F32),
        prop::collection::vec(any::<u64>().prop_map(f64::from_bits), size).prop_map(IdxData::F64),
    ]
}

proptest! {
    /// Compared as bytes, so that NaNs count with their payloads.
    #[test]
    fn what_is_written_is_read_back(data in elements(), ones in 0..4usize) {
        let mut shape = vec![1; ones];
        shape.push(data.len());
        let bytes = Idx { shape: shape.clone(), data }.write().unwrap();
        let again = Idx::read(bytes.clone()).unwrap();
        prop_assert_eq!(&again.shape, &shape);
        prop_assert_eq!(again.write().unwrap(), bytes);
    }

    #[test]
    fn noise_is_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Idx::read(bytes.clone());
        let mut headed = vec![0, 0, 0x08 + bytes.len() as u8 % 7, 2];
        headed.extend(bytes);
        let _ = Idx::read(headed);
    }
}
