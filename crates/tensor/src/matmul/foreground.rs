//! Products with a matrix most of whose numbers are one and the same, at the cost of the others.
//!
//! Four of five pixels of a written digit are background. With x₀ for the background and D = X − x₀,
//! which is zero there, X·B = D·B + x₀·(the sum of B's rows): the second term is one row for all, and
//! the first needs only the foreground. No one who multiplies needs to know: the result is that of the
//! full product, to rounding.
#![allow(unsafe_code, reason = "the innermost loops work on pointers whose extents are checked once")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m512};
use std::ops::Range;

use rayon::prelude::*;

use super::block::{lanes, parts};
use super::lanes::Lanes;
use super::transpose::transpose;
use super::{Mat, with_scratch};
use crate::real::Real;
use crate::simd::{self, Path};

/// Summed indices in a block: one bit of a word each.
const DEPTH: usize = u64::BITS as usize;

/// Vectors of a row of C that are kept in registers.
const MOST_VECTORS: usize = 8;

/// Products with less foreground than this many multiply-adds stay on one thread.
const PARALLEL_FROM: usize = 1 << 19;

/// Where a matrix differs from the number that most of it consists of.
///
/// ```
/// use tensor::matmul::Foreground;
/// let mut x = vec![-1.0_f32; 64 * 100];
/// x[205] = 3.0;
/// let foreground = Foreground::find(&x, 64, 100).expect("nearly all is background");
/// let (w, bias) = ([0.5; 2 * 100], [10.0, 20.0]);
/// let mut y = [0.0; 64 * 2];
/// foreground.linear(&x, &w, Some(&bias), &mut y);
/// assert_eq!(y[..6], [-40.0, -30.0, -40.0, -30.0, -38.0, -28.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Foreground<T = f32> {
    background: T,
    rows: usize,
    columns: usize,
    ones: usize,
    /// For each 64 columns, a word a row.
    by_row: Vec<u64>,
    /// For each 64 rows, a word a column.
    by_column: Vec<u64>,
}

impl<T: Real> Foreground<T> {
    /// The foreground of a row-major matrix, if so little of it is foreground that products over it
    /// are worth while.
    ///
    /// # Panics
    /// If the slice does not have `rows·columns` elements.
    #[track_caller]
    pub fn find(matrix: &[T], rows: usize, columns: usize) -> Option<Foreground<T>> {
        Foreground::find_on(simd::path(), matrix, rows, columns)
    }

    fn find_on(path: Path, matrix: &[T], rows: usize, columns: usize) -> Option<Foreground<T>> {
        assert_eq!(matrix.len(), rows * columns, "a {rows}×{columns} matrix needs as many elements");
        if rows < DEPTH / 4 || columns == 0 {
            return None;
        }
        let background = majority(&matrix[..columns.min(256)]);
        let mut found = Foreground {
            background,
            rows,
            columns,
            ones: 0,
            by_row: vec![0; rows * columns.div_ceil(DEPTH)],
            by_column: vec![0; columns * rows.div_ceil(DEPTH)],
        };
        for start in (0..rows).step_by(DEPTH) {
            T::find_in_rows(path, &mut found, matrix, start..rows.min(start + DEPTH));
            if !found.is_worth_while() {
                return None;
            }
        }
        Some(found)
    }

    /// Looks through at most 64 rows of the matrix, from a multiple of 64 on; `differing` gives a bit for
    /// each of at most 64 numbers.
    #[inline(always)]
    pub(crate) fn find_in_rows(
        &mut self,
        matrix: &[T],
        here: Range<usize>,
        differing: impl Fn(&[T], T) -> u64,
    ) {
        let &mut Foreground { background, rows, columns, .. } = self;
        let by_column = &mut self.by_column[here.start / DEPTH * columns..][..columns];
        for (word, by_column) in by_column.chunks_mut(DEPTH).enumerate() {
            let mut bits = [0; DEPTH];
            for (bits, i) in bits.iter_mut().zip(here.clone()) {
                *bits = differing(&matrix[i * columns + word * DEPTH..][..by_column.len()], background);
                self.ones += bits.count_ones() as usize;
            }
            self.by_row[word * rows..][here.clone()].copy_from_slice(&bits[..here.len()]);
            transpose_bits(&mut bits);
            by_column.copy_from_slice(&bits[..by_column.len()]);
        }
    }

