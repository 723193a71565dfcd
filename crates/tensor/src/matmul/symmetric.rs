//! Symmetric products.

use super::packed::{self, Wanted};
use super::transpose::transpose;
use super::{Mat, check, gemm_on};
use crate::parallel::{for_each_chunk, join};
use crate::simd::{self, Path};

/// `C = A·B` for a symmetric product, such as X·Xᵀ or the square of a symmetric matrix; C is row-major. For a
/// large product only the lower triangle is computed, half the work; the upper one is its mirror image, with the
/// same bits as if it had been computed.
///
/// ```
/// use tensor::matmul::{Mat, symmetric};
/// let x = Mat::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
/// let mut gram = [0.0; 4];
/// symmetric(x, x.t(), &mut gram);
/// assert_eq!(gram, [14.0, 32.0, 32.0, 77.0]);
/// ```
///
/// # Panics
/// If the shapes do not fit, or the product is not square.
#[track_caller]
pub fn symmetric(a: Mat<'_>, b: Mat<'_>, c: &mut [f32]) {
    symmetric_on(simd::path(), a, b, c);
}

/// [`symmetric`] with the instructions of `path`.
///
/// # Panics
/// As [`symmetric`], and if the machine does not have the instructions.
#[track_caller]
pub fn symmetric_on(path: Path, a: Mat<'_>, b: Mat<'_>, c: &mut [f32]) {
    check(&a, &b, c.len());
    assert!(path.is_available(), "this machine has no {}", path.name());
    let n = a.rows;
    assert!(n == b.columns, "expected a symmetric product, found {n} rows and {} columns", b.columns);
    if packed::pays(n, a.columns, n) {
        packed::product(path, a, b, 0.0, Wanted::Lower, c);
        mirror(path, c, n, 0);
    } else {
        gemm_on(path, a, b, 0.0, c);
    }
}

/// Rows mirrored at a time.
const BLOCK: usize = 64;

/// Mirrors the lower triangle of the square that `rows` have from column `first` on; a row has `n` elements.
fn mirror(path: Path, rows: &mut [f32], n: usize, first: usize) {
    let size = rows.len() / n;
    if size <= BLOCK {
        for i in 0..size {
            for j in i + 1..size {
                rows[i * n + first + j] = rows[j * n + first + i];
            }
        }
        return;
    }
    let half = (size / 2).next_multiple_of(BLOCK);
    let (top, bottom) = rows.split_at_mut(half * n);
    let below = Mat::new(bottom, size - half, n);
    for_each_chunk(top.chunks_mut(BLOCK * n).enumerate().collect(), |(i, top)| {
        let block = below.t().rows_from(first + i * BLOCK, top.len() / n).t();
        transpose(path, block, &mut top[first + half..], n);
    });
    join(|| mirror(path, top, n, first), || mirror(path, bottom, n, first + half));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    fn matrix(len: usize) -> Vec<f32> {
        let mut values = vec![0.0; len];
        Stream::new(1, "symmetric").fill_uniform(&mut values, -1.0, 1.0);
        values
    }

    #[test]
    fn a_mirrored_half_has_the_bits_of_the_full_product() {
        for (n, k) in [(0, 3), (3, 0), (5, 7), (256, 256), (257, 300), (331, 259), (400, 513)] {
            let x = matrix(n * k);
            let x = Mat::new(&x, n, k);
            let tall = matrix(n * k);
            let tall = Mat::new(&tall, k, n);
            for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
                for (a, b) in [(x, x.t()), (tall.t(), tall)] {
                    let (mut whole, mut half) = (vec![0.0; n * n], vec![f32::NAN; n * n]);
                    gemm_on(path, a, b, 0.0, &mut whole);
                    symmetric_on(path, a, b, &mut half);
                    let bits = |c: &[f32]| c.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    assert!(bits(&whole) == bits(&half), "{n}×{k} on {}", path.name());
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "expected a symmetric product, found 2 rows and 3 columns")]
    fn a_product_that_is_not_square_is_refused() {
        let (a, b) = ([0.0; 2], [0.0; 3]);
        symmetric(Mat::new(&a, 2, 1), Mat::new(&b, 1, 3), &mut [0.0; 6]);
    }
}
