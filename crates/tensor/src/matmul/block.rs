//! The product in blocks that fit the first cache, and in tiles that fit the registers.
#![allow(unsafe_code, reason = "the innermost loops work on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use super::lanes::Lanes;
use super::{Mat, Vectors};
use crate::simd::Path;

/// Rows of C in one tile.
pub(super) const ROWS: usize = 6;

/// Summed indices in one block: with 64 columns, 32 KB of B stay in the first cache while all
/// rows of A pass.
const DEPTH: usize = 128;

/// Columns of C in one tile, and so in one panel of B.
pub(super) fn panel(path: Path) -> usize {
    match path {
        Path::Avx512 => 4 * 16,
        Path::Avx2 => 2 * 8,
        Path::Portable => 8,
    }
}

/// `C = A·B + beta·C` on one thread; C is row-major without gaps, `beta` is 0 or 1.
pub(super) fn product(path: Path, a: Mat<'_>, b: Vectors<'_>, beta: f32, c: &mut [f32]) {
    let (m, k, n) = (a.rows, a.columns, b.columns());
    assert!(path.is_available() && c.len() == m * n && k == b.rows());
    if m == 0 || k == 0 || n == 0 {
        // An empty sum.
        if beta == 0.0 {
            c.fill(0.0);
        }
        return;
    }
    assert!((m - 1) * a.row_stride + (k - 1) * a.column_stride < a.data.len());
    match b {
        Vectors::InPlace(b) => assert!(b.column_stride == 1 && (k - 1) * b.row_stride + n <= b.data.len()),
        Vectors::Panels { data, .. } => assert!(data.len() >= k * n),
    }
    // SAFETY: the instructions are there and all elements lie inside the slices, as just checked.
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { avx512(a, b, beta, c) },
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2(a, b, beta, c) },
        _ => unsafe { blocks::<[f32; 8], 1>(a, b, beta, c) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512(a: Mat<'_>, b: Vectors<'_>, beta: f32, c: &mut [f32]) {
    unsafe { blocks::<__m512, 4>(a, b, beta, c) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(a: Mat<'_>, b: Vectors<'_>, beta: f32, c: &mut [f32]) {
    unsafe { blocks::<__m256, 2>(a, b, beta, c) }
}

/// Tiles of [`ROWS`] × `VECTORS` registers, ordered so that a block of B is used for all rows.
#[inline(always)]
unsafe fn blocks<V: Lanes, const VECTORS: usize>(a: Mat<'_>, b: Vectors<'_>, beta: f32, c: &mut [f32]) {
    let (m, k, n) = (a.rows, a.columns, b.columns());
    for p in (0..k).step_by(DEPTH) {
        for j in (0..n).step_by(VECTORS * V::N) {
            let columns = (n - j).min(VECTORS * V::N);
            let (strip, b_row) = match b {
                Vectors::InPlace(b) => (&b.data[p * b.row_stride + j..], b.row_stride),
                Vectors::Panels { data, .. } => (&data[j * k + p * columns..], columns),
            };
            for i in (0..m).step_by(ROWS) {
                // SAFETY: (i, p), (p, j) and (i, j) and the tile behind them are inside the matrices.
                unsafe {
                    let tile = Tile {
                        depth: (k - p).min(DEPTH),
                        fresh: p == 0 && beta == 0.0,
                        a: a.data.as_ptr().add(i * a.row_stride + p * a.column_stride),
                        a_row: a.row_stride,
                        a_column: a.column_stride,
                        b: strip.as_ptr(),
                        b_row,
                        c: c.as_mut_ptr().add(i * n + j),
                        c_row: n,
                        tail: columns - (columns - 1) / V::N * V::N,
                    };
                    match columns.div_ceil(V::N) {
                        1 => tile.rows::<V, 1>(m - i),
                        2 => tile.rows::<V, 2>(m - i),
                        3 => tile.rows::<V, 3>(m - i),
                        _ => tile.rows::<V, 4>(m - i),
                    }
                }
            }
        }
    }
}

/// A tile of C and the strips of A and B whose product is added to it.
struct Tile {
    depth: usize,
    /// Whether the tile of C starts from zero rather than from what it holds.
    fresh: bool,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    /// Numbers in the last vector of a row.
    tail: usize,
}

impl Tile {
    #[inline(always)]
    unsafe fn rows<V: Lanes, const VECTORS: usize>(&self, rows: usize) {
        unsafe {
            match rows {
                1 => self.accumulate::<V, 1, VECTORS>(),
                2 => self.accumulate::<V, 2, VECTORS>(),
                3 => self.accumulate::<V, 3, VECTORS>(),
                4 => self.accumulate::<V, 4, VECTORS>(),
                5 => self.accumulate::<V, 5, VECTORS>(),
                _ => self.accumulate::<V, ROWS, VECTORS>(),
            }
        }
    }

    /// For each summed index, one outer product of a column of A and a row of B, in registers.
    #[inline(always)]
    unsafe fn accumulate<V: Lanes, const R: usize, const VECTORS: usize>(&self) {
        let &Tile { depth, fresh, a, a_row, a_column, b, b_row, c, c_row, tail } = self;
        let count = |v: usize| if v + 1 == VECTORS { tail } else { V::N };
        unsafe {
            let mut sums = [[V::splat(0.0); VECTORS]; R];
            if !fresh {
                for (i, row) in sums.iter_mut().enumerate() {
                    for (v, sum) in row.iter_mut().enumerate() {
                        *sum = V::load(c.add(i * c_row + v * V::N), count(v));
                    }
                }
            }
            for p in 0..depth {
                let mut vectors = [V::splat(0.0); VECTORS];
                for (v, vector) in vectors.iter_mut().enumerate() {
                    *vector = V::load(b.add(p * b_row + v * V::N), count(v));
                }
                for (i, row) in sums.iter_mut().enumerate() {
                    let x = V::splat(*a.add(i * a_row + p * a_column));
                    for (sum, &vector) in row.iter_mut().zip(&vectors) {
                        *sum = sum.add_product(x, vector);
                    }
                }
            }
            for (i, row) in sums.iter().enumerate() {
                for (v, sum) in row.iter().enumerate() {
                    sum.store(c.add(i * c_row + v * V::N), count(v));
                }
            }
        }
    }
}
