//! Matrices made nearly orthogonal with products alone.

use tensor::matmul::{Mat, gemm};

/// Of the iteration X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X, chosen by Jordan for speed: the singular values
/// end up between 0.7 and 1.2 instead of at 1.
const COEFFICIENTS: [f32; 3] = [3.4445, -4.7750, 2.0315];

/// The nearest matrix whose singular values are about 1, by so many steps of the Newton–Schulz
/// iteration (Jordan et al. 2024) from x/max(‖x‖, eps).
pub(crate) fn orthogonal(x: Vec<f32>, rows: usize, columns: usize, steps: usize, eps: f64) -> Vec<f32> {
    if rows > columns {
        let turned = orthogonal(transposed(&x, rows, columns), columns, rows, steps, eps);
        return transposed(&turned, columns, rows);
    }
    let norm = tensor::math::sum_of_squares(&x).sqrt().max(eps) as f32;
    let mut x: Vec<f32> = x.into_iter().map(|x| x / norm).collect();
    let [a, b, c] = COEFFICIENTS;
    let (mut gram, mut square) = (vec![0.0; rows * rows], vec![0.0; rows * rows]);
    let mut product = vec![0.0; x.len()];
    for _ in 0..steps {
        let matrix = Mat::new(&x, rows, columns);
        gemm(matrix, matrix.t(), 0.0, &mut gram);
        gemm(Mat::new(&gram, rows, rows), Mat::new(&gram, rows, rows), 0.0, &mut square);
        square.iter_mut().zip(&gram).for_each(|(square, gram)| *square = b * gram + c * *square);
        gemm(Mat::new(&square, rows, rows), matrix, 0.0, &mut product);
        x.iter_mut().zip(&product).for_each(|(x, product)| *x = a * *x + product);
    }
    x
}

fn transposed(x: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let mut turned = vec![0.0; x.len()];
    Mat::new(x, rows, columns).t().copy_to(&mut turned);
    turned
}
