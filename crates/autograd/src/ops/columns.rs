//! Sums over the rows of a matrix, accumulated in double precision because a bias or a normalization adds up
//! many numbers.

use tensor::Kernels;
use tensor::parallel;
use tensor::simd::{self, Kernel};

use crate::gradients::Gradients;
use crate::tape::Node;

/// Sum of each column.
pub(super) fn sums<T: Kernels>(x: &[T], columns: usize) -> Vec<f64> {
    total(x, x, columns, |x, _| x)
}

/// Sum of the products of corresponding columns.
pub(super) fn dots<T: Kernels>(x: &[T], y: &[T], columns: usize) -> Vec<f64> {
    total(x, y, columns, |x, y| x * y)
}

/// Sum of `f(x, y)` over each column.
pub(super) fn total<T: Kernels>(
    x: &[T],
    y: &[T],
    columns: usize,
    f: impl Fn(f64, f64) -> f64 + Sync,
) -> Vec<f64> {
    // A short row does not fill a register: several rows are treated as one and added up afterwards.
    let rows = (32 / columns.max(1)).max(1);
    let width = (rows * columns).max(1);
    // Fixed chunks, added in order: the bits do not depend on threads.
    let part = width * (parallel::CHUNK / width).max(1);
    let mut wide = vec![0.0; x.len().div_ceil(part) * width];
    let parts = wide.chunks_exact_mut(width).zip(x.chunks(part).zip(y.chunks(part)));
    parallel::for_each_chunk(parts.collect(), |(sums, (x, y))| simd::dispatch(Total { x, y, f: &f, sums }));
    let mut sums = vec![0.0; columns];
    for wide in wide.chunks_exact(columns.max(1)) {
        sums.iter_mut().zip(wide).for_each(|(sum, &x)| *sum += x);
    }
    sums
}

/// Adds column sums to the gradient of a parameter of that length.
pub(super) fn add<T: Kernels>(gradients: &mut Gradients<'_, T>, x: Node, sums: &[f64]) {
    gradients.add(x, |dx, beta| {
        let pairs = dx.iter_mut().zip(sums);
        if beta == T::zero() {
            pairs.for_each(|(dx, &sum)| *dx = T::from_f64(sum));
        } else {
            pairs.for_each(|(dx, &sum)| *dx += T::from_f64(sum));
        }
    });
}

struct Total<'a, T, F> {
    x: &'a [T],
    y: &'a [T],
    f: F,
    sums: &'a mut [f64],
}

impl<T: Kernels, F: Fn(f64, f64) -> f64> Kernel for Total<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let Total { x, y, f, sums } = self;
        for (x, y) in x.chunks(sums.len().max(1)).zip(y.chunks(sums.len().max(1))) {
            sums.iter_mut().zip(x.iter().zip(y)).for_each(|(sum, (x, y))| *sum += f(x.widen(), y.widen()));
        }
    }
}
