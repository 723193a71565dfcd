//! Matrix products `C = A·B + beta·C` for any strides of A and B, with few transposed copies.
//!
//! The kernel broadcasts elements of one operand, which may have any strides, against vectors of the other,
//! which must be contiguous along the vector. Of the three products of a dense layer, dX = dY·W and dW = dYᵀ·X
//! already have that form; only the forward product Y = X·Wᵀ needs one operand transposed, and copies the
//! smaller one.
//!
//! Every element of C is one chain of fused multiply-adds in the order of the summed index, so its bits depend
//! neither on blocking nor on threads, which divide the rows of C, or the columns if there are few rows. Two
//! exceptions: the `portable` path, which has no fused multiply-add, rounds twice, and a product of at most four
//! rows, as with one example in a batch, is summed by vector lanes (`dots.rs`).

mod block;
mod dots;
pub(crate) mod lanes;
mod packed;
mod sparse_input;
mod symmetric;
mod transpose;

use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder, linalg::general_mat_mul};

pub use self::sparse_input::SparseInput;
pub use self::symmetric::{symmetric, symmetric_on};
use self::transpose::transpose;
use crate::buffer::with_scratch;
use crate::parallel::{DIVIDED_FROM, for_each_chunk, rows_each, threads};
use crate::simd::{self, Path};

