//! Dense layer on quantized input most of whose bytes are equal, at the cost of the other bytes.
//!
//! Four of five pixels of a written digit are background. With x₀ for the background and D = X − x₀,
//! which is zero there, X·B = D·B + x₀·(the sum of B's rows): the second term is one row for all rows, and the
//! first needs only the foreground. The result is that of the full product up to rounding.
//!
//! Both products of a layer have the form C = X·B, with B's rows in vectors: Y = X·Wᵀ, for which W is
//! transposed first, and dWᵀ = Xᵀ·dY, which is transposed afterwards. Every element of C is one chain of
//! multiply-adds in the order of the summed index, so its bits depend neither on blocks nor on threads.

mod bitmask;
mod kernel;
mod layer;

use self::bitmask::WORD;
use self::layer::Layer;
use crate::kernels::Kernels;
use crate::quantized::U8Tensor;
use crate::simd::Path;

/// Rows sampled to estimate how much of a matrix is background.
const SAMPLE: usize = 8;

/// Positions at which the bytes of a matrix differ from their most frequent value, the background.
///
/// ```
/// use tensor::{quantized::{U8Tensor, Quantization}, matmul::SparseInput};
/// let mut bytes = vec![0; 64 * 100];
/// bytes[205] = 4;
/// let x = U8Tensor { bytes: &bytes, quantization: Quantization { offset: -1.0_f32, scale: 1.0 } };
/// let (w, bias, mut y) = ([0.5; 2 * 100], [10.0, 20.0], [0.0; 64 * 2]);
/// let foreground = SparseInput::linear(x, 64, &w, Some(&bias), &mut y);
/// assert_eq!(y[..6], [-40.0, -30.0, -40.0, -30.0, -38.0, -28.0]);
///
/// let mut dw = [0.0; 2 * 100];
/// foreground.expect("nearly all is background").linear_gradient(x, &[1.0; 64 * 2], 0.0, &mut dw);
/// assert_eq!(dw[4..7], [-64.0, -60.0, -64.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SparseInput {
    background: u8,
    rows: usize,
    columns: usize,
    /// One 64-bit word per column for each 64 rows.
    words: Vec<u64>,
}

impl SparseInput {
    /// Dense layer `Y = X·Wᵀ + b` for X of `rows` rows, if enough of X is background for this to be faster than
    /// the full product; otherwise `None`, and `y` is unchanged.
    ///
    /// # Panics
    /// If the lengths do not fit.
    #[track_caller]
    pub fn linear<T: Kernels>(
        x: U8Tensor<'_, T>,
        rows: usize,
        w: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) -> Option<SparseInput> {
        let bytes = x.bytes;
        if rows == 0 || bytes.is_empty() || w.is_empty() {
            return None;
        }
        let (columns, outputs) = (bytes.len() / rows, y.len() / rows);
        assert!(
            bytes.len() == rows * columns,
            "expected a matrix of {rows}×{columns} bytes, found {}",
            bytes.len()
        );
        assert!(y.len() == rows * outputs, "expected {rows}×{outputs} results, found {}", y.len());
        assert!(w.len() == outputs * columns, "expected {outputs}×{columns} weights, found {}", w.len());
        assert!(bias.is_none_or(|bias| bias.len() == outputs), "expected {outputs} biases");
        let background = majority(&bytes[..columns.min(256)]);
        let sample = &bytes[..columns * rows.min(SAMPLE)];
        let ones = sample.iter().filter(|&&byte| byte != background).count();
        if !is_worth_while(ones, sample.len(), rows) {
            return None;
        }
        let words = vec![0; columns * rows.div_ceil(WORD)];
        let mut foreground = SparseInput { background, rows, columns, words };
        T::sparse_linear(&mut foreground, x, w, bias, y);
        Some(foreground)
    }

