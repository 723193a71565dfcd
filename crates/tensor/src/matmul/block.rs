//! Matrix product in blocks that fit L1 and tiles that fit the registers.
#![allow(unsafe_code, reason = "the innermost loops work on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
use std::ops::Range;

use super::lanes::Lanes;
use super::{Mat, Vectors};
use crate::simd::Path;

/// Elements of B in one block, NR times KC: 36 KB stay in L1 while all rows of A pass.
const BLOCK: usize = 9 * 1024;

/// Elements in a register.
pub(super) const fn lanes(path: Path) -> usize {
    match path {
        Path::Avx512 => 16,
        Path::Avx2 | Path::Portable => 8,
    }
}

/// MR and NR (in vectors) for a product of this many vectors of columns: the sums fill the registers that B and
/// one element of A leave.
fn tile_size(path: Path, vectors: usize) -> (usize, usize) {
    match path {
        Path::Avx512 if vectors.is_multiple_of(4) => (6, 4),
        Path::Avx512 => (8, 3),
        Path::Avx2 => (6, 2),
        Path::Portable => (6, 1),
    }
}

/// NR: columns of B in one panel and one row of tiles.
pub(super) fn panels(path: Path, columns: usize) -> impl Iterator<Item = Range<usize>> {
    let lanes = lanes(path);
    let vectors = columns.div_ceil(lanes);
    parts(vectors, tile_size(path, vectors).1)
        .map(move |vectors| vectors.start * lanes..(vectors.end * lanes).min(columns))
}

/// Splits `0..total` into the fewest parts of at most `most`, of nearly equal length: a last part of one or two
/// would leave registers idle.
pub(super) fn parts(total: usize, most: usize) -> impl Iterator<Item = Range<usize>> {
    let count = total.div_ceil(most);
    let (length, longer) = (total / count.max(1), total % count.max(1));
    (0..count).map(move |i| {
        let start = i * length + i.min(longer);
        start..start + length + usize::from(i < longer)
    })
}

/// `C = A·B + beta·C` on one thread; C is row-major without gaps, `beta` is 0 or 1. Tile by tile,
/// ordered so that a block of B is used for all rows.
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
    let lanes = lanes(path);
    let (most_rows, most_vectors) = tile_size(path, n.div_ceil(lanes));
    for depth in parts(k, BLOCK / (most_vectors * lanes)) {
        let p = depth.start;
        for columns in panels(path, n) {
            let j = columns.start;
            let (strip, b_row) = match b {
                Vectors::InPlace(b) => (&b.data[p * b.row_stride + j..], b.row_stride),
                Vectors::Panels { data, .. } => (&data[j * k + p * columns.len()..], columns.len()),
            };
            let vectors = columns.len().div_ceil(lanes);
            for rows in parts(m, most_rows) {
                let i = rows.start;
                let tile = Tile {
                    depth: depth.len(),
                    fresh: p == 0 && beta == 0.0,
                    a: &raw const a.data[i * a.row_stride + p * a.column_stride],
                    a_row: a.row_stride,
                    a_column: a.column_stride,
                    b: strip.as_ptr(),
                    b_row,
                    c: &raw mut c[i * n + j],
                    c_row: n,
                    tail: columns.len() - (vectors - 1) * lanes,
                };
                let run = kernels(path)[rows.len() - 1][vectors - 1];
                // SAFETY: the instructions are available, and (i, p), (p, j), (i, j) and the tile
                // that starts there are inside the slices, as checked above.
                unsafe { run(&tile) };
            }
        }
    }
}

/// Tile of C and the slices of A and B whose product is added to it.
struct Tile {
    depth: usize,
    /// True if the tile of C starts from zero rather than from its content.
    fresh: bool,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    c: *mut f32,
    c_row: usize,
    /// Elements in the last vector of a row.
    tail: usize,
}

/// Functions that compute one tile, by rows and vectors minus one. Separate functions keep all registers for
/// the innermost loop.
type Kernels = [[unsafe fn(&Tile); 4]; 8];

fn kernels(path: Path) -> &'static Kernels {
    macro_rules! kernels {
        ($kernel:ident: $($rows:literal)*) => {
            const { &[$([$kernel::<$rows, 1>, $kernel::<$rows, 2>, $kernel::<$rows, 3>, $kernel::<$rows, 4>]),*] }
        };
    }
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => kernels!(avx512: 1 2 3 4 5 6 7 8),
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => kernels!(avx2: 1 2 3 4 5 6 7 8),
        _ => kernels!(portable: 1 2 3 4 5 6 7 8),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512<const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    unsafe { tile.accumulate::<__m512, ROWS, VECTORS>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    unsafe { tile.accumulate::<__m256, ROWS, VECTORS>() }
}

unsafe fn portable<const ROWS: usize, const VECTORS: usize>(tile: &Tile) {
    unsafe { tile.accumulate::<[f32; 8], ROWS, VECTORS>() }
}

impl Tile {
    /// Micro-kernel: one outer product of a column of A and a row of B per summed index, in registers.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_even_and_cover_everything() {
        for (total, most) in [(0, 3), (1, 3), (3, 3), (4, 3), (49, 3), (128, 6), (784, 192), (193, 192)] {
            let parts: Vec<_> = parts(total, most).collect();
            assert_eq!(parts.len(), total.div_ceil(most));
            let ends: Vec<usize> = parts.iter().map(|part| part.end).collect();
            let starts: Vec<usize> = parts.iter().map(|part| part.start).collect();
            assert!(starts.iter().zip([0].iter().chain(&ends)).all(|(start, end)| start == end));
            assert_eq!(ends.last().copied().unwrap_or(0), total);
            let (least, longest) = (parts.iter().map(|p| p.len()).min(), parts.iter().map(|p| p.len()).max());
            assert!(longest <= least.map(|least| least + 1) && longest <= Some(most));
        }
    }
}