/// Strided matrix in a slice: element (i, j) is `data[i·row_stride + j·column_stride]`.
#[derive(Debug, Clone, Copy)]
pub struct Mat<'a, T = f32> {
    data: &'a [T],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a, T> Mat<'a, T> {
    /// A row-major matrix.
    ///
    /// # Panics
    /// If the slice does not have `rows·columns` elements.
    #[track_caller]
    pub fn new(data: &'a [T], rows: usize, columns: usize) -> Mat<'a, T> {
        assert_eq!(data.len(), rows * columns, "expected the elements of a {rows}×{columns} matrix");
        Mat { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The transposed view; nothing is copied.
    pub fn t(self) -> Mat<'a, T> {
        let Mat { data, rows, columns, row_stride, column_stride } = self;
        Mat { data, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// Copies the elements, row by row.
    ///
    /// # Panics
    /// If `to` does not have `rows·columns` elements.
    #[track_caller]
    pub fn copy_to(self, to: &mut [T])
    where
        T: Copy,
    {
        let Mat { data, rows, columns, row_stride, column_stride } = self;
        assert_eq!(to.len(), rows * columns, "expected room for a {rows}×{columns} matrix");
        for (i, row) in to.chunks_exact_mut(columns.max(1)).enumerate() {
            for (j, to) in row.iter_mut().enumerate() {
                *to = data[i * row_stride + j * column_stride];
            }
        }
    }

    /// Rows from `start`, at most `count` of them.
    fn rows_from(self, start: usize, count: usize) -> Mat<'a, T> {
        let rows = count.min(self.rows - start);
        Mat { data: &self.data[(start * self.row_stride).min(self.data.len())..], rows, ..self }
    }
}

/// Products with fewer multiply-adds than this use one thread, unless the matrix whose rows the threads divide
/// is [large](DIVIDED_FROM).
const PARALLEL_FROM: usize = 1 << 20;

/// `C = A·B + beta·C` in `f32`, for a row-major C of shape [A's rows, B's columns]. With `beta` 0, C is only
/// written.
///
/// ```
/// use tensor::matmul::{gemm, Mat};
/// let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0]);
/// let mut c = [0.0; 2];
/// gemm(Mat::new(&a, 2, 2), Mat::new(&b, 2, 1), 0.0, &mut c);
/// assert_eq!(c, [17.0, 39.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit, or `beta` is neither 0 nor 1.
#[track_caller]
pub fn gemm(a: Mat<'_>, b: Mat<'_>, beta: f32, c: &mut [f32]) {
    gemm_on(simd::path(), a, b, beta, c);
}

/// [`gemm`] with the instructions of `path`.
///
/// # Panics
/// As [`gemm`], and if the machine does not have the instructions.
#[track_caller]
pub fn gemm_on(path: Path, a: Mat<'_>, b: Mat<'_>, beta: f32, c: &mut [f32]) {
    check(&a, &b, c.len());
    assert!(path.is_available(), "this machine has no {}", path.name());
    assert!(beta == 0.0 || beta == 1.0, "expected a beta of 0 or 1, found {beta}");
    let (m, n) = (a.rows, b.columns);
    if m == 0 || n == 0 {
        return;
    }
    if packed::pays(m, a.columns, n) {
        packed::product(path, a, b, beta, packed::Wanted::All, c);
    } else if b.column_stride == 1 {
        by_rows(path, a, Vectors::InPlace(b), beta, c);
    } else if m <= dots::MOST_ROWS && b.row_stride == 1 && a.column_stride == 1 {
        dots::product(path, a, b, beta, c);
    } else if n < m {
        with_panels(path, b.t(), |b| by_rows(path, a, b, beta, c));
    } else {
        // Cᵀ = Bᵀ·Aᵀ, with vectors along the rows of A.
        with_scratch(m * n, |c_t| {
            if beta != 0.0 {
                transpose(path, Mat::new(c, m, n), c_t, m);
            }
            if a.row_stride == 1 {
                by_rows(path, b.t(), Vectors::InPlace(a.t()), beta, c_t);
            } else {
                with_panels(path, a, |a_t| by_rows(path, b.t(), a_t, beta, c_t));
            }
            transpose(path, Mat::new(c_t, n, m), c, n);
        });
    }
}

/// Right operand, from which vectors are loaded: k rows of n elements.
#[derive(Debug, Clone, Copy)]
enum Vectors<'a> {
    /// Read in place; its rows are contiguous.
    InPlace(Mat<'a>),
    /// Packed into panels NR columns wide, each a contiguous matrix. Rows a power of two apart would evict each
    /// other from L1.
    Panels { data: &'a [f32], rows: usize, columns: usize },
}

impl Vectors<'_> {
    fn rows(&self) -> usize {
        match self {
            Vectors::InPlace(mat) => mat.rows,
            Vectors::Panels { rows, .. } => *rows,
        }
    }

    fn columns(&self) -> usize {
        match self {
            Vectors::InPlace(mat) => mat.columns,
            Vectors::Panels { columns, .. } => *columns,
        }
    }
}

/// Packs the transpose of `from` into panels.
fn with_panels<R>(path: Path, from: Mat<'_>, work: impl FnOnce(Vectors<'_>) -> R) -> R {
    let (rows, columns) = (from.columns, from.rows);
    with_scratch(rows * columns, |data| {
        for panel in block::panels(path, columns) {
            let part = from.rows_from(panel.start, panel.len());
            transpose(path, part, &mut data[panel.start * rows..][..part.rows * rows], part.rows);
        }
        work(Vectors::Panels { data, rows, columns })
    })
}

/// `C = A·B + beta·C` in `f64`, for gradient checks; by matrixmultiply.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn gemm_f64(a: Mat<'_, f64>, b: Mat<'_, f64>, beta: f64, c: &mut [f64]) {
    check(&a, &b, c.len());
    if c.is_empty() || a.columns == 0 {
        return c.iter_mut().for_each(|c| *c = if beta == 0.0 { 0.0 } else { beta * *c });
    }
    let [a, b] = [a, b].map(|m| {
        let strides = (m.row_stride, m.column_stride);
        ArrayView2::from_shape((m.rows, m.columns).strides(strides), m.data)
            .expect("the slice holds the matrix")
    });
    let mut c = ArrayViewMut2::from_shape((a.nrows(), b.ncols()), c).expect("the length was checked");
    general_mat_mul(1.0, &a, &b, beta, &mut c);
}

#[track_caller]
fn check<T>(a: &Mat<'_, T>, b: &Mat<'_, T>, c: usize) {
    let (m, k, n) = (a.rows, a.columns, b.columns);
    assert!(k == b.rows, "expected {k} rows of B for a {m}×{k} A, found a {}×{n} B", b.rows);
    assert!(c == m * n, "expected {} elements of C for {m}×{k} times {k}×{n}, found {c}", m * n);
}

/// `C = A·B + beta·C`; rows of C over the threads of the current pool.
fn by_rows(path: Path, a: Mat<'_>, b: Vectors<'_>, beta: f32, c: &mut [f32]) {
    let (m, k, n) = (a.rows, a.columns, b.columns());
    let is_small = m * k * n < PARALLEL_FROM && m * k.max(n) < DIVIDED_FROM;
    let threads = if is_small { 1 } else { threads() };
    if threads == 1 {
        block::product(path, a, b, beta, c);
    } else {
        let rows = rows_each(m, threads);
        let parts = c.chunks_mut(rows * n).zip((0..).step_by(rows));
        for_each_chunk(parts.collect(), |(c, start)| {
            block::product(path, a.rows_from(start, rows), b, beta, c);
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    const CANARY: f32 = 12345.0;

    /// Sizes on both sides of every block edge.
    fn size() -> impl Strategy<Value = usize> {
        prop_oneof![
            0_usize..20,
            Just(31),
            Just(32),
            Just(33),
            Just(63),
            Just(64),
            Just(65),
            100_usize..140,
            Just(257)
        ]
    }

    fn matrix(seed: u64, name: &str, len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(seed, name).fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn every_path_is_the_naive_product(
            (m, k, n) in (size(), size(), size()), a_t: bool, b_t: bool, accumulate: bool, seed in 0_u64..1000,
        ) {
            let (a, b) = (matrix(seed, "a", m * k), matrix(seed, "b", k * n));
            let a = if a_t { Mat::new(&a, k, m).t() } else { Mat::new(&a, m, k) };
            let b = if b_t { Mat::new(&b, n, k).t() } else { Mat::new(&b, k, n) };
            let start = matrix(seed, "c", m * n);
            let beta = if accumulate { 1.0 } else { 0.0 };
            for path in Path::ALL.into_iter().filter(|p| p.is_available()) {
                let mut c = start.clone();
                c.extend([CANARY; 64]);
                gemm_on(path, a, b, beta, &mut c[..m * n]);
                prop_assert!(c[m * n..].iter().all(|&x| x == CANARY), "{} wrote past the end", path.name());
                for i in 0..m {
                    for j in 0..n {
                        let terms = (0..k).map(|p| {
                            f64::from(a.data[i * a.row_stride + p * a.column_stride])
                                * f64::from(b.data[p * b.row_stride + j * b.column_stride])
                        });
                        let (sum, size) = terms.fold((0.0, 0.0), |(s, z), t| (s + t, z + t.abs()));
                        let exact = sum + f64::from(beta) * f64::from(start[i * n + j]);
                        let bound = (k as f64 + 2.0) * f64::from(f32::EPSILON) * (size + 1.0);
                        let got = f64::from(c[i * n + j]);
                        prop_assert!((got - exact).abs() <= bound, "{}: {got} for {exact}", path.name());
                    }
                }
            }
        }
    }

    #[test]
    fn bits_do_not_depend_on_threads() {
        // The second and third are divided because W is large, forward and back.
        for (m, k, n) in [(190, 130, 131), (3, 300, 131), (300, 3, 131)] {
            let (a, b) = (matrix(1, "a", m * k), matrix(1, "b", k * n));
            let products = [1, 2, 3, 4].map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                [false, true].map(|transposed| {
                    let b = if transposed { Mat::new(&b, n, k).t() } else { Mat::new(&b, k, n) };
                    let mut c = vec![0.0; m * n];
                    pool.install(|| gemm(Mat::new(&a, m, k), b, 0.0, &mut c));
                    c.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
                })
            });
            assert!(products.iter().all(|p| *p == products[0]), "{m}×{k}×{n}");
        }
    }

    #[test]
    #[should_panic(expected = "expected 3 rows of B for a 2×3 A, found a 2×2 B")]
    fn a_mismatch_names_both_shapes() {
        gemm(Mat::new(&[0.0; 6], 2, 3), Mat::new(&[0.0; 4], 2, 2), 0.0, &mut [0.0; 4]);
    }

    #[test]
    fn a_zero_beta_ignores_the_old_content() {
        let mut c = [f32::NAN];
        gemm(Mat::new(&[2.0], 1, 1), Mat::new(&[3.0], 1, 1), 0.0, &mut c);
        assert_eq!(c, [6.0]);
    }
}