    /// Gradient of the weights of [that](SparseInput::linear) layer, `dW = dYᵀ·X + beta·dW`; `beta` is 0 or 1.
    ///
    /// # Panics
    /// If `x` is not the matrix that `self` was computed from, or the lengths do not fit.
    #[track_caller]
    pub fn linear_gradient<T: Kernels>(&self, x: U8Tensor<'_, T>, dy: &[T], beta: T, dw: &mut [T]) {
        let &SparseInput { rows, columns, .. } = self;
        let outputs = dw.len() / columns;
        assert!(
            x.bytes.len() == rows * columns,
            "expected a matrix of {rows}×{columns} bytes, found {}",
            x.bytes.len()
        );
        assert!(
            dw.len() == outputs * columns,
            "expected {outputs} gradients for each of {columns} inputs, found {}",
            dw.len()
        );
        assert!(dy.len() == rows * outputs, "expected {rows}×{outputs} gradients, found {}", dy.len());
        T::sparse_gradient(self, x, dy, beta, dw);
    }

    /// Naive [`SparseInput::linear`].
    pub(crate) fn linear_naive<T: Kernels>(
        &self,
        x: U8Tensor<'_, T>,
        w: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
    ) {
        let (outputs, (background, differences)) = (w.len() / self.columns, self.values(x));
        for (y, x) in y.chunks_exact_mut(outputs).zip(x.bytes.chunks_exact(self.columns)) {
            for (o, (y, w)) in y.iter_mut().zip(w.chunks_exact(self.columns)).enumerate() {
                let background = background * w.iter().copied().sum::<T>();
                let terms = x.iter().zip(w).map(|(&x, &w)| differences[usize::from(x)] * w);
                *y = bias.map_or(T::zero(), |bias| bias[o]) + background + terms.sum::<T>();
            }
        }
    }

    /// Naive [`SparseInput::linear_gradient`].
    pub(crate) fn gradient_naive<T: Kernels>(&self, x: U8Tensor<'_, T>, dy: &[T], beta: T, dw: &mut [T]) {
        let (outputs, (background, differences)) = (dw.len() / self.columns, self.values(x));
        for (o, dw) in dw.chunks_exact_mut(self.columns).enumerate() {
            let dy = || dy.iter().skip(o).step_by(outputs).copied();
            let background = background * dy().sum::<T>();
            for (j, dw) in dw.iter_mut().enumerate() {
                let column = x.bytes.iter().skip(j).step_by(self.columns);
                let sum: T = column.zip(dy()).map(|(&x, dy)| differences[usize::from(x)] * dy).sum();
                *dw = sum + background + if beta == T::zero() { beta } else { *dw };
            }
        }
    }

    /// x₀, and the difference of each byte's value from it.
    fn values<T: Kernels>(&self, x: U8Tensor<'_, T>) -> (T, [T; 256]) {
        let background = x.quantization.dequantize(self.background);
        (background, std::array::from_fn(|byte| x.quantization.dequantize(byte as u8) - background))
    }

    /// The layer on one path.
    pub(crate) fn linear_on(
        &mut self,
        path: Path,
        x: U8Tensor<'_>,
        w: &[f32],
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        Layer::new(path, x, w.len(), self).linear(&mut self.words, w, bias, y);
    }

    /// The gradient on one path.
    pub(crate) fn gradient_on(&self, path: Path, x: U8Tensor<'_>, dy: &[f32], beta: f32, dw: &mut [f32]) {
        Layer::new(path, x, dw.len(), self).gradient(&self.words, dy, beta, dw);
    }
}

/// Measured: a multiply-add costs 1.5 times as much here as in a full product, and transposing the weights costs
/// as much as a batch of eight.
fn is_worth_while(ones: usize, of: usize, rows: usize) -> bool {
    let share = ones as f64 / of as f64;
    1.5 * share + 8.0 / rows as f64 <= 1.0
}

