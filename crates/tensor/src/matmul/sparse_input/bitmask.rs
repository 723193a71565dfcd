//! Bitmasks of the foreground, by rows and by columns.
#![allow(unsafe_code, reason = "entering a function compiled for instructions that were detected")]

use crate::simd::Path;

/// Bytes per mask word.
pub(super) const WORD: usize = u64::BITS as usize;

/// Bytes in a cache line.
pub(super) const LINE: usize = 64;

/// Computes the masks of at most 64 rows of a matrix: a word for each row of each 64 columns, `stride` words
/// apart, and a word for each column.
pub(super) fn find(
    path: Path,
    matrix: &[u8],
    background: u8,
    by_row: &mut [u64],
    stride: usize,
    by_column: &mut [u64],
) {
    assert!(path.is_available());
    match path {
        // SAFETY: the instructions are available.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { find_avx512(matrix, background, by_row, stride, by_column) },
        _ => tiles(matrix, by_row, stride, by_column, |row| differing(row, background)),
    }
}

/// Mask of at most 64 bytes, a bit set for each foreground byte, eight bytes at a time.
fn differing(row: &[u8], background: u8) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let mut bits = 0;
    for (i, bytes) in row.chunks(8).enumerate() {
        let mut eight = [background; 8];
        eight[..bytes.len()].copy_from_slice(bytes);
        let x = u64::from_le_bytes(eight) ^ u64::from_ne_bytes([background; 8]);
        // The highest bit of every byte that is not 0 (Warren, Hacker's Delight, 6-1) ...
        let highest = (((x & LOW) + LOW) | x) & !LOW;
        // ... gathered into one byte: byte k's bit is shifted by 7·(8 − k), so no two meet.
        bits |= ((highest >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * i);
    }
    bits
}

/// Computes the masks with a function that gives the mask of at most 64 bytes.
#[inline(always)]
fn tiles(
    matrix: &[u8],
    by_row: &mut [u64],
    stride: usize,
    by_column: &mut [u64],
    differing: impl Fn(&[u8]) -> u64,
) {
    // In memory order, for the hardware prefetcher.
    for (i, row) in matrix.chunks_exact(by_column.len()).enumerate() {
        for (tile, part) in row.chunks(WORD).enumerate() {
            by_row[tile * stride + i] = differing(part);
        }
    }
    let rows = matrix.len() / by_column.len();
    for (tile, by_column) in by_column.chunks_mut(WORD).enumerate() {
        let mut bits = [0; WORD];
        bits[..rows].copy_from_slice(&by_row[tile * stride..][..rows]);
        transpose_bits(&mut bits);
        by_column.copy_from_slice(&bits[..by_column.len()]);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn find_avx512(
    matrix: &[u8],
    background: u8,
    by_row: &mut [u64],
    stride: usize,
    by_column: &mut [u64],
) {
    use std::arch::x86_64::*;
    tiles(matrix, by_row, stride, by_column, |row| {
        let mask = u64::MAX >> (WORD - row.len());
        // SAFETY: the mask covers only valid bytes.
        let bytes = unsafe { _mm512_maskz_loadu_epi8(mask, row.as_ptr().cast()) };
        _mm512_mask_cmpneq_epi8_mask(mask, bytes, _mm512_set1_epi8(background.cast_signed()))
    });
}

/// Transposes 64 × 64 bits by swapping halves, quarters, … of the words (Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn transpose_bits(words: &mut [u64; WORD]) {
    let (mut width, mut low) = (32, u64::MAX >> 32);
    while width > 0 {
        for start in (0..WORD).step_by(2 * width) {
            for i in start..start + width {
                let swapped = (words[i] >> width ^ words[i + width]) & low;
                words[i] ^= swapped << width;
                words[i + width] ^= swapped;
            }
        }
        width /= 2;
        low ^= low << width;
    }
}
