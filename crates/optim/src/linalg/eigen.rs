//! Eigenvectors of small symmetric matrices and orthonormal bases, in double precision.
//!
//! Written out here because it is a page: the libraries that have it bring a linear algebra of their
//! own. A matrix of n rows takes about 9·n³ operations, over the threads of the pool, with the same bits
//! for any number of them.

use tensor::parallel::for_each_chunk;
use tensor::simd::{self, Kernel};

/// Eigenvalues of a symmetric matrix of `n` rows, in no order, and as many eigenvectors of length 1, one
/// a row: A = Σ λᵢ·vᵢ·vᵢᵀ. By Householder's reflections and the QL algorithm with implicit shifts
/// (Golub & Van Loan, sections 8.3).
///
/// # Panics
/// If there are not n² numbers.
pub(crate) fn eigen(mut a: Vec<f64>, n: usize) -> (Vec<f64>, Vec<f64>) {
    assert_eq!(a.len(), n * n, "a square matrix");
    let reflections = tridiagonal(&mut a, n);
    let mut values: Vec<f64> = (0..n).map(|i| a[i * n + i]).collect();
    let mut beside: Vec<f64> = (0..n).map(|i| if i + 1 < n { a[i * n + i + 1] } else { 0.0 }).collect();
    let mut vectors = transposed(&product(&reflections, n), n);
    diagonal(&mut values, &mut beside, &mut vectors, n);
    (values, vectors)
}

/// An orthonormal basis, one vector a row, whose first k vectors span what the first k of `rows` do:
/// the Q of a QR decomposition of the transposed matrix. Where those depend on each other, it goes on
/// with others.
pub(crate) fn orthonormal(mut rows: Vec<f64>, n: usize) -> Vec<f64> {
    assert_eq!(rows.len(), n * n, "a square matrix");
    let mut reflections = vec![];
    for k in 0..n {
        let Some(v) = reflection(&rows[k * n + k..(k + 1) * n]) else { continue };
        for_each_chunk(rows[k * n..].chunks_mut(ROWS * n).collect(), |rows| {
            simd::dispatch(Reflect { rows, n, k, v: &v });
        });
        reflections.push((k, v));
    }
    transposed(&product(&reflections, n), n)
}

/// A mirror: from which coordinate on, and the unit vector v of 1 − 2·v·vᵀ.
type Reflection = (usize, Vec<f64>);

/// Makes a symmetric matrix tridiagonal by mirrors from both sides; returns them.
fn tridiagonal(a: &mut [f64], n: usize) -> Vec<Reflection> {
    let mut reflections = vec![];
    for k in 1..n.saturating_sub(1) {
        let Some(v) = reflection(&a[(k - 1) * n + k..k * n]) else { continue };
        // (1 − 2vvᵀ)·A·(1 − 2vvᵀ) = A − 2·(v·pᵀ + p·vᵀ) with p = A·v − (vᵀAv)·v.
        let mut av = vec![0.0; n - k];
        let rows = a[k * n..].chunks(ROWS * n).zip(av.chunks_mut(ROWS));
        let jobs = rows.map(|(rows, av)| Dots { rows, n, k, v: &v, av });
        for_each_chunk(jobs.collect(), simd::dispatch);
        let vav = dot(&v, &av);
        let p: Vec<f64> = av.iter().zip(&v).map(|(av, v)| av - vav * v).collect();
        let jobs = a[k * n..].chunks_mut(ROWS * n).enumerate();
        let jobs = jobs.map(|(i, rows)| RankTwo { rows, n, k, first: i * ROWS, v: &v, p: &p });
        for_each_chunk(jobs.collect(), simd::dispatch);
        reflect(&mut a[(k - 1) * n + k..k * n], &v);
        reflections.push((k, v));
    }
    reflections
}