    /// Measured: a multiply-add costs nearly twice as much here as in a full product, and to transpose
    /// the weights as much as a batch of eight.
    fn is_worth_while(&self) -> bool {
        2 * self.ones + 8 * self.columns < self.rows * self.columns
    }

    /// A dense layer, `Y = X·Wᵀ + b`: W has a row for each column of Y.
    ///
    /// # Panics
    /// If `x` is not the matrix this is of, or the lengths do not fit.
    #[track_caller]
    pub fn linear(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        let &Foreground { rows, columns, .. } = self;
        let outputs = w.len() / columns;
        assert!(x.len() == rows * columns, "a matrix of {rows}×{columns}, not {} numbers", x.len());
        assert!(w.len() == outputs * columns, "{} weights for {columns} inputs", w.len());
        assert!(y.len() == rows * outputs, "{rows}×{outputs} results, not {}", y.len());
        assert!(bias.is_none_or(|bias| bias.len() == outputs), "a bias for each of {outputs} outputs");
        T::foreground_linear(self, x, w, bias, y);
    }

    /// The gradient of the weights, `dW = dYᵀ·X + beta·dW`; `beta` is 0 or 1.
    ///
    /// # Panics
    /// If `x` is not the matrix this is of, or the lengths do not fit.
    #[track_caller]
    pub fn linear_gradient(&self, x: &[T], dy: &[T], beta: T, dw: &mut [T]) {
        let &Foreground { rows, columns, .. } = self;
        let outputs = dw.len() / columns;
        assert!(x.len() == rows * columns, "a matrix of {rows}×{columns}, not {} numbers", x.len());
        assert!(dw.len() == outputs * columns, "{} gradients for {columns} inputs", dw.len());
        assert!(dy.len() == rows * outputs, "{rows}×{outputs} gradients, not {}", dy.len());
        T::foreground_gradient(self, x, dy, beta, dw);
    }

    /// [`Foreground::linear`] as the formula says it.
    pub(crate) fn linear_naive(&self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        let outputs = w.len() / self.columns;
        for (y, x) in y.chunks_exact_mut(outputs.max(1)).zip(x.chunks_exact(self.columns)) {
            for (o, (y, w)) in y.iter_mut().zip(w.chunks_exact(self.columns)).enumerate() {
                let background = self.background * w.iter().copied().sum::<T>();
                let terms = x.iter().zip(w).map(|(&x, &w)| (x - self.background) * w);
                *y = bias.map_or(T::zero(), |bias| bias[o]) + background + terms.sum::<T>();
            }
        }
    }

    /// [`Foreground::linear_gradient`] as the formula says it.
    pub(crate) fn gradient_naive(&self, x: &[T], dy: &[T], beta: T, dw: &mut [T]) {
        let outputs = dw.len() / self.columns;
        for (o, dw) in dw.chunks_exact_mut(self.columns).enumerate() {
            let dy = || dy.iter().skip(o).step_by(outputs).copied();
            let background = self.background * dy().sum::<T>();
            for (j, dw) in dw.iter_mut().enumerate() {
                let column = x.iter().skip(j).step_by(self.columns);
                let sum: T = column.zip(dy()).map(|(&x, dy)| (x - self.background) * dy).sum();
                *dw = sum + background + if beta == T::zero() { beta } else { *dw };
            }
        }
    }
}

impl Foreground {
    /// The layer on one path.
    pub(crate) fn linear_on(&self, path: Path, x: &[f32], w: &[f32], bias: Option<&[f32]>, y: &mut [f32]) {
        let outputs = w.len() / self.columns;
        let weights = Mat::new(w, outputs, self.columns);
        let work = |(start, y): (usize, &mut [f32])| {
            let a = Sparse {
                data: &x[start * self.columns..],
                row_stride: self.columns,
                column_stride: 1,
                bits: &self.by_row,
                bits_stride: self.rows,
                first: start,
                depth: self.columns,
                background: self.background,
            };
            a.product(path, Rows::Transposed(weights), bias, outputs, y);
        };
        self.over_threads(self.rows, outputs, y, work);
    }

