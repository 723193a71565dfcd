//! Large products: both operands are packed into the order in which the tiles read them.
//!
//! Once operands exceed the caches, strided access dominates the time: rows a power of two apart evict each
//! other from L1, and each is on a separate page. Packing costs as much as a few rows of the product, and every
//! element is the same chain of multiply-adds as without it (Goto & van de Geijn 2008, *Anatomy of
//! high-performance matrix multiplication*).
#![allow(unsafe_code, reason = "the innermost loop works on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
use std::collections::VecDeque;
use std::ops::Range;

use super::Mat;
use super::block::{lanes, parts};
use super::lanes::Lanes;
use super::transpose::transpose;
use crate::buffer::with_scratch;
use crate::parallel::{for_each_chunk, rows_each, threads};
use crate::simd::{Path, prefetch_at};

/// Minimum number of rows and columns worth packing.
const LEAST: usize = 256;

/// Minimum number of summed indices worth packing.
const LEAST_DEPTH: usize = 128;

/// Elements of B that are packed at a time (KC × NC): they stay in the last-level cache.
const COPIED: usize = 1 << 20;

/// KC: a panel of B of this depth stays in L1 while rows of A pass.
const DEPTH: usize = 192;

/// MC: rows of A and C of one block, which stay in L2.
const ROWS: usize = 128;

/// Rows prefetched ahead of packing: each is on a separate page, where the hardware prefetcher stops.
const AHEAD: usize = 16;

/// True if packing pays for a product of these sizes.
pub(super) fn pays(m: usize, k: usize, n: usize) -> bool {
    m.min(n) >= LEAST && k >= LEAST_DEPTH
}

/// Elements of C to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    All,
    /// The lower triangle with the diagonal, and the rest of their tiles.
    Lower,
}

/// `C = A·B + beta·C`; rows of C over the threads of the current pool.
pub(super) fn product(path: Path, a: Mat<'_>, b: Mat<'_>, beta: f32, wanted: Wanted, c: &mut [f32]) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert!(path.is_available());
    let share = rows_each(m, threads());
    let rows = share.min(ROWS);
    for depth in parts(k, (COPIED / n).max(DEPTH)) {
        let (a, b) = (columns_of(a, depth.clone()), b.rows_from(depth.start, depth.len()));
        let fresh = depth.start == 0 && beta == 0.0;
        let width = n.next_multiple_of(lanes(path));
        with_scratch(b.rows * width, |panels| {
            copy_panels(path, b, panels);
            let panels = &*panels;
            let strips = c.chunks_mut(rows * n).enumerate().map(|(i, c)| {
                let reach = match wanted {
                    Wanted::All => n,
                    Wanted::Lower => i * rows + 1,
                };
                Strip { a: a.rows_from(i * rows, rows), panels, n, reach, fresh, c }
            });
            for_each_chunk(from_both_ends(strips.collect()), |strip| strip.compute(path));
        });
    }
}

/// First, last, second, second to last, and so on: in a lower triangle the first blocks have the least work and
/// the last the most, and neighboring items go to one thread.
fn from_both_ends<T>(mut items: VecDeque<T>) -> Vec<T> {
    let mut order = Vec::with_capacity(items.len());
    while let Some(first) = items.pop_front() {
        order.push(first);
        order.extend(items.pop_back());
    }
    order
}

/// MR and NR (in vectors): the sums fill the registers that B and one element of A leave.
const fn tile_size(path: Path) -> (usize, usize) {
    match path {
        Path::Avx512 => (8, 3),
        Path::Avx2 => (6, 2),
        Path::Portable => (6, 1),
    }
}

/// NR: columns of B in one panel, in whole vectors; the last may be padded.
fn panels(path: Path, columns: usize) -> impl Iterator<Item = Range<usize>> {
    let lanes = lanes(path);
    parts(columns.div_ceil(lanes), tile_size(path).1)
        .map(move |vectors| vectors.start * lanes..vectors.end * lanes)
}