/// The unit vector of the mirror that turns x into a multiple of the first unit vector; `None` if x is
/// one already.
fn reflection(x: &[f64]) -> Option<Vec<f64>> {
    let (first, rest) = x.split_first()?;
    if rest.iter().all(|&x| x == 0.0) {
        return None;
    }
    let mut v = x.to_vec();
    let mut squares = dot(x, x);
    if squares < LEAST_SQUARES {
        // Squares of what is this small would be lost; the reflection is that of any multiple.
        let max_abs = x.iter().fold(0.0_f64, |max_abs, x| max_abs.max(x.abs()));
        v.iter_mut().for_each(|v| *v /= max_abs);
        squares = dot(&v, &v);
    }
    v[0] += squares.sqrt().copysign(*first);
    let length = dot(&v, &v).sqrt();
    v.iter_mut().for_each(|v| *v /= length);
    Some(v)
}

/// Sums of squares below this have lost digits to numbers that are too small.
const LEAST_SQUARES: f64 = 1e-280;

/// Rows that a thread works on at a time.
const ROWS: usize = 128;

/// The products of rows with v, from column k on.
struct Dots<'a> {
    rows: &'a [f64],
    n: usize,
    k: usize,
    v: &'a [f64],
    av: &'a mut [f64],
}

impl Kernel for Dots<'_> {
    #[inline(always)]
    fn run(self) {
        let Dots { rows, n, k, v, av } = self;
        for (av, row) in av.iter_mut().zip(rows.chunks_exact(n)) {
            *av = dot(&row[k..], v);
        }
    }
}

/// A − 2·(v·pᵀ + p·vᵀ) in rows from `first` on, counted as v and p are, and from column k on.
struct RankTwo<'a> {
    rows: &'a mut [f64],
    n: usize,
    k: usize,
    first: usize,
    v: &'a [f64],
    p: &'a [f64],
}

impl Kernel for RankTwo<'_> {
    #[inline(always)]
    fn run(self) {
        let RankTwo { rows, n, k, first, v, p } = self;
        for (row, (&v_i, &p_i)) in rows.chunks_exact_mut(n).zip(v[first..].iter().zip(&p[first..])) {
            for (a, (v, p)) in row[k..].iter_mut().zip(v.iter().zip(p)) {
                *a -= 2.0 * (v_i * p + p_i * v);
            }
        }
    }
}

/// Rows in the mirror v, from column k on.
struct Reflect<'a> {
    rows: &'a mut [f64],
    n: usize,
    k: usize,
    v: &'a [f64],
}

impl Kernel for Reflect<'_> {
    #[inline(always)]
    fn run(self) {
        let Reflect { rows, n, k, v } = self;
        for row in rows.chunks_exact_mut(n) {
            reflect(&mut row[k..], v);
        }
    }
}

#[inline(always)]
fn reflect(x: &mut [f64], v: &[f64]) {
    let along = 2.0 * dot(x, v);
    x.iter_mut().zip(v).for_each(|(x, v)| *x -= along * v);
}

/// All mirrors one after the other, as a matrix. Columns do not know of each other, so a few at a time
/// stay in the cache.
fn product(reflections: &[Reflection], n: usize) -> Vec<f64> {
    let mut q: Vec<f64> = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
    by_columns(&mut q, n, |first, q| simd::dispatch(Mirror { reflections, first, q }));
    q
}

/// Turns columns `first` and those that follow by mirrors, the last one first.
struct Mirror<'a> {
    reflections: &'a [Reflection],
    first: usize,
    q: &'a mut [[f64; WIDTH]],
}

impl Kernel for Mirror<'_> {
    #[inline(always)]
    fn run(self) {
        let Mirror { reflections, first, q } = self;
        for (k, v) in reflections.iter().rev() {
            // The rows above k, and the columns before it, are still those of 1.
            if first + WIDTH <= *k {
                continue;
            }
            let mut along = [0.0; WIDTH];
            for (row, v) in q[*k..].iter().zip(v) {
                along.iter_mut().zip(row).for_each(|(along, q)| *along += v * q);
            }
            for (row, v) in q[*k..].iter_mut().zip(v) {
                row.iter_mut().zip(&along).for_each(|(q, along)| *q -= 2.0 * v * along);
            }
        }
    }
}