    /// The gradient on one path: as its transpose, dWᵀ = Xᵀ·dY, which is then turned round.
    pub(crate) fn gradient_on(&self, path: Path, x: &[f32], dy: &[f32], beta: f32, dw: &mut [f32]) {
        let outputs = dw.len() / self.columns;
        if outputs == 0 {
            return;
        }
        with_scratch(dw.len(), |dw_t| {
            let work = |(start, dw_t): (usize, &mut [f32])| {
                let a = Sparse {
                    data: &x[start..],
                    row_stride: 1,
                    column_stride: self.columns,
                    bits: &self.by_column,
                    bits_stride: self.columns,
                    first: start,
                    depth: self.rows,
                    background: self.background,
                };
                a.product(path, Rows::InPlace(dy), None, outputs, dw_t);
            };
            self.over_threads(self.columns, outputs, dw_t, work);
            let turned = Mat::new(dw_t, self.columns, outputs);
            if beta == 0.0 {
                transpose(path, turned, dw, self.columns);
            } else {
                for (o, dw) in dw.chunks_exact_mut(self.columns).enumerate() {
                    dw.iter_mut().zip(dw_t[o..].iter().step_by(outputs)).for_each(|(dw, t)| *dw += t);
                }
            }
        });
    }

    /// Calls `work` with parts of `c`, whole rows of it, and the number of their first.
    fn over_threads(
        &self,
        rows: usize,
        columns: usize,
        c: &mut [f32],
        work: impl Fn((usize, &mut [f32])) + Sync + Send,
    ) {
        let is_small = self.ones * columns < PARALLEL_FROM;
        let threads = if is_small { 1 } else { rayon::current_num_threads() };
        let rows = rows.div_ceil(threads);
        let part = (rows * columns).max(1);
        if threads == 1 {
            work((0, c));
        } else {
            c.par_chunks_mut(part).enumerate().for_each(|(i, c)| work((i * rows, c)));
        }
    }
}

/// Rows of a matrix whose foreground is known, times another.
struct Sparse<'a> {
    /// Element (i, p) is `data[i·row_stride + p·column_stride]`.
    data: &'a [f32],
    row_stride: usize,
    column_stride: usize,
    /// For each 64 columns, `bits_stride` words, of which those from `first` on are for our rows.
    bits: &'a [u64],
    bits_stride: usize,
    first: usize,
    /// Columns.
    depth: usize,
    background: f32,
}

/// The rows of the other matrix.
#[derive(Clone, Copy)]
enum Rows<'a> {
    InPlace(&'a [f32]),
    /// As the columns of this one.
    Transposed(Mat<'a>),
}

impl Sparse<'_> {
    /// `C = A·B`, and `start` in every row; C has rows of n.
    fn product(&self, path: Path, b: Rows<'_>, start: Option<&[f32]>, n: usize, c: &mut [f32]) {
        let lanes = lanes(path);
        assert!(path.is_available());
        with_scratch(DEPTH * MOST_VECTORS * lanes, |block| {
            for panel in parts(n.div_ceil(lanes), MOST_VECTORS) {
                let (vectors, columns) = (panel.len(), panel.start * lanes..n.min(panel.end * lanes));
                let width = vectors * lanes;
                let mut background_row = [0.0; MOST_VECTORS * 16];
                if let Some(start) = start {
                    background_row[..columns.len()].copy_from_slice(&start[columns.clone()]);
                }
                for (word, p) in (0..self.depth).step_by(DEPTH).enumerate() {
                    let depth = DEPTH.min(self.depth - p);
                    match b {
                        Rows::InPlace(b) => {
                            for (to, from) in
                                block.chunks_exact_mut(width).zip(b[p * n..].chunks_exact(n)).take(depth)
                            {
                                to[..columns.len()].copy_from_slice(&from[columns.clone()]);
                            }
                        }
                        Rows::Transposed(b) => {
                            let part = Mat { columns: depth, data: &b.data[p..], ..b };
                            let part = part.rows_from(columns.start, columns.len());
                            transpose(path, part, &mut block[..depth * width], width);
                        }
                    }
                    let strip = Strip {
                        bits: &self.bits[word * self.bits_stride + self.first..][..c.len() / n],
                        a: &raw const self.data[p * self.column_stride],
                        a_row: self.row_stride,
                        a_column: self.column_stride,
                        background: &[self.background; 16],
                        depth,
                        b: block.as_ptr(),
                        is_first: p == 0,
                        is_last: p + DEPTH >= self.depth,
                        background_row: &mut background_row,
                        c: &raw mut c[columns.start],
                        c_row: n,
                        tail: columns.len() - (vectors - 1) * lanes,
                    };
                    let run = kernels(path)[vectors - 1];
                    // SAFETY: the instructions are there. A set bit stands for an element of the matrix,
                    // whose extents were checked with the bits'; the block has `depth` rows of so many
                    // vectors; and C has rows of n for each word.
                    unsafe { run(strip) };
                }
            }
        });
    }
}

