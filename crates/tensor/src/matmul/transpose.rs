//! Transposed copies.
#![allow(unsafe_code, reason = "vector instructions take pointers")]

use super::Mat;
use crate::simd::Path;

/// Rows in a strip: so many cache lines fit the first cache.
const STRIP: usize = 256;

/// Writes the transpose of `from`, row-major: `to[j·rows + i] = from(i, j)`.
pub(super) fn transpose(path: Path, from: Mat<'_>, to: &mut [f32]) {
    let Mat { data, rows, columns, row_stride, column_stride } = from;
    assert_eq!(to.len(), rows * columns);
    let blocks = column_stride == 1 && path != Path::Portable && path.is_available();
    let (whole_rows, whole_columns) = if blocks { (rows / 8 * 8, columns / 8 * 8) } else { (0, 0) };
    // A strip of rows is written in order, while each of its cache lines is read twice in a row.
    for strip in (0..whole_rows).step_by(STRIP) {
        for j in (0..whole_columns).step_by(8) {
            for i in (strip..whole_rows.min(strip + STRIP)).step_by(8) {
                block(&data[i * row_stride + j..], row_stride, &mut to[j * rows + i..], rows);
            }
        }
    }
    for i in 0..rows {
        let rest = if i < whole_rows { whole_columns } else { 0 };
        for j in rest..columns {
            to[j * rows + i] = data[i * row_stride + j * column_stride];
        }
    }
}

/// Transposes 8 × 8 numbers.
fn block(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    assert!(from.len() >= 7 * from_stride + 8 && to.len() >= 7 * to_stride + 8);
    // SAFETY: the eight rows lie inside both slices, as just checked; the paths that come here
    // have AVX.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        avx_block(from.as_ptr(), from_stride, to.as_mut_ptr(), to_stride);
    }
    #[cfg(not(target_arch = "x86_64"))]
    unreachable!("only x86-64 has paths beside the portable one");
}

/// In three rounds: pairs of numbers, pairs of pairs, halves.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn avx_block(from: *const f32, from_stride: usize, to: *mut f32, to_stride: usize) {
    use std::arch::x86_64::*;
    unsafe {
        let rows: [__m256; 8] = std::array::from_fn(|i| _mm256_loadu_ps(from.add(i * from_stride)));
        let pairs: [__m256; 8] = std::array::from_fn(|i| match i % 2 {
            0 => _mm256_unpacklo_ps(rows[i], rows[i + 1]),
            _ => _mm256_unpackhi_ps(rows[i - 1], rows[i]),
        });
        // 0 1 2 3 of one half and 4 5 6 7 of the other: column c of rows 4h..4h + 4, in both halves.
        let quads: [__m256; 8] = std::array::from_fn(|i| {
            let (half, column) = (i / 4 * 4, i % 4);
            let (low, high) = (pairs[half + column / 2], pairs[half + 2 + column / 2]);
            match column % 2 {
                0 => _mm256_shuffle_ps::<0b01_00_01_00>(low, high),
                _ => _mm256_shuffle_ps::<0b11_10_11_10>(low, high),
            }
        });
        for column in 0..4 {
            let (top, bottom) = (quads[column], quads[4 + column]);
            _mm256_storeu_ps(to.add(column * to_stride), _mm256_permute2f128_ps::<0x20>(top, bottom));
            _mm256_storeu_ps(to.add((column + 4) * to_stride), _mm256_permute2f128_ps::<0x31>(top, bottom));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_lands_where_it_belongs() {
        let sizes = [(0, 3), (1, 1), (3, 5), (8, 8), (16, 8), (8, 17), (17, 9), (35, 30), (64, 784)];
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            for (rows, columns) in sizes {
                let data: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
                let (mut once, mut twice) = (vec![-1.0; data.len()], vec![-1.0; data.len()]);
                transpose(path, Mat::new(&data, rows, columns), &mut once);
                for i in 0..rows {
                    for j in 0..columns {
                        assert_eq!(once[j * rows + i], data[i * columns + j]);
                    }
                }
                // A view that is transposed already: both copies are the same matrix.
                transpose(path, Mat::new(&data, rows, columns).t(), &mut twice);
                assert_eq!(twice, data);
            }
        }
    }
}