/// Packs B into panels of NR columns, one after the other, each row-major.
fn copy_panels(path: Path, b: Mat<'_>, mut to: &mut [f32]) {
    let jobs = panels(path, b.columns).map(|columns| {
        let panel = to.split_off_mut(..columns.len() * b.rows).expect("room for all of B");
        (columns_of(b, columns.clone()), columns.len(), panel)
    });
    for_each_chunk(jobs.collect(), |(part, width, panel)| copy_filled(path, part, width, panel));
}

/// Strip of rows of C and its operands.
struct Strip<'a> {
    a: Mat<'a>,
    panels: &'a [f32],
    /// Number of columns of C and B.
    n: usize,
    /// Columns needed of the first row; each further row needs one more.
    reach: usize,
    fresh: bool,
    c: &'a mut [f32],
}

impl Strip<'_> {
    fn compute(self, path: Path) {
        let Strip { a, panels: of_b, n, reach, fresh, c } = self;
        let tile_rows = tile_size(path).0;
        for depth in parts(a.columns, DEPTH) {
            let part = columns_of(a, depth.clone());
            let fresh = fresh && depth.start == 0;
            with_scratch(a.rows.next_multiple_of(tile_rows) * depth.len(), |of_a| {
                for (i, to) in of_a.chunks_exact_mut(tile_rows * depth.len()).enumerate() {
                    copy_filled(path, part.rows_from(i * tile_rows, tile_rows).t(), tile_rows, to);
                }
                for columns in panels(path, n) {
                    let b = &of_b[columns.start * a.columns..columns.end * a.columns];
                    let b = &b[depth.start * columns.len()..depth.end * columns.len()];
                    for (i, a) in of_a.chunks_exact(tile_rows * depth.len()).enumerate() {
                        let first = i * tile_rows;
                        let rows = tile_rows.min(c.len() / n - first);
                        if columns.start >= first + rows - 1 + reach {
                            continue;
                        }
                        let tile = Tile {
                            a,
                            b,
                            fresh,
                            rows,
                            columns: columns.end.min(n) - columns.start,
                            c: &mut c[first * n + columns.start..],
                            c_row: n,
                        };
                        // SAFETY: the constructor of a strip checked that the instructions are available.
                        unsafe { tile.compute(path, columns.len() / lanes(path)) };
                    }
                }
            });
        }
    }
}

/// A range of columns, cut at the last one.
fn columns_of(mat: Mat<'_>, columns: Range<usize>) -> Mat<'_> {
    mat.t().rows_from(columns.start, columns.len()).t()
}

/// Copies a matrix row by row, each padded with zeros to `width` elements.
fn copy_filled(path: Path, from: Mat<'_>, width: usize, to: &mut [f32]) {
    if from.column_stride == 1 {
        for (i, to) in to.chunks_exact_mut(width).enumerate() {
            prefetch_at(from.data, (i + AHEAD) * from.row_stride, width);
            to[..from.columns].copy_from_slice(&from.data[i * from.row_stride..][..from.columns]);
            to[from.columns..].fill(0.0);
        }
    } else {
        if from.columns < width {
            to.fill(0.0);
        }
        // Blocks of 8: the widest have more rows than a tile.
        transpose(path.max(Path::Avx2), from.t(), to, width);
    }
}

/// Tile of C and its packed operands: for each summed index, MR elements of A and NR of B.
struct Tile<'a> {
    a: &'a [f32],
    b: &'a [f32],
    /// True if the tile of C starts from zero rather than from its content.
    fresh: bool,
    /// Rows of C inside the matrix, at most MR.
    rows: usize,
    /// Columns of C inside the matrix, at most NR.
    columns: usize,
    c: &'a mut [f32],
    c_row: usize,
}

