//! A whole parameter seen along one of its dimensions, for rules with a matrix for each.

use tensor::Shape;
use tensor::matmul::{Mat, gemm, symmetric};

/// One dimension of an array: its size, how often a step along it repeats, and how long such a step is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Axis {
    pub(crate) size: usize,
    outer: usize,
    inner: usize,
}

/// The dimensions of a shape.
pub(crate) fn axes(shape: &Shape) -> impl Iterator<Item = Axis> {
    (0..shape.rank()).map(|i| Axis {
        size: shape[i],
        outer: shape[..i].iter().product(),
        inner: shape[i + 1..].iter().product(),
    })
}

impl Axis {
    /// The products of all slices across this dimension with each other, one a pair: X·Xᵀ of a matrix's
    /// rows, Xᵀ·X of its columns.
    pub(crate) fn gram(self, x: &[f32]) -> Vec<f32> {
        let Axis { size, outer, inner } = self;
        let mut gram = vec![0.0; size * size];
        if inner == 1 {
            let x = Mat::new(x, outer, size);
            symmetric(x.t(), x, &mut gram);
        } else {
            for (i, x) in x.chunks(size * inner).enumerate() {
                let x = Mat::new(x, size, inner);
                if i == 0 {
                    symmetric(x, x.t(), &mut gram);
                } else {
                    gemm(x, x.t(), 1.0, &mut gram);
                }
            }
        }
        gram
    }

    /// The sum of squares of each slice across this dimension: the diagonal of [`gram`](Axis::gram).
    pub(crate) fn squares(self, x: &[f32]) -> Vec<f32> {
        let Axis { size, inner, .. } = self;
        let mut squares = vec![0.0; size];
        for x in x.chunks(size * inner) {
            squares
                .iter_mut()
                .zip(x.chunks(inner))
                .for_each(|(sum, x)| *sum += x.iter().map(|x| x * x).sum::<f32>());
        }
        squares
    }

    /// M·X for every column X along this dimension; `by` is size × size.
    pub(crate) fn multiplied(self, by: Mat<'_>, x: &[f32]) -> Vec<f32> {
        let Axis { size, outer, inner } = self;
        let mut product = vec![0.0; x.len()];
        if inner == 1 {
            gemm(Mat::new(x, outer, size), by.t(), 0.0, &mut product);
        } else {
            for (x, product) in x.chunks(size * inner).zip(product.chunks_mut(size * inner)) {
                gemm(by, Mat::new(x, size, inner), 0.0, product);
            }
        }
        product
    }

    /// Every slice across this dimension times its number.
    pub(crate) fn scale(self, by: &[f32], x: &mut [f32]) {
        let Axis { size, inner, .. } = self;
        for x in x.chunks_mut(size * inner) {
            x.chunks_mut(inner).zip(by).for_each(|(x, by)| x.iter_mut().for_each(|x| *x *= by));
        }
    }

    /// The slices across this dimension in another order.
    pub(crate) fn reordered(self, order: &[usize], x: &[f32]) -> Vec<f32> {
        let Axis { size, inner, .. } = self;
        let slices = |x: &[f32]| {
            order.iter().flat_map(|&i| x[i * inner..(i + 1) * inner].to_vec()).collect::<Vec<f32>>()
        };
        x.chunks(size * inner).flat_map(slices).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_along_both_dimensions() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let [rows, columns] =
            <[Axis; 2]>::try_from(axes(&Shape::from([2, 3])).collect::<Vec<_>>()).expect("two");
        assert_eq!(rows.gram(&x), [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(columns.gram(&x), [17.0, 22.0, 27.0, 22.0, 29.0, 36.0, 27.0, 36.0, 45.0]);
        assert_eq!((rows.squares(&x), columns.squares(&x)), (vec![14.0, 77.0], vec![17.0, 29.0, 45.0]));
        let swap = [0.0, 1.0, 1.0, 0.0];
        assert_eq!(rows.multiplied(Mat::new(&swap, 2, 2), &x), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
        assert_eq!(rows.reordered(&[1, 0], &x), [4.0, 5.0, 6.0, 1.0, 2.0, 3.0]);
        assert_eq!(columns.reordered(&[2, 0, 1], &x), [3.0, 1.0, 2.0, 6.0, 4.0, 5.0]);
        let shift = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        assert_eq!(columns.multiplied(Mat::new(&shift, 3, 3), &x), [2.0, 3.0, 1.0, 5.0, 6.0, 4.0]);
        let mut scaled = x;
        columns.scale(&[1.0, 0.0, 2.0], &mut scaled);
        assert_eq!(scaled, [1.0, 0.0, 6.0, 4.0, 0.0, 12.0]);
    }

    /// The middle dimension of a stack is that of each of its matrices.
    #[test]
    fn a_stack_along_its_middle_dimension() {
        let x: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let middle = axes(&Shape::from([2, 3, 2])).nth(1).expect("three");
        let (first, second) = x.split_at(6);
        let rows = axes(&Shape::from([3, 2])).next().expect("two");
        let sum: Vec<f32> = rows.gram(first).iter().zip(rows.gram(second)).map(|(a, b)| a + b).collect();
        assert_eq!(middle.gram(&x), sum);
        let shift = [0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let by = Mat::new(&shift, 3, 3);
        assert_eq!(
            middle.multiplied(by, &x),
            [rows.multiplied(by, first), rows.multiplied(by, second)].concat()
        );
    }
}
