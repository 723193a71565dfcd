//! Products of a few rows with a transposed matrix: one dot product per element.
//!
//! With one example in a batch only the summed index can be vectorized, so each element is the sum of one
//! partial sum per lane.
#![allow(unsafe_code, reason = "the innermost loop works on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use super::Mat;
use super::lanes::Lanes;
use crate::parallel::{DIVIDED_FROM, for_each_chunk, rows_each, threads};
use crate::simd::Path;

/// Maximum number of rows of A for which this is faster than transposing A, which works on whole registers of
/// rows.
pub(super) const MOST_ROWS: usize = 4;

/// Rows of Bᵀ that are multiplied at once, each with two chains of sums: enough to hide the latency of a
/// multiply-add.
const ROWS: usize = 4;

/// `C = A·B + beta·C` for contiguous rows of A and columns of B; `beta` is 0 or 1.
pub(super) fn product(path: Path, a: Mat<'_>, b: Mat<'_>, beta: f32, c: &mut [f32]) {
    assert!(path.is_available() && a.column_stride == 1 && b.row_stride == 1 && a.columns == b.rows);
    let (k, n) = (a.columns, b.columns);
    let together = rows_each(n, if k * n < DIVIDED_FROM { 1 } else { threads() });
    for (i, c) in c.chunks_exact_mut(n).enumerate() {
        let x = &a.data[i * a.row_stride..][..k];
        let parts = c.chunks_mut(together).zip((0..).step_by(together)).collect();
        for_each_chunk(parts, |(c, start)| row(path, x, b.t().rows_from(start, together), beta, c));
    }
}

/// `c = beta·c + rows·x`.
fn row(path: Path, x: &[f32], rows: Mat<'_>, beta: f32, c: &mut [f32]) {
    for (j, c) in c.chunks_mut(ROWS).enumerate() {
        let rows: [&[f32]; ROWS] = std::array::from_fn(|r| {
            // A shorter chunk repeats its last row.
            &rows.data[(j * ROWS + r).min(rows.rows - 1) * rows.row_stride..][..x.len()]
        });
        // SAFETY: the instructions are available, and x and the rows have one length.
        let sums = unsafe {
            match path {
                #[cfg(target_arch = "x86_64")]
                Path::Avx512 => avx512(x, rows),
                #[cfg(target_arch = "x86_64")]
                Path::Avx2 => avx2(x, rows),
                _ => dots::<[f32; 8]>(x, rows),
            }
        };
        for (c, sum) in c.iter_mut().zip(sums) {
            *c = if beta == 0.0 { sum } else { *c + sum };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512(x: &[f32], rows: [&[f32]; ROWS]) -> [f32; ROWS] {
    unsafe { dots::<__m512>(x, rows) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(x: &[f32], rows: [&[f32]; ROWS]) -> [f32; ROWS] {
    unsafe { dots::<__m256>(x, rows) }
}

/// Dot products of `x` with each row, all of one length.
#[inline(always)]
unsafe fn dots<V: Lanes>(x: &[f32], rows: [&[f32]; ROWS]) -> [f32; ROWS] {
    unsafe {
        let mut sums = [[V::splat(0.0); 2]; ROWS];
        for start in (0..x.len()).step_by(2 * V::N) {
            for chain in 0..2 {
                let from = start + chain * V::N;
                let count = x.len().saturating_sub(from).min(V::N);
                let at = from.min(x.len());
                let v = V::load(x.as_ptr().add(at), count);
                for (sums, row) in sums.iter_mut().zip(rows) {
                    sums[chain] = sums[chain].add_product(v, V::load(row.as_ptr().add(at), count));
                }
            }
        }
        let mut totals = [0.0; ROWS];
        // A loop, since a closure given to `map` would stay a function without these instructions.
        for (total, [first, second]) in totals.iter_mut().zip(sums) {
            let mut numbers = [0.0; 16];
            first.add_product(second, V::splat(1.0)).store(numbers.as_mut_ptr(), V::N);
            // Pairwise, so that the order does not depend on the compiler.
            let mut width = 8;
            while width > 0 {
                for i in 0..width {
                    numbers[i] += numbers[i + width];
                }
                width /= 2;
            }
            *total = numbers[0];
        }
        totals
    }
}
