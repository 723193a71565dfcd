//! Transposed copies.
#![allow(unsafe_code, reason = "vector instructions take pointers")]

use super::Mat;

/// Writes the transpose of `from`, row-major: `to[j·rows + i] = from(i, j)`.
pub(super) fn transpose(from: Mat<'_>, to: &mut [f32]) {
    let Mat { data, rows, columns, row_stride, column_stride } = from;
    assert_eq!(to.len(), rows * columns);
    let (whole_rows, whole_columns) = match column_stride {
        1 => (rows / 4 * 4, columns / 4 * 4),
        _ => (0, 0),
    };
    // A strip of 16 rows fills whole cache lines of `to` while they are at hand.
    for strip in (0..whole_rows).step_by(16) {
        for j in (0..whole_columns).step_by(4) {
            for i in (strip..whole_rows.min(strip + 16)).step_by(4) {
                transpose_4x4(&data[i * row_stride + j..], row_stride, &mut to[j * rows + i..], rows);
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

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn transpose_4x4(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    use std::arch::x86_64::*;
    assert!(from.len() >= 3 * from_stride + 4 && to.len() >= 3 * to_stride + 4);
    // SAFETY: the four rows lie inside both slices, as just checked; SSE is part of x86-64.
    unsafe {
        let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|i| _mm_loadu_ps(from.as_ptr().add(i * from_stride)));
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        for (i, row) in [a, b, c, d].into_iter().enumerate() {
            _mm_storeu_ps(to.as_mut_ptr().add(i * to_stride), row);
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn transpose_4x4(from: &[f32], from_stride: usize, to: &mut [f32], to_stride: usize) {
    for i in 0..4 {
        for j in 0..4 {
            to[j * to_stride + i] = from[i * from_stride + j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_lands_where_it_belongs() {
        for (rows, columns) in [(0, 3), (1, 1), (3, 5), (4, 4), (16, 8), (17, 9), (35, 30), (64, 784)] {
            let data: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let (mut once, mut twice) = (vec![-1.0; data.len()], vec![-1.0; data.len()]);
            transpose(Mat::new(&data, rows, columns), &mut once);
            for i in 0..rows {
                for j in 0..columns {
                    assert_eq!(once[j * rows + i], data[i * columns + j]);
                }
            }
            // A view that is transposed already: both copies are the same matrix.
            transpose(Mat::new(&data, rows, columns).t(), &mut twice);
            assert_eq!(twice, data);
        }
    }
}
