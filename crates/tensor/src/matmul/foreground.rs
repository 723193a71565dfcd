//! A dense layer on a matrix most of whose numbers are one and the same, at the cost of the others.
//!
//! Four of five pixels of a written digit are background. With x₀ for the background and D = X − x₀,
//! which is zero there, X·B = D·B + x₀·(the sum of B's rows): the second term is one row for all, and
//! the first needs only the foreground. No one who multiplies needs to know: the result is that of the
//! full product, to rounding.
//!
//! Both products of a layer have the form C = X·B, with B's rows in vectors: Y = X·Wᵀ, for which W is
//! transposed first, and dWᵀ = Xᵀ·dY, which is transposed after. Every element of C is one chain of
//! multiply-adds in the order of the summed index, so its bits depend neither on blocks nor on threads.

mod strip;
mod words;

use self::strip::{Rows, Sparse};
use self::words::{LINE, WORD, find};
use super::block::lanes;
use super::transpose::transpose;
use super::{Mat, with_scratch};
use crate::parallel::for_each_chunk;
use crate::real::Real;
use crate::simd::Path;

/// Rows of X that pass through a layer together: they stay in the second cache from the search for their
/// foreground to the product.
const MOST_ROWS: usize = 256;

/// Columns of X whose gradients are summed together, if not all are.
const MOST_COLUMNS: usize = 112;

/// Rows that are looked at to tell how much of a matrix is background.
const SAMPLE: usize = 8;

/// Matrices with fewer numbers than this stay on one thread.
const PARALLEL_FROM: usize = 1 << 17;

/// Where a matrix differs from the number that most of it consists of.
///
/// ```
/// use tensor::matmul::Foreground;
/// let mut x = vec![-1.0_f32; 64 * 100];
/// x[205] = 3.0;
/// let (w, bias, mut y) = ([0.5; 2 * 100], [10.0, 20.0], [0.0; 64 * 2]);
/// let foreground = Foreground::linear(&x, 64, &w, Some(&bias), &mut y);
/// assert_eq!(y[..6], [-40.0, -30.0, -40.0, -30.0, -38.0, -28.0]);
///
/// let mut dw = [0.0; 2 * 100];
/// foreground.expect("nearly all is background").linear_gradient(&x, &[1.0; 64 * 2], 0.0, &mut dw);
/// assert_eq!(dw[4..7], [-64.0, -60.0, -64.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Foreground<T = f32> {
    background: T,
    rows: usize,
    columns: usize,
    /// For each 64 rows, a word a column.
    words: Vec<u64>,
}

impl<T: Real> Foreground<T> {
    /// The dense layer `Y = X·Wᵀ + b` for X of `rows` rows, if so much of X is background that this is
    /// faster than the full product; otherwise `None`, and `y` is left as it is.
    ///
    /// # Panics
    /// If the lengths do not fit.
    #[track_caller]
    pub fn linear(x: &[T], rows: usize, w: &[T], bias: Option<&[T]>, y: &mut [T]) -> Option<Foreground<T>> {
        if rows == 0 || x.is_empty() || w.is_empty() {
            return None;
        }
        let (columns, outputs) = (x.len() / rows, y.len() / rows);
        assert!(x.len() == rows * columns, "{} numbers are no matrix of {rows} rows", x.len());
        assert!(y.len() == rows * outputs, "{} results are no matrix of {rows} rows", y.len());
        assert!(w.len() == outputs * columns, "{outputs}×{columns} weights, not {}", w.len());
        assert!(bias.is_none_or(|bias| bias.len() == outputs), "a bias for each of {outputs} outputs");
        let background = majority(&x[..columns.min(256)]);
        let sample = &x[..columns * rows.min(SAMPLE)];
        let ones = sample.iter().filter(|&&x| x != background).count();
        if !is_worth_while(ones, sample.len(), rows) {
            return None;
        }
        let words = vec![0; columns * rows.div_ceil(WORD)];
        let mut foreground = Foreground { background, rows, columns, words };
        T::foreground_linear(&mut foreground, x, w, bias, y);
        Some(foreground)
    }

