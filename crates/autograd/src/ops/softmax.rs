//! Softmax and its logarithm.

use tensor::simd::{self, Kernel};
use tensor::{Kernels, Scalar};

use crate::var::Var;

ops! {
    /// `eˣ / Σeˣ` along the last dimension.
    pub fn softmax(self) -> Var<'g, T> {
        let (tape, x, columns) = (self.tape(), self.node(), self.shape().as_matrix().1);
        let mut p = tape.buffer(self.shape());
        softmax_rows(&self.values(), columns, &mut p, |_, _| ());

        tape.push(self.shape(), p, &[self], move |ctx, gradients| {
            // dx = p·(dy − Σ p·dy)
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                let rows = ctx.dy.chunks_exact(columns.max(1)).zip(ctx.y.chunks_exact(columns.max(1)));
                for (d, (dy, p)) in d.chunks_exact_mut(columns.max(1)).zip(rows) {
                    let dot: T = dy.iter().zip(p).map(|(&dy, &p)| dy * p).sum();
                    d.iter_mut().zip(dy.iter().zip(p)).for_each(|(d, (&dy, &p))| *d = p * (dy - dot));
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// `x − ln Σeˣ` along the last dimension.
    pub fn log_softmax(self) -> Var<'g, T> {
        let (tape, x, columns) = (self.tape(), self.node(), self.shape().as_matrix().1);
        let mut y = tape.buffer(self.shape());
        let mut log_sums = tape.buffer([self.shape().as_matrix().0]);
        softmax_rows(&self.values(), columns, &mut y, |row, log_sum| log_sums[row] = log_sum);
        for (row, (y, x)) in
            y.chunks_exact_mut(columns.max(1)).zip(self.values().chunks_exact(columns.max(1))).enumerate()
        {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - log_sums[row]);
        }
        tape.give_back(log_sums);

        tape.push(self.shape(), y, &[self], move |ctx, gradients| {
            // dx = dy − eʸ·Σdy
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                let rows = ctx.dy.chunks_exact(columns.max(1)).zip(ctx.y.chunks_exact(columns.max(1)));
                for (d, (dy, y)) in d.chunks_exact_mut(columns.max(1)).zip(rows) {
                    let total: T = dy.iter().copied().sum();
                    d.iter_mut()
                        .zip(dy.iter().zip(y))
                        .for_each(|(d, (&dy, &y))| *d = dy - Scalar::exp(y) * total);
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }
}

/// Writes the softmax of each row of `columns` scores, and calls `row_done` with its index and its `ln Σeˣ`. The
/// maximum of a row is subtracted first, so nothing overflows.
pub(super) fn softmax_rows<T: Kernels>(x: &[T], columns: usize, p: &mut [T], row_done: impl FnMut(usize, T)) {
    simd::dispatch(SoftmaxRows { x, columns: columns.max(1), p, row_done });
}

struct SoftmaxRows<'a, T, F> {
    x: &'a [T],
    columns: usize,
    p: &'a mut [T],
    row_done: F,
}

impl<T: Kernels, F: FnMut(usize, T)> Kernel for SoftmaxRows<'_, T, F> {
    #[inline(always)]
    fn run(self) {
        let SoftmaxRows { x, columns, p, mut row_done } = self;
        let greatest = |x: &[T]| {
            x.iter().copied().fold(T::neg_infinity(), |a, b| if b > a || b.is_nan() { b } else { a })
        };
        for (p, x) in p.chunks_exact_mut(columns).zip(x.chunks_exact(columns)) {
            let max = greatest(x);
            p.iter_mut().zip(x).for_each(|(p, &x)| *p = x - max);
        }
        // One pass over all rows: a row of ten classes would not fill a register.
        p.iter_mut().for_each(|p| *p = Scalar::exp(*p));
        for (row, (p, x)) in p.chunks_exact_mut(columns).zip(x.chunks_exact(columns)).enumerate() {
            let sum: T = p.iter().copied().sum();
            p.iter_mut().for_each(|p| *p /= sum);
            row_done(row, greatest(x) + sum.ln());
        }
    }
}