/// Some vectors of all rows of C, to which the products of 64 summed indices are added.
struct Strip<'a> {
    /// A word for each row.
    bits: &'a [u64],
    a: *const f32,
    a_row: usize,
    a_column: usize,
    /// In every lane, so that the kernel subtracts it from a number that it reads for all lanes: the
    /// compiler would subtract two numbers, and that the result then has to be spread costs more.
    background: &'a [f32; 16],
    depth: usize,
    /// Rows of whole vectors, one after the other.
    b: *const f32,
    is_first: bool,
    is_last: bool,
    /// What every row of C has beside the foreground: added to by each strip, and by the last to C.
    background_row: &'a mut [f32; MOST_VECTORS * 16],
    c: *mut f32,
    c_row: usize,
    /// Numbers in the last vector of a row.
    tail: usize,
}

/// By the number of vectors less one.
type Kernels = [unsafe fn(Strip<'_>); MOST_VECTORS];

fn kernels(path: Path) -> &'static Kernels {
    macro_rules! kernels {
        ($kernel:ident: $($vectors:literal)*) => { const { &[$($kernel::<$vectors>),*] } };
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
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,bmi1,bmi2")]
unsafe fn avx512<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<__m512, VECTORS>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn avx2<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<__m256, VECTORS>() }
}

unsafe fn portable<const VECTORS: usize>(strip: Strip<'_>) {
    unsafe { strip.add::<[f32; 8], VECTORS>() }
}

impl Strip<'_> {
    #[inline(always)]
    unsafe fn add<V: Lanes, const VECTORS: usize>(self) {
        let Strip { bits, a, a_row, a_column, depth, b, is_first, is_last, c, c_row, tail, .. } = self;
        let count = |v: usize| if v + 1 == VECTORS { tail } else { V::N };
        unsafe {
            let background = V::load(self.background.as_ptr(), V::N);
            let mut sums = [V::splat(0.0); VECTORS];
            for p in 0..depth {
                for (v, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.plus(V::load(b.add((p * VECTORS + v) * V::N), V::N));
                }
            }
            let row = self.background_row.as_mut_ptr();
            for (v, sum) in sums.iter().enumerate() {
                let row = row.add(v * V::N);
                V::load(row, V::N).add_product(*sum, background).store(row, V::N);
            }
            for (i, &word) in bits.iter().enumerate() {
                if word == 0 && !is_first && !is_last {
                    continue;
                }
                let c = c.add(i * c_row);
                let mut sums = [V::splat(0.0); VECTORS];
                if !is_first {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = V::load(c.add(v * V::N), count(v));
                    }
                }
                let a = a.add(i * a_row);
                let mut rest = word;
                while rest != 0 {
                    let p = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    let x = V::splat(*a.add(p * a_column)).minus(background);
                    let b = b.add(p * VECTORS * V::N);
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.add_product(x, V::load(b.add(v * V::N), V::N));
                    }
                }
                if is_last {
                    for (v, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.plus(V::load(row.add(v * V::N), V::N));
                    }
                }
                for (v, sum) in sums.iter().enumerate() {
                    sum.store(c.add(v * V::N), count(v));
                }
            }
        }
    }
}

