//! Matrices made nearly orthogonal with products alone.

use tensor::Buffer;
use tensor::buffer::with_scratch;
use tensor::matmul::{Mat, gemm, symmetric};

use crate::linalg::blas1::zip_map;

/// Of the iteration X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X, chosen by Jordan for speed: the singular values
/// end up between 0.7 and 1.2 instead of at 1.
const COEFFICIENTS: [f32; 3] = [3.4445, -4.7750, 2.0315];

/// Makes of `x` the nearest matrix whose singular values are about 1, by `steps` steps of the
/// Newton–Schulz iteration (Jordan et al. 2024) from x/max(‖x‖, eps).
pub(crate) fn orthogonalize(x: &mut Buffer, rows: usize, columns: usize, steps: usize, eps: f64) {
    let norm = tensor::math::sum_of_squares(x).sqrt().max(eps) as f32;
    zip_map(x, [], move |x, []| x / norm);
    let n = rows.min(columns);
    with_scratch(x.len(), |product| {
        with_scratch(n * n, |gram| {
            with_scratch(n * n, |factor| {
                for _ in 0..steps {
                    let matrix = Mat::new(x, rows, columns);
                    if rows <= columns {
                        polynomial(matrix, gram, factor);
                        gemm(Mat::new(factor, n, n), matrix, 0.0, product);
                    } else {
                        polynomial(matrix.t(), gram, factor);
                        gemm(matrix, Mat::new(factor, n, n), 0.0, product);
                    }
                    std::mem::swap(x, product);
                }
            });
        });
    });
}

/// Writes G = XXᵀ, and the factor a·1 + b·G + c·G² of a step.
fn polynomial(x: Mat<'_>, gram: &mut [f32], factor: &mut [f32]) {
    let [a, b, c] = COEFFICIENTS;
    symmetric(x, x.t(), gram);
    let n = x.rows();
    let square = Mat::new(gram, n, n);
    symmetric(square, square, factor);
    zip_map(factor, [gram], move |square, [gram]| b * gram + c * square);
    factor.iter_mut().step_by(n + 1).for_each(|x| *x += a);
}

#[cfg(test)]
mod tests {
    use tensor::random::Stream;

    use super::*;

    /// The singular values are between 0.7 and 1.2: so are the roots of what XXᵀ stretches a vector by.
    #[test]
    fn a_matrix_stretches_all_vectors_about_equally() {
        for (rows, columns) in [(8, 8), (5, 20), (20, 5), (300, 310)] {
            let n = rows.min(columns);
            let mut x: Buffer = Buffer::zeros(rows * columns);
            Stream::new(1, "x").fill_uniform(&mut x, -1.0, 1.0);
            orthogonalize(&mut x, rows, columns, 12, 1e-7);
            let mut vector = vec![0.0; n];
            Stream::new(1, "vector").fill_uniform(&mut vector, -1.0, 1.0);
            let x = Mat::new(&x, rows, columns);
            let wide = if rows > columns { x.t() } else { x };
            let mut image = vec![0.0; rows.max(columns)];
            gemm(Mat::new(&vector, 1, n), wide, 0.0, &mut image);
            let squares = |x: &[f32]| tensor::math::sum_of_squares(x);
            let stretched = (squares(&image) / squares(&vector)).sqrt();
            assert!((0.68..1.25).contains(&stretched), "{rows}×{columns}: {stretched}");
        }
    }

    #[test]
    fn a_matrix_and_its_transpose_agree_to_the_bit() {
        let (rows, columns) = (9, 21);
        let mut x: Buffer = Buffer::zeros(rows * columns);
        Stream::new(1, "x").fill_uniform(&mut x, -1.0, 1.0);
        let turned = |x: &Buffer, rows: usize, columns: usize| {
            let mut turned: Buffer = Buffer::zeros(x.len());
            Mat::new(x, rows, columns).t().copy_to(&mut turned);
            turned
        };
        let mut tall = turned(&x, rows, columns);
        orthogonalize(&mut x, rows, columns, 5, 1e-7);
        orthogonalize(&mut tall, columns, rows, 5, 1e-7);
        assert!(turned(&tall, columns, rows) == x);
    }
}