/// Columns that are worked on together.
const WIDTH: usize = 16;

/// Calls `work` with the place of a column and it and those that follow, a row each, over the threads of
/// the pool; beyond the last column there are zeros.
fn by_columns(a: &mut [f64], n: usize, work: impl Fn(usize, &mut [[f64; WIDTH]]) + Sync + Send) {
    let mut parts = vec![[0.0; WIDTH]; n * n.div_ceil(WIDTH)];
    let columns = |part: usize| part * WIDTH..n.min((part + 1) * WIDTH);
    for_each_chunk(parts.chunks_mut(n.max(1)).enumerate().collect(), |(part, rows)| {
        for (row, a) in rows.iter_mut().zip(a.chunks(n)) {
            row[..columns(part).len()].copy_from_slice(&a[columns(part)]);
        }
        work(part * WIDTH, rows);
    });
    for (i, a) in a.chunks_mut(n.max(1)).enumerate() {
        for (part, rows) in parts.chunks(n).enumerate() {
            a[columns(part)].copy_from_slice(&rows[i][..columns(part).len()]);
        }
    }
}

/// Makes a tridiagonal matrix diagonal and turns the vectors with it.
fn diagonal(values: &mut [f64], beside: &mut [f64], vectors: &mut [f64], n: usize) {
    /// Far more than are ever needed; an end for what is no number.
    const ITERATIONS: usize = 60;
    let mut rotations = vec![];
    for l in 0..n {
        if !values[l].is_finite() {
            return;
        }
        for _ in 0..ITERATIONS {
            let is_split =
                |m: &usize| beside[*m].abs() <= f64::EPSILON * (values[*m].abs() + values[*m + 1].abs());
            let m = (l..n - 1).find(is_split).unwrap_or(n - 1);
            if m == l {
                break;
            }
            implicit_shift(values, beside, &mut rotations, l, m);
        }
    }
    by_columns(vectors, n, |_, vectors| simd::dispatch(Rotate { rotations: &rotations, vectors }));
}

/// Turns the vectors `row` and `row + 1` by an angle.
struct Rotation {
    row: usize,
    cosine: f64,
    sine: f64,
}

/// One QL step on the rows l to m.
fn implicit_shift(values: &mut [f64], beside: &mut [f64], rotations: &mut Vec<Rotation>, l: usize, m: usize) {
    let theta = (values[l + 1] - values[l]) / (2.0 * beside[l]);
    let mut g = values[m] - values[l] + beside[l] / (theta + (theta * theta + 1.0).sqrt().copysign(theta));
    let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
    for i in (l..m).rev() {
        let (f, b) = (sine * beside[i], cosine * beside[i]);
        let r = (f * f + g * g).sqrt();
        beside[i + 1] = r;
        if r == 0.0 {
            values[i + 1] -= shift;
            beside[m] = 0.0;
            return;
        }
        (sine, cosine) = (f / r, g / r);
        g = values[i + 1] - shift;
        let r = (values[i] - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        values[i + 1] = g + shift;
        g = cosine * r - b;
        rotations.push(Rotation { row: i, cosine, sine });
    }
    values[l] -= shift;
    beside[l] = g;
    beside[m] = 0.0;
}

/// Turns a few numbers of every vector, which stay in the cache while all rotations pass.
struct Rotate<'a> {
    rotations: &'a [Rotation],
    vectors: &'a mut [[f64; WIDTH]],
}

impl Kernel for Rotate<'_> {
    #[inline(always)]
    fn run(self) {
        let Rotate { rotations, vectors } = self;
        for &Rotation { row, cosine, sine } in rotations {
            let (u, v) = (vectors[row], vectors[row + 1]);
            vectors[row] = std::array::from_fn(|k| cosine * u[k] - sine * v[k]);
            vectors[row + 1] = std::array::from_fn(|k| sine * u[k] + cosine * v[k]);
        }
    }
}