/// The number that more than half of the slice are, if any is: the vote of Boyer and Moore 1981.
fn majority<T: Real>(numbers: &[T]) -> T {
    let (mut candidate, mut votes) = (T::zero(), 0_u32);
    for &x in numbers {
        if votes == 0 {
            candidate = x;
        }
        votes = if x == candidate { votes + 1 } else { votes.saturating_sub(1) };
    }
    candidate
}

/// A bit for each number, at most 64, that is not the background.
#[inline(always)]
pub(crate) fn differing<T: Real>(numbers: &[T], background: T) -> u64 {
    numbers.iter().enumerate().fold(0, |bits, (i, &x)| bits | u64::from(x != background) << i)
}

/// [`Foreground::find_in_rows`] on one path.
pub(crate) fn find_in_rows(path: Path, found: &mut Foreground, matrix: &[f32], here: Range<usize>) {
    assert!(path.is_available());
    match path {
        // SAFETY: the instructions are there.
        #[cfg(target_arch = "x86_64")]
        Path::Avx512 => unsafe { find_avx512(found, matrix, here) },
        _ => found.find_in_rows(matrix, here, differing),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma,popcnt")]
unsafe fn find_avx512(found: &mut Foreground, matrix: &[f32], here: Range<usize>) {
    use std::arch::x86_64::*;
    found.find_in_rows(matrix, here, |numbers, background| {
        let (chunks, rest) = numbers.as_chunks::<16>();
        let mut bits = if rest.is_empty() { 0 } else { differing(rest, background) << (16 * chunks.len()) };
        for (i, chunk) in chunks.iter().enumerate() {
            // SAFETY: a chunk has the 16 numbers.
            let x = unsafe { _mm512_loadu_ps(chunk.as_ptr()) };
            bits |= u64::from(_mm512_cmpneq_ps_mask(x, _mm512_set1_ps(background))) << (16 * i);
        }
        bits
    });
}

/// Transposes 64 × 64 bits: halves, quarters, … of the words change places (Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn transpose_bits(words: &mut [u64; DEPTH]) {
    let (mut width, mut low) = (32, u64::MAX >> 32);
    while width > 0 {
        for start in (0..DEPTH).step_by(2 * width) {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    const CANARY: f32 = 12345.0;

    /// Numbers of which about one in `one_in` is not −1.
    fn matrix(seed: u64, len: usize, one_in: u32) -> Vec<f32> {
        let mut stream = Stream::new(seed, "x");
        let mut number = || if stream.below(one_in) == 0 { stream.below(1000) as f32 / 500.0 } else { -1.0 };
        (0..len).map(|_| number()).collect()
    }

    fn numbers(seed: u64, name: &str, len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(seed, name).fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    fn wide(numbers: &[f32]) -> Vec<f64> {
        numbers.iter().map(|&x| x.into()).collect()
    }

    /// Sizes on both sides of every block's and panel's edge.
    fn size() -> impl Strategy<Value = usize> {
        prop_oneof![
            0_usize..20,
            Just(63),
            Just(64),
            Just(65),
            Just(127),
            Just(128),
            Just(129),
            Just(143),
            Just(260)
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_path_is_the_full_product(
            (more_rows, columns, outputs) in (size(), size(), size()),
            one_in in 4_u32..40, has_bias: bool, accumulate: bool, seed in 0_u64..1000,
        ) {
            let rows = 16 + more_rows;
            let x = matrix(seed, rows * columns, one_in);
            let (w, dy) = (numbers(seed, "w", outputs * columns), numbers(seed, "dy", rows * outputs));
            let (bias, before) = (numbers(seed, "b", outputs), numbers(seed, "dw", outputs * columns));
            let bias = has_bias.then_some(&bias[..]);
            let beta = if accumulate { 1.0 } else { 0.0 };

            let (wide_x, wide_w, wide_dy) = (wide(&x), wide(&w), wide(&dy));
            let (mut y, mut dw) = (vec![0.0; rows * outputs], wide(&before));
            let dense_y = bias.map_or(vec![0.0; y.len()], |bias| wide(bias).repeat(rows));
            y.copy_from_slice(&dense_y);
            crate::matmul::gemm_f64(Mat::new(&wide_x, rows, columns), Mat::new(&wide_w, outputs, columns).t(), 1.0, &mut y);
            crate::matmul::gemm_f64(Mat::new(&wide_dy, rows, outputs).t(), Mat::new(&wide_x, rows, columns), beta.into(), &mut dw);

            let mut bits: Vec<(Vec<f32>, Vec<f32>)> = vec![];
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                let Some(foreground) = Foreground::find_on(path, &x, rows, columns) else { continue };
                let mut our_y = vec![CANARY; y.len() + 64];
                let mut our_dw = [&before[..], &[CANARY; 64]].concat();
                foreground.linear_on(path, &x, &w, bias, &mut our_y[..y.len()]);
                foreground.gradient_on(path, &x, &dy, beta, &mut our_dw[..dw.len()]);
                for (ours, exact, terms) in [(&our_y, &y, columns), (&our_dw, &dw, rows)] {
                    prop_assert!(ours[exact.len()..].iter().all(|&x| x == CANARY), "{} wrote behind", path.name());
                    let bound = 8.0 * (terms as f64 + 2.0) * f64::from(f32::EPSILON);
                    for (&ours, exact) in ours.iter().zip(exact) {
                        prop_assert!((f64::from(ours) - exact).abs() <= bound, "{}: {ours} for {exact}", path.name());
                    }
                }
                if path != Path::Portable {
                    bits.push((our_y, our_dw));
                }
            }
            prop_assert!(bits.windows(2).all(|pair| pair[0] == pair[1]), "the same chains of multiply-adds");
        }

        #[test]
        fn the_foreground_is_where_numbers_differ(
            (rows, columns) in (16_usize..150, 1_usize..150), one_in in 4_u32..40, seed in 0_u64..1000,
        ) {
            let x = matrix(seed, rows * columns, one_in);
            let found = Path::ALL.into_iter().filter(|path| path.is_available())
                .map(|path| Foreground::find_on(path, &x, rows, columns)).collect::<Vec<_>>();
            prop_assert!(found.windows(2).all(|pair| pair[0] == pair[1]));
            let Some(found) = &found[0] else { return Ok(()) };
            for i in 0..rows {
                for j in 0..columns {
                    let differs = x[i * columns + j] != found.background;
                    prop_assert_eq!(found.by_row[j / 64 * rows + i] >> (j % 64) & 1 == 1, differs);
                    prop_assert_eq!(found.by_column[i / 64 * columns + j] >> (i % 64) & 1 == 1, differs);
                }
            }
            prop_assert_eq!(found.ones, x.iter().filter(|&&x| x != found.background).count());
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let (rows, columns, outputs) = (300, 200, 130);
        let x = matrix(3, rows * columns, 6);
        let (w, dy) = (numbers(3, "w", outputs * columns), numbers(3, "dy", rows * outputs));
        let results = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut y, mut dw) = (vec![0.0; rows * outputs], vec![0.0; outputs * columns]);
            pool.install(|| {
                let foreground = Foreground::find(&x, rows, columns).expect("mostly background");
                foreground.linear(&x, &w, None, &mut y);
                foreground.linear_gradient(&x, &dy, 0.0, &mut dw);
            });
            (y, dw)
        });
        assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn a_full_matrix_has_no_foreground() {
        assert_eq!(Foreground::find(&numbers(1, "x", 64 * 100), 64, 100), None);
        assert_eq!(Foreground::find(&[f32::NAN; 64 * 100], 64, 100), None);
        assert_eq!(Foreground::<f32>::find(&[], 64, 0), None);
        assert_eq!(Foreground::find(&[0.0; 1000], 10, 100), None, "too few rows to pay");
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        let mut x = vec![0.0; 64 * 100];
        (x[5], x[105]) = (f32::NAN, f32::INFINITY);
        let foreground = Foreground::find(&x, 64, 100).expect("nearly all zeros");
        let mut y = [0.0; 64];
        foreground.linear(&x, &[1.0; 100], None, &mut y);
        assert!(y[0].is_nan() && y[1] == f32::INFINITY && y[2] == 0.0);
    }
}