    /// The gradient of the weights of [that](Foreground::linear) layer, `dW = dYᵀ·X + beta·dW`; `beta` is
    /// 0 or 1.
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
    pub(crate) fn linear_naive(&mut self, x: &[T], w: &[T], bias: Option<&[T]>, y: &mut [T]) {
        let (columns, outputs) = (self.columns, w.len() / self.columns);
        for (y, x) in y.chunks_exact_mut(outputs).zip(x.chunks_exact(columns)) {
            for (o, (y, w)) in y.iter_mut().zip(w.chunks_exact(columns)).enumerate() {
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

/// Measured: a multiply-add costs nearly twice as much here as in a full product, and to transpose the
/// weights as much as a batch of eight.
fn is_worth_while(ones: usize, of: usize, rows: usize) -> bool {
    let share = ones as f64 / of as f64;
    2.0 * share + 8.0 / rows as f64 <= 1.0
}

impl Foreground {
    /// The layer on one path.
    pub(crate) fn linear_on(
        &mut self,
        path: Path,
        x: &[f32],
        w: &[f32],
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        let &mut Foreground { rows, columns, .. } = self;
        let outputs = w.len() / columns;
        let threads = threads_for(x.len());
        let weights = Mat::new(w, outputs, columns);
        if threads == 1 && rows <= MOST_ROWS {
            return self.linear_in_parts(path, threads, x, Rows::Transposed(weights), bias, y);
        }
        let width = outputs.next_multiple_of(lanes(path));
        with_scratch(columns * width, |w_t| {
            transpose_on_threads(threads, path, weights, w_t, width);
            let w_t = Rows::Wide { data: w_t, width, columns: outputs };
            self.linear_in_parts(path, threads, x, w_t, bias, y);
        });
    }

    fn linear_in_parts(
        &mut self,
        path: Path,
        threads: usize,
        x: &[f32],
        w_t: Rows<'_>,
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        let &mut Foreground { background, rows, columns, .. } = self;
        let outputs = y.len() / rows;
        let together = rows.div_ceil(threads).next_multiple_of(WORD).min(MOST_ROWS);
        let x = x.chunks(together * columns).zip(self.words.chunks_mut(together / WORD * columns));
        let parts: Vec<_> = x.zip(y.chunks_mut(together * outputs)).collect();
        // So few rows that they are divided once more, after their foreground is known.
        let smaller = together.min(rows).div_ceil(threads.div_ceil(parts.len()));
        on_threads(threads, parts, |((x, by_column), y)| {
            let mut by_row = vec![0; columns.div_ceil(WORD) * together];
            let blocks = x.chunks(WORD * columns).zip(by_column.chunks_mut(columns));
            for ((x, by_column), start) in blocks.zip((0..).step_by(WORD)) {
                find(path, x, background, &mut by_row[start..], together, by_column);
            }
            let parts = y.chunks_mut(smaller * outputs).zip((0..).step_by(smaller)).collect();
            on_threads(threads, parts, |(y, start)| {
                let x = Sparse {
                    data: &x[start * columns..],
                    row_stride: columns,
                    column_stride: 1,
                    words: &by_row[start..],
                    stride: together,
                    depth: columns,
                    background,
                };
                x.product(path, w_t, bias, y);
            });
        });
    }

    /// The gradient on one path: as its transpose, dWᵀ = Xᵀ·dY, which is then turned round.
    pub(crate) fn gradient_on(&self, path: Path, x: &[f32], dy: &[f32], beta: f32, dw: &mut [f32]) {
        let outputs = dw.len() / self.columns;
        if outputs == 0 {
            return;
        }
        let width = outputs.next_multiple_of(lanes(path));
        if width == outputs {
            return self.gradient_in_parts(
                path,
                x,
                Rows::Wide { data: dy, width, columns: outputs },
                beta,
                dw,
            );
        }
        with_scratch(self.rows * width, |wide| {
            let rows = wide.chunks_exact_mut(width).zip(dy.chunks_exact(outputs));
            rows.for_each(|(wide, dy)| wide[..outputs].copy_from_slice(dy));
            self.gradient_in_parts(path, x, Rows::Wide { data: wide, width, columns: outputs }, beta, dw);
        });
    }

    fn gradient_in_parts(&self, path: Path, x: &[f32], dy: Rows<'_>, beta: f32, dw: &mut [f32]) {
        let &Foreground { background, rows, columns, ref words } = self;
        let (outputs, threads) = (dy.columns(), threads_for(x.len()));
        // As long as dY is near, part by part: the whole transpose would push weights and the
        // optimizer's state out of the second cache.
        let together = if threads == 1 && rows <= MOST_ROWS { MOST_COLUMNS.min(columns) } else { columns };
        with_scratch(together * outputs, |dw_t| {
            for first in (0..columns).step_by(together) {
                let here = together.min(columns - first);
                let dw_t = &mut dw_t[..here * outputs];
                let part = here.div_ceil(threads);
                let parts = dw_t.chunks_mut(part * outputs).zip((first..).step_by(part)).collect();
                on_threads(threads, parts, |(dw_t, start)| {
                    let x = Sparse {
                        data: &x[start..],
                        row_stride: 1,
                        column_stride: columns,
                        words: &words[start..],
                        stride: columns,
                        depth: rows,
                        background,
                    };
                    x.product(path, dy, None, dw_t);
                });
                if beta == 0.0 {
                    let turned = Mat::new(dw_t, here, outputs);
                    transpose_on_threads(threads, path, turned, &mut dw[first..], columns);
                } else {
                    for (o, dw) in dw.chunks_exact_mut(columns).enumerate() {
                        let dw = dw[first..].iter_mut().zip(dw_t[o..].iter().step_by(outputs));
                        dw.for_each(|(dw, t)| *dw += t);
                    }
                }
            }
        });
    }
}

fn threads_for(numbers: usize) -> usize {
    if numbers < PARALLEL_FROM { 1 } else { rayon::current_num_threads() }
}

fn on_threads<T: Send>(threads: usize, parts: Vec<T>, work: impl Fn(T) + Sync + Send) {
    if threads == 1 || parts.len() == 1 {
        parts.into_iter().for_each(work);
    } else {
        for_each_chunk(parts, work);
    }
}

/// Writes the transpose of `from`, with rows of `width`.
fn transpose_on_threads(threads: usize, path: Path, from: Mat<'_>, to: &mut [f32], width: usize) {
    let together = from.columns.div_ceil(threads).next_multiple_of(LINE);
    let parts = to.chunks_mut(together * width).zip((0..).step_by(together)).collect();
    on_threads(threads, parts, |(to, start)| {
        let columns = together.min(from.columns - start);
        transpose(path, Mat { data: &from.data[start..], columns, ..from }, to, width);
    });
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
                if columns == 0 || outputs == 0 {
                    continue;
                }
                let mut our_y = vec![CANARY; y.len() + 64];
                let mut our_dw = [&before[..], &[CANARY; 64]].concat();
                let mut foreground = unknown(rows, columns);
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
            (rows, columns) in (1_usize..150, 1_usize..150), one_in in 1_u32..40, seed in 0_u64..1000,
        ) {
            let (x, tiles) = (matrix(seed, rows * columns, one_in), columns.div_ceil(64));
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                let (mut by_row, mut by_column) = (vec![0; tiles * rows], vec![0; columns * rows.div_ceil(64)]);
                for (block, x) in x.chunks(64 * columns).enumerate() {
                    let by_column = &mut by_column[block * columns..][..columns];
                    find(path, x, -1.0, &mut by_row[block * 64..], rows, by_column);
                }
                for i in 0..rows {
                    for j in 0..columns {
                        let differs = x[i * columns + j] != -1.0;
                        prop_assert_eq!(by_row[j / 64 * rows + i] >> (j % 64) & 1 == 1, differs);
                        prop_assert_eq!(by_column[i / 64 * columns + j] >> (i % 64) & 1 == 1, differs);
                    }
                }
                let ones = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>();
                prop_assert_eq!(ones(&by_row), ones(&by_column), "no bits beside the matrix");
            }
        }
    }

    /// Of a matrix that is not looked through yet.
    fn unknown(rows: usize, columns: usize) -> Foreground {
        Foreground { background: -1.0, rows, columns, words: vec![0; columns * rows.div_ceil(64)] }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        let (rows, columns, outputs) = (700, 200, 130);
        let x = matrix(3, rows * columns, 6);
        let (w, dy) = (numbers(3, "w", outputs * columns), numbers(3, "dy", rows * outputs));
        let results = [1, 2, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let (mut y, mut dw) = (vec![0.0; rows * outputs], vec![0.0; outputs * columns]);
            pool.install(|| {
                let foreground = Foreground::linear(&x, rows, &w, None, &mut y);
                foreground.expect("mostly background").linear_gradient(&x, &dy, 0.0, &mut dw);
            });
            (y, dw)
        });
        assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn a_full_matrix_has_no_foreground() {
        let found = |x: &[f32], rows| Foreground::linear(x, rows, &[1.0; 100], None, &mut vec![0.0; rows]);
        assert_eq!(found(&numbers(1, "x", 64 * 100), 64), None);
        assert_eq!(found(&[f32::NAN; 64 * 100], 64), None);
        assert_eq!(found(&[0.0; 700], 7), None, "too few rows to pay");
        assert!(found(&[0.0; 6400], 64).is_some());
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        let mut x = vec![0.0; 64 * 100];
        (x[5], x[105]) = (f32::NAN, f32::INFINITY);
        let mut y = [0.0; 64];
        assert!(Foreground::linear(&x, 64, &[1.0; 100], None, &mut y).is_some());
        assert!(y[0].is_nan() && y[1] == f32::INFINITY && y[2] == 0.0);
    }
}