/// Σ aᵢ·bᵢ, in sums that run side by side.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut lanes = [0.0; LANES];
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a.iter().zip(b) {
        lanes.iter_mut().zip(a).zip(b).for_each(|((sum, a), b)| *sum += a * b);
    }
    lanes.iter_mut().zip(a_rest).zip(b_rest).for_each(|((sum, a), b)| *sum += a * b);
    lanes.iter().sum()
}

fn transposed(a: &[f64], n: usize) -> Vec<f64> {
    (0..n * n).map(|i| a[i % n * n + i / n]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Symmetric, with numbers of many sizes.
    fn symmetric(n: usize) -> Vec<f64> {
        let number = |i: usize, j: usize| ((i * 37 + j * 101) % 53) as f64 / 7.0 - 3.0;
        (0..n * n)
            .map(|k| {
                number((k / n).min(k % n), (k / n).max(k % n)) * 10_f64.powi(-((k / n + k % n) as i32 / 9))
            })
            .collect()
    }

    #[track_caller]
    fn assert_orthonormal(rows: &[f64], n: usize) {
        for (i, a) in rows.chunks(n).enumerate() {
            for (j, b) in rows.chunks(n).enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((dot(a, b) - expected).abs() < 1e-13, "{n}: {i}, {j}: {}", dot(a, b));
            }
        }
    }

    #[test]
    fn numbers_whose_squares_are_0_have_eigenvectors_too() {
        for size in [1e-150, 1e-165, 1e-200, 1e-300] {
            let a: Vec<f64> = symmetric(8).iter().map(|a| a * size).collect();
            let (values, vectors) = eigen(a, 8);
            assert!(values.iter().all(|value| value.is_finite()));
            assert_orthonormal(&vectors, 8);
            assert_orthonormal(&orthonormal(vectors.iter().map(|v| v * size).collect(), 8), 8);
        }
    }

    #[test]
    fn the_matrix_comes_back() {
        for n in [1, 2, 3, 5, 8, 33, 70] {
            let a = symmetric(n);
            let (values, vectors) = eigen(a.clone(), n);
            assert_orthonormal(&vectors, n);
            let size = dot(&a, &a).sqrt();
            for (k, a) in a.iter().enumerate() {
                let (i, j) = (k / n, k % n);
                let back: f64 = (0..n).map(|l| values[l] * vectors[l * n + i] * vectors[l * n + j]).sum();
                assert!((back - a).abs() < 1e-13 * size, "{n}: {back} is not {a}");
            }
        }
    }

    #[test]
    fn special_matrices() {
        assert_eq!(eigen(vec![], 0), (vec![], vec![]));
        let (values, vectors) = eigen(vec![0.0; 9], 3);
        assert_eq!(values, [0.0; 3]);
        assert_orthonormal(&vectors, 3);
        // 1 everywhere: one eigenvalue is n, the others are 0.
        let (mut values, vectors) = eigen(vec![1.0; 49], 7);
        values.sort_by(f64::total_cmp);
        assert!((values[6] - 7.0).abs() < 1e-13 && values[5].abs() < 1e-13);
        assert_orthonormal(&vectors, 7);
        // What is no number comes to an end.
        eigen(vec![f64::NAN; 16], 4);
    }

    #[test]
    fn a_basis_spans_what_the_rows_do() {
        for n in [1, 2, 7, 20] {
            let rows: Vec<f64> = (0..n * n).map(|k| ((k * k * 31 + k * 7) % 23) as f64 - 11.0).collect();
            let basis = orthonormal(rows.clone(), n);
            assert_orthonormal(&basis, n);
            for (i, row) in rows.chunks(n).enumerate() {
                // What of a row is along later vectors is nothing.
                for later in basis.chunks(n).skip(i + 1) {
                    assert!(dot(row, later).abs() < 1e-12 * dot(row, row).sqrt().max(1.0));
                }
            }
        }
        // Rows that depend on each other.
        assert_orthonormal(&orthonormal(vec![1.0; 25], 5), 5);
        assert_orthonormal(&orthonormal(vec![0.0; 25], 5), 5);
    }
}
