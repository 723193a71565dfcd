//! Matrix products whose left operand is gathered from a slice by two tables of offsets.
//!
//! The patches of an image that a convolution multiplies by its kernel are such a matrix (implicit GEMM): the
//! pixels are in memory once, and the matrix of overlapping patches is never written.
//! As in [`matmul`](crate::matmul), elements of the left operand are broadcast against vectors of
//! the right one, and every element of the result is one chain of fused multiply-adds in the order
//! of the summed index.
#![allow(unsafe_code, reason = "the innermost loops work on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};

use crate::matmul::lanes::Lanes;
use crate::scalar::Scalar;
use crate::simd::{self, Path};

/// Matrix in a slice: element (i, k) is `data[rows[i] + columns[k]]`.
#[derive(Debug, Clone, Copy)]
pub struct IndirectMat<'a, T = f32> {
    /// Elements, in any order.
    pub data: &'a [T],
    /// An offset for each row.
    pub rows: &'a [usize],
    /// An offset for each column.
    pub columns: &'a [usize],
}

impl<'a, T> IndirectMat<'a, T> {
    /// Rows from `start`, at most `count` of them.
    fn rows_from(self, start: usize, count: usize) -> IndirectMat<'a, T> {
        let rows = &self.rows[start..];
        IndirectMat { rows: &rows[..count.min(rows.len())], ..self }
    }
}

/// Initial value of each row of a result.
#[derive(Debug, Clone, Copy)]
pub enum Start<'a, T = f32> {
    /// Zeros.
    Zeros,
    /// The result's present content.
    Kept,
    /// A row of `n` numbers, such as a bias.
    Row(&'a [T]),
}

/// `C = A·B + start` in `f32`, for B and C row-major with `n` columns.
///
/// ```
/// use tensor::indirect::{IndirectMat, Start, product};
/// // The sums of three neighbors: a convolution of 1 2 3 4 with 1 1 1.
/// let a = IndirectMat { data: &[1.0, 2.0, 3.0, 4.0], rows: &[0, 1], columns: &[0, 1, 2] };
/// let mut c = [0.0; 2];
/// product(a, &[1.0; 3], Start::Zeros, 1, &mut c);
/// assert_eq!(c, [6.0, 9.0]);
/// ```
///
/// # Panics
/// If the lengths do not fit, or an element is outside `data`.
#[track_caller]
pub fn product(a: IndirectMat<'_>, b: &[f32], start: Start<'_>, n: usize, c: &mut [f32]) {
    product_on(simd::path(), a, b, start, n, c);
}

/// [`product`] with the instructions of `path`.
///
/// # Panics
/// As [`product`], and if the machine does not have the instructions.
#[track_caller]
pub fn product_on(path: Path, a: IndirectMat<'_>, b: &[f32], start: Start<'_>, n: usize, c: &mut [f32]) {
    check(a, b, start, n, c);
    assert!(path.is_available(), "this machine has no {}", path.name());
    if a.columns.is_empty() {
        return begin(start, n, c);
    }
    // SAFETY: the instructions are available and all elements are inside the slices, as just checked.
    match path {
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { avx512(a, b, start, n, c) },
        #[cfg(target_arch = "x86_64")]
        Path::Avx2 => unsafe { avx2(a, b, start, n, c) },
        _ => unsafe { blocks::<[f32; 8], 1>(a, b, start, n, c) },
    }
}

/// Naive [`product`] in any precision: the twin that the kernel is tested against, and the one that gradient
/// checks run on.
///
/// # Panics
/// As [`product`].
#[track_caller]
pub fn product_naive<T: Scalar>(a: IndirectMat<'_, T>, b: &[T], start: Start<'_, T>, n: usize, c: &mut [T]) {
    check(a, b, start, n, c);
    begin(start, n, c);
    for (&row, c) in a.rows.iter().zip(c.chunks_exact_mut(n.max(1))) {
        for (&column, b) in a.columns.iter().zip(b.chunks_exact(n.max(1))) {
            let x = a.data[row + column];
            c.iter_mut().zip(b).for_each(|(c, &b)| *c = x.mul_add(b, *c));
        }
    }
}