impl Tile<'_> {
    /// # Safety
    /// The machine must support the instructions of `path`.
    unsafe fn compute(self, path: Path, vectors: usize) {
        let (most_rows, depth) = (tile_size(path).0, self.b.len() / (vectors * lanes(path)));
        assert!(self.a.len() == depth * most_rows);
        assert!(self.b.len() == depth * vectors * lanes(path));
        assert!(0 < self.rows && self.rows <= most_rows && self.columns <= vectors * lanes(path));
        assert!(self.columns > (vectors - 1) * lanes(path));
        assert!(self.c.len() >= (self.rows - 1) * self.c_row + self.columns);
        // SAFETY: the caller guarantees the instructions, and every access of the tile is inside the slices, as just
        // checked.
        unsafe {
            match (path, vectors) {
                #[cfg(target_arch = "x86_64")]
                (Path::Avx512, 1) => avx512::<1>(self),
                #[cfg(target_arch = "x86_64")]
                (Path::Avx512, 2) => avx512::<2>(self),
                #[cfg(target_arch = "x86_64")]
                (Path::Avx512, _) => avx512::<3>(self),
                #[cfg(target_arch = "x86_64")]
                (Path::Avx2, 1) => avx2::<1>(self),
                #[cfg(target_arch = "x86_64")]
                (Path::Avx2, _) => avx2::<2>(self),
                _ => self.accumulate::<[f32; 8], 6, 1>(),
            }
        }
    }

    /// Micro-kernel: one outer product of a column of A and a row of B per summed index, in registers.
    #[inline(always)]
    unsafe fn accumulate<V: Lanes, const R: usize, const VECTORS: usize>(self) {
        let Tile { a, b, fresh, rows, columns, c, c_row } = self;
        let count = |v: usize| if v + 1 == VECTORS { columns - v * V::N } else { V::N };
        let (b, c) = (b.as_ptr(), c.as_mut_ptr());
        unsafe {
            let mut sums = [[V::splat(0.0); VECTORS]; R];
            if !fresh {
                for (i, row) in sums.iter_mut().enumerate().take(rows) {
                    for (v, sum) in row.iter_mut().enumerate() {
                        *sum = V::load(c.add(i * c_row + v * V::N), count(v));
                    }
                }
            }
            for (p, a) in a.as_chunks::<R>().0.iter().enumerate() {
                let mut vectors = [V::splat(0.0); VECTORS];
                for (v, vector) in vectors.iter_mut().enumerate() {
                    *vector = V::load(b.add((p * VECTORS + v) * V::N), V::N);
                }
                for (row, &x) in sums.iter_mut().zip(a) {
                    let x = V::splat(x);
                    for (sum, &vector) in row.iter_mut().zip(&vectors) {
                        *sum = sum.add_product(x, vector);
                    }
                }
            }
            for (i, row) in sums.iter().enumerate().take(rows) {
                for (v, sum) in row.iter().enumerate() {
                    sum.store(c.add(i * c_row + v * V::N), count(v));
                }
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512<const VECTORS: usize>(tile: Tile<'_>) {
    unsafe { tile.accumulate::<__m512, 8, VECTORS>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const VECTORS: usize>(tile: Tile<'_>) {
    unsafe { tile.accumulate::<__m256, 6, VECTORS>() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matmul::Vectors;
    use crate::matmul::block;
    use crate::random::Stream;

    fn matrix(name: &str, len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(1, name).fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    /// Sizes on both sides of every block edge; the twin reads its operands in place.
    #[test]
    fn packing_changes_no_bit() {
        let sizes = [
            (1, 1, 1),
            (5, 3, 50),
            (7, 300, 17),
            (129, 257, 47),
            (260, 515, 65),
            (300, 256, 1100),
            (17, 4200, 257),
        ];
        for (m, k, n) in sizes {
            let (a, b, start) = (matrix("a", m * k), matrix("b", k * n), matrix("c", m * n));
            let b_t: Vec<f32> = (0..k * n).map(|i| b[i % k * n + i / k]).collect();
            let a_t: Vec<f32> = (0..m * k).map(|i| a[i % m * k + i / m]).collect();
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                for beta in [0.0, 1.0] {
                    let in_place = Mat::new(&b, k, n);
                    let mut expected = start.clone();
                    block::product(path, Mat::new(&a, m, k), Vectors::InPlace(in_place), beta, &mut expected);
                    for a in [Mat::new(&a, m, k), Mat::new(&a_t, k, m).t()] {
                        for b in [in_place, Mat::new(&b_t, n, k).t()] {
                            for threads in [1, 3] {
                                let mut c = start.clone();
                                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                                pool.expect("threads can be started")
                                    .install(|| product(path, a, b, beta, Wanted::All, &mut c));
                                assert!(c == expected, "{m}×{k}×{n}, {threads} threads, {}", path.name());
                            }
                        }
                    }
                }
            }
        }
    }
}