/// Majority byte of the slice, if one exists (Boyer & Moore 1981).
fn majority(bytes: &[u8]) -> u8 {
    let (mut candidate, mut votes) = (0, 0_u32);
    for &x in bytes {
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

    use super::bitmask::find;
    use super::*;
    use crate::matmul::Mat;
    use crate::quantized::Quantization;
    use crate::random::Stream;

    const CANARY: f32 = 12345.0;

    /// Values of the bytes in these tests: background is −1.
    const LEVELS: Quantization = Quantization { offset: -1.5, scale: 0.01 };
    const BACKGROUND: u8 = 50;

    /// Bytes of which about one in `one_in` is not background.
    fn matrix(seed: u64, len: usize, one_in: u32) -> Vec<u8> {
        let mut stream = Stream::new(seed, "x");
        let mut byte = || if stream.below(one_in) == 0 { stream.below(256) as u8 } else { BACKGROUND };
        (0..len).map(|_| byte()).collect()
    }

    fn of(bytes: &[u8]) -> U8Tensor<'_> {
        U8Tensor { bytes, quantization: LEVELS }
    }

    fn dense(bytes: &[u8]) -> Vec<f32> {
        bytes.iter().map(|&byte| LEVELS.dequantize(byte)).collect()
    }

    fn numbers(seed: u64, name: &str, len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(seed, name).fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    fn wide(numbers: &[f32]) -> Vec<f64> {
        numbers.iter().map(|&x| x.into()).collect()
    }

    /// Sizes on both sides of every edge of a block or panel.
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

            let (wide_x, wide_w, wide_dy) = (wide(&dense(&x)), wide(&w), wide(&dy));
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
                foreground.linear_on(path, of(&x), &w, bias, &mut our_y[..y.len()]);
                foreground.gradient_on(path, of(&x), &dy, beta, &mut our_dw[..dw.len()]);
                for (ours, exact, terms) in [(&our_y, &y, columns), (&our_dw, &dw, rows)] {
                    prop_assert!(ours[exact.len()..].iter().all(|&x| x == CANARY), "{} wrote past the end", path.name());
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
                    find(path, x, BACKGROUND, &mut by_row[block * 64..], rows, by_column);
                }
                for i in 0..rows {
                    for j in 0..columns {
                        let differs = x[i * columns + j] != BACKGROUND;
                        prop_assert_eq!(by_row[j / 64 * rows + i] >> (j % 64) & 1 == 1, differs);
                        prop_assert_eq!(by_column[i / 64 * columns + j] >> (i % 64) & 1 == 1, differs);
                    }
                }
                let ones = |words: &[u64]| words.iter().map(|word| word.count_ones()).sum::<u32>();
                prop_assert_eq!(ones(&by_row), ones(&by_column), "no bits outside of the matrix");
            }
        }
    }

    /// Foreground of a whole matrix.
    fn unknown(rows: usize, columns: usize) -> SparseInput {
        SparseInput { background: BACKGROUND, rows, columns, words: vec![0; columns * rows.div_ceil(64)] }
    }

    /// Few rows are divided by outputs, many by rows.
    #[test]
    fn bits_do_not_depend_on_threads() {
        for (rows, columns, outputs) in [(200, 203, 130), (701, 203, 130), (64, 784, 7)] {
            let x = matrix(3, rows * columns, 6);
            let (w, dy) = (numbers(3, "w", outputs * columns), numbers(3, "dy", rows * outputs));
            let results = [1, 2, 3].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let (mut y, mut dw) = (vec![0.0; rows * outputs], vec![0.0; outputs * columns]);
                pool.install(|| {
                    let foreground = SparseInput::linear(of(&x), rows, &w, None, &mut y);
                    foreground.expect("mostly background").linear_gradient(of(&x), &dy, 0.0, &mut dw);
                });
                (y, dw)
            });
            assert!(results.iter().all(|result| *result == results[0]), "{rows} rows");
        }
    }

    #[test]
    fn a_full_matrix_has_no_foreground() {
        let found =
            |x: &[u8], rows| SparseInput::linear(of(x), rows, &[1.0; 100], None, &mut vec![0.0; rows]);
        assert_eq!(found(&matrix(1, 64 * 100, 1), 64), None);
        assert_eq!(found(&[0; 700], 7), None, "too few rows to pay");
        assert!(found(&[0; 6400], 64).is_some());
    }

    #[test]
    fn non_finite_weights_stay_non_finite() {
        let mut x = vec![0; 64 * 100];
        x[105] = 255;
        let x = U8Tensor { bytes: &x, quantization: Quantization { offset: 1.0, scale: f32::MAX } };
        let (mut w, mut y) = ([1.0; 2 * 100], [0.0; 64 * 2]);
        w[107] = f32::NAN;
        assert!(SparseInput::linear(x, 64, &w, None, &mut y).is_some());
        assert_eq!((y[0], y[2]), (100.0, f32::INFINITY));
        assert!(y.iter().skip(1).step_by(2).all(|y| y.is_nan()));
    }
}