#[track_caller]
fn check<T>(a: IndirectMat<'_, T>, b: &[T], start: Start<'_, T>, n: usize, c: &[T]) {
    let (m, k) = (a.rows.len(), a.columns.len());
    assert!(b.len() == k * n, "expected {k}×{n} numbers for a {m}×{k} left operand, found {}", b.len());
    assert!(
        c.len() == m * n,
        "expected room for {} numbers of {m}×{k} times {k}×{n}, found {}",
        m * n,
        c.len()
    );
    if let Start::Row(row) = start {
        assert!(row.len() == n, "expected a start row of {n} numbers, found {}", row.len());
    }
    let last = |offsets: &[usize]| offsets.iter().max().copied();
    if let (Some(row), Some(column)) = (last(a.rows), last(a.columns)) {
        let end = row.checked_add(column).expect("offsets inside a slice");
        assert!(end < a.data.len(), "element {end} is outside {} numbers", a.data.len());
    }
}

/// Writes the initial rows of C.
fn begin<T: Scalar>(start: Start<'_, T>, n: usize, c: &mut [T]) {
    match start {
        Start::Zeros => c.fill(T::zero()),
        Start::Kept => {}
        Start::Row(row) => c.chunks_exact_mut(n.max(1)).for_each(|c| c.copy_from_slice(row)),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
unsafe fn avx512(a: IndirectMat<'_>, b: &[f32], start: Start<'_>, n: usize, c: &mut [f32]) {
    unsafe { blocks::<__m512, 4>(a, b, start, n, c) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2(a: IndirectMat<'_>, b: &[f32], start: Start<'_>, n: usize, c: &mut [f32]) {
    unsafe { blocks::<__m256, 2>(a, b, start, n, c) }
}

/// KC, the summed indices of one block: with 64 columns, 32 KB of B stay in L1 while all rows of A pass.
const DEPTH: usize = 128;

/// MR, the rows of C in a tile that is this many vectors wide: with the vectors of B and one element of A they
/// fill the registers.
const fn rows_of(vectors: usize, lanes: usize) -> usize {
    if lanes == 16 && vectors < 4 { 8 } else { 6 }
}

/// Tiles of rows × `VECTORS` registers, ordered so that a block of B is used for all rows.
#[inline(always)]
unsafe fn blocks<V: Lanes, const VECTORS: usize>(
    a: IndirectMat<'_>,
    b: &[f32],
    start: Start<'_>,
    n: usize,
    c: &mut [f32],
) {
    let (m, k) = (a.rows.len(), a.columns.len());
    for p in (0..k).step_by(DEPTH) {
        for j in (0..n).step_by(VECTORS * V::N) {
            let columns = (n - j).min(VECTORS * V::N);
            let vectors = columns.div_ceil(V::N);
            // Tiles of nearly equal height: a single row could not hide the latency of its sums.
            let tiles = m.div_ceil(rows_of(vectors, V::N));
            let height = m.div_ceil(tiles.max(1)).max(1);
            for i in (0..m).step_by(height) {
                let rows = a.rows_from(i, height).rows;
                let tile = Tile {
                    columns: &a.columns[p..k.min(p + DEPTH)],
                    a: a.data.as_ptr(),
                    // SAFETY: (p, j), (i, j) and the tile that starts there are inside the matrices.
                    b: unsafe { b.as_ptr().add(p * n + j) },
                    c: unsafe { c.as_mut_ptr().add(i * n + j) },
                    n,
                    start: match start {
                        _ if p > 0 => Start::Kept,
                        Start::Row(row) => Start::Row(&row[j..]),
                        other => other,
                    },
                    tail: columns - (columns - 1) / V::N * V::N,
                };
                // SAFETY: as above, and the offsets were checked.
                unsafe {
                    match vectors {
                        1 => tile.rows::<V, 1>(rows),
                        2 => tile.rows::<V, 2>(rows),
                        3 => tile.rows::<V, 3>(rows),
                        _ => tile.rows::<V, 4>(rows),
                    }
                }
            }
        }
    }
}

/// Tile of C and the slices of A and B whose product is added to it.
struct Tile<'a> {
    columns: &'a [usize],
    a: *const f32,
    b: *const f32,
    c: *mut f32,
    /// Number of columns of B and C.
    n: usize,
    start: Start<'a>,
    /// Numbers in the last vector of a row.
    tail: usize,
}

impl Tile<'_> {
    #[inline(always)]
    unsafe fn rows<V: Lanes, const VECTORS: usize>(&self, rows: &[usize]) {
        unsafe {
            match rows.len() {
                1 => self.accumulate::<V, 1, VECTORS>(rows),
                2 => self.accumulate::<V, 2, VECTORS>(rows),
                3 => self.accumulate::<V, 3, VECTORS>(rows),
                4 => self.accumulate::<V, 4, VECTORS>(rows),
                5 => self.accumulate::<V, 5, VECTORS>(rows),
                6 => self.accumulate::<V, 6, VECTORS>(rows),
                7 => self.accumulate::<V, 7, VECTORS>(rows),
                _ => self.accumulate::<V, 8, VECTORS>(rows),
            }
        }
    }

    /// Micro-kernel: one outer product of a column of A and a row of B per summed index, in registers.
    #[inline(always)]
    unsafe fn accumulate<V: Lanes, const R: usize, const VECTORS: usize>(&self, rows: &[usize]) {
        let &Tile { columns, a, b, c, n, start, tail } = self;
        let count = |v: usize| if v + 1 == VECTORS { tail } else { V::N };
        unsafe {
            let rows: [*const f32; R] = std::array::from_fn(|i| a.add(rows[i]));
            let mut sums = [[V::splat(0.0); VECTORS]; R];
            for (i, row) in sums.iter_mut().enumerate() {
                for (v, sum) in row.iter_mut().enumerate() {
                    match start {
                        Start::Zeros => {}
                        Start::Kept => *sum = V::load(c.add(i * n + v * V::N), count(v)),
                        Start::Row(row) => *sum = V::load(row.as_ptr().add(v * V::N), count(v)),
                    }
                }
            }
            for (p, &column) in columns.iter().enumerate() {
                let mut vectors = [V::splat(0.0); VECTORS];
                for (v, vector) in vectors.iter_mut().enumerate() {
                    *vector = V::load(b.add(p * n + v * V::N), count(v));
                }
                for (i, row) in sums.iter_mut().enumerate() {
                    let x = V::splat(*rows[i].add(column));
                    for (sum, &vector) in row.iter_mut().zip(&vectors) {
                        *sum = sum.add_product(x, vector);
                    }
                }
            }
            for (i, row) in sums.iter().enumerate() {
                for (v, sum) in row.iter().enumerate() {
                    sum.store(c.add(i * n + v * V::N), count(v));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    const CANARY: f32 = 12345.0;

    fn numbers(seed: u64, name: &str, len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(seed, name).fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    /// Sizes on both sides of every tile's and block's edge.
    fn size() -> impl Strategy<Value = usize> {
        prop_oneof![
            0_usize..20,
            Just(31),
            Just(32),
            Just(33),
            Just(47),
            Just(63),
            Just(64),
            Just(65),
            120_usize..140
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn every_path_is_the_naive_product((m, k, n) in (size(), size(), size()), start in 0_usize..3, seed in 0_u64..1000) {
            let (data, b) = (numbers(seed, "a", 500), numbers(seed, "b", k * n));
            let mut stream = Stream::new(seed, "offsets");
            let mut offsets = |count: usize| (0..count).map(|_| stream.below(250) as usize).collect::<Vec<_>>();
            let (rows, columns) = (offsets(m), offsets(k));
            let a = IndirectMat { data: &data, rows: &rows, columns: &columns };
            let (row, before) = (numbers(seed, "row", n), numbers(seed, "c", m * n));
            let start = [Start::Zeros, Start::Kept, Start::Row(&row)][start];
            let mut naive = before.clone();
            product_naive(a, &b, start, n, &mut naive);
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                let mut c = [before.as_slice(), &[CANARY; 64]].concat();
                product_on(path, a, &b, start, n, &mut c[..m * n]);
                prop_assert!(c[m * n..].iter().all(|&x| x == CANARY), "{} wrote past the end", path.name());
                if path == Path::Portable {
                    let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6 * (k as f32 + 2.0);
                    prop_assert!(c.iter().zip(&naive).all(near), "{}", path.name());
                } else {
                    // One chain of fused multiply-adds in the same order: the same bits.
                    prop_assert_eq!(&c[..m * n], naive.as_slice());
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "element 4 is outside 4 numbers")]
    fn an_element_outside_is_refused() {
        let a = IndirectMat { data: &[0.0; 4], rows: &[0, 2], columns: &[1, 2] };
        product(a, &[0.0; 2], Start::Zeros, 1, &mut [0.0; 2]);
    }
}
