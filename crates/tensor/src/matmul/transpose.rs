//! Transposed copies.
#![allow(unsafe_code, reason = "vector instructions take pointers")]

use super::Mat;
use crate::simd::Path;

/// Rows in a strip: one cache line of each fits L1.
const STRIP: usize = 256;

/// Writes the transpose of `from`: `to[j·to_stride + i] = from(i, j)`; elements between the rows
/// are unchanged.
pub(super) fn transpose(path: Path, from: Mat<'_>, to: &mut [f32], to_stride: usize) {
    let Mat { data, rows, columns, row_stride, column_stride } = from;
    assert!(to_stride >= rows && to.len() + to_stride >= columns * to_stride + rows);
    assert!(path.is_available());
    let side = if column_stride == 1 { side(path) } else { 1 };
    let (whole_rows, whole_columns) = (rows / side * side, columns / side * side);
    if side > 1 && whole_rows > 0 && whole_columns > 0 {
        assert!((whole_rows - 1) * row_stride + whole_columns <= data.len());
        // Strip by strip, so that cache lines are reused.
        for strip in (0..whole_rows).step_by(STRIP) {
            for j in (0..whole_columns).step_by(side) {
                for i in (strip..whole_rows.min(strip + STRIP)).step_by(side) {
                    let (from, to) = (&raw const data[i * row_stride + j], &raw mut to[j * to_stride + i]);
                    // SAFETY: the instructions are available, and the block is inside both slices, as
                    // checked above.
                    unsafe { block(path, from, row_stride, to, to_stride) };
                }
            }
        }
    }
    for i in 0..rows {
        let rest = if side > 1 && i < whole_rows { whole_columns } else { 0 };
        for j in rest..columns {
            to[j * to_stride + i] = data[i * row_stride + j * column_stride];
        }
    }
}

/// Rows and columns of a block that is transposed in registers.
fn side(path: Path) -> usize {
    match path {
        Path::Avx512 => 16,
        Path::Avx2 => 8,
        Path::Portable => 1,
    }
}

/// Transposes one block.
///
/// # Safety
/// The machine must support the instructions, and the block must be valid at both pointers.
unsafe fn block(path: Path, from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { avx512_block(from, from_stride, to, to_stride) },
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2_block(from, from_stride, to, to_stride) },
        _ => unreachable!("blocks are for paths with vectors"),
    }
}

/// 16 × 16: quarters of rows r, r+4, r+8 and r+12 are loaded into one register; then each 4 × 4 is transposed in
/// place.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512_block(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    use std::arch::x86_64::*;
    unsafe {
        for column in (0..16).step_by(4) {
            let mut rows = [_mm512_setzero_ps(); 4];
            for (r, register) in rows.iter_mut().enumerate() {
                let from = from.add(r * from_stride + column);
                *register = _mm512_castps128_ps512(_mm_loadu_ps(from));
                *register = _mm512_insertf32x4::<1>(*register, _mm_loadu_ps(from.add(4 * from_stride)));
                *register = _mm512_insertf32x4::<2>(*register, _mm_loadu_ps(from.add(8 * from_stride)));
                *register = _mm512_insertf32x4::<3>(*register, _mm_loadu_ps(from.add(12 * from_stride)));
            }
            let [a, b, c, d] = rows;
            let (ab_low, ab_high) = (_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
            let (cd_low, cd_high) = (_mm512_unpacklo_ps(c, d), _mm512_unpackhi_ps(c, d));
            let to = to.add(column * to_stride);
            _mm512_storeu_ps(to, _mm512_shuffle_ps::<FIRST>(ab_low, cd_low));
            _mm512_storeu_ps(to.add(to_stride), _mm512_shuffle_ps::<SECOND>(ab_low, cd_low));
            _mm512_storeu_ps(to.add(2 * to_stride), _mm512_shuffle_ps::<FIRST>(ab_high, cd_high));
            _mm512_storeu_ps(to.add(3 * to_stride), _mm512_shuffle_ps::<SECOND>(ab_high, cd_high));
        }
    }
}

/// 8 × 8, in the same way with halves of rows.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2_block(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    use std::arch::x86_64::*;
    unsafe {
        for column in (0..8).step_by(4) {
            let mut rows = [_mm256_setzero_ps(); 4];
            for (r, register) in rows.iter_mut().enumerate() {
                let from = from.add(r * from_stride + column);
                *register = _mm256_castps128_ps256(_mm_loadu_ps(from));
                *register = _mm256_insertf128_ps::<1>(*register, _mm_loadu_ps(from.add(4 * from_stride)));
            }
            let [a, b, c, d] = rows;
            let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
            let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
            let to = to.add(column * to_stride);
            _mm256_storeu_ps(to, _mm256_shuffle_ps::<FIRST>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(to_stride), _mm256_shuffle_ps::<SECOND>(ab_low, cd_low));
            _mm256_storeu_ps(to.add(2 * to_stride), _mm256_shuffle_ps::<FIRST>(ab_high, cd_high));
            _mm256_storeu_ps(to.add(3 * to_stride), _mm256_shuffle_ps::<SECOND>(ab_high, cd_high));
        }
    }
}

/// The first pair of numbers of both operands, in each group of four.
#[cfg(target_arch = "x86_64")]
const FIRST: i32 = 0b01_00_01_00;
/// The second pair of both.
#[cfg(target_arch = "x86_64")]
const SECOND: i32 = 0b11_10_11_10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_is_transposed() {
        let sizes = [
            (0, 3),
            (1, 1),
            (3, 5),
            (8, 8),
            (16, 8),
            (8, 17),
            (17, 9),
            (16, 16),
            (35, 30),
            (300, 40),
            (64, 784),
        ];
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            for (rows, columns) in sizes {
                let data: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                let (mut once, mut twice) = (vec![-1.0; data.len()], vec![-1.0; data.len()]);
                transpose(path, Mat::new(&data, rows, columns), &mut once, rows);
                for i in 0..rows {
                    for j in 0..columns {
                        assert_eq!(once[j * rows + i], data[i * columns + j]);
                    }
                }
                // A transposed view: both copies are the same matrix.
                transpose(path, Mat::new(&data, rows, columns).t(), &mut twice, columns);
                assert_eq!(twice, data);
            }
        }
    }
}
