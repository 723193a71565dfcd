//! Softmax over the scores that a mask selects.

use tensor::simd::{self, Kernel};
use tensor::{Kernels, Scalar};

use super::broadcast::{common_shape, zip_map};
use super::lanes;
use crate::var::Var;

ops! {
    /// `eˣ / Σeˣ` along the last dimension over the scores where the [mask](crate::Tape::mask) is not 0, and 0
    /// elsewhere; a fully masked row is 0.
    ///
    /// # Panics
    /// If the mask does not broadcast to the shape of the scores.
    #[track_caller]
    pub fn masked_softmax(self, mask: Var<'g, T>) -> Var<'g, T> {
        let (tape, x, shape) = (self.tape(), self.node(), self.shape());
        assert!(
            common_shape(shape, mask.shape()) == shape,
            "expected a mask that broadcasts to {shape}, found shape {}",
            mask.shape()
        );
        let columns = shape.as_matrix().1.max(1);
        let mut p = tape.buffer(shape);
        let hidden = T::neg_infinity();
        let seen = |x: T, mask: T| if mask == T::zero() { hidden } else { x };
        zip_map((&self.values(), shape), (&mask.values(), mask.shape()), (&mut p, shape), seen);
        simd::dispatch(SoftmaxInPlace { columns, p: &mut p });

        tape.push(shape, p, &[self, mask], move |ctx, gradients| {
            // dx = p·(dy − Σ p·dy)
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                let rows = ctx.dy.chunks_exact(columns).zip(ctx.y.chunks_exact(columns));
                for (d, (dy, p)) in d.chunks_exact_mut(columns).zip(rows) {
                    let dot = lanes::dot(dy, p);
                    d.iter_mut().zip(dy.iter().zip(p)).for_each(|(d, (&dy, &p))| *d = p * (dy - dot));
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// [`masked_softmax`](Var::masked_softmax) of scores [.., queries, keys] in which query i attends to
    /// keys 0 to i.
    ///
    /// # Panics
    /// With fewer than two dimensions.
    #[track_caller]
    pub fn causal_softmax(self) -> Var<'g, T> {
        let &[.., queries, keys] = &*self.shape() else {
            panic!("expected scores [.., queries, keys], found shape {}", self.shape());
        };
        self.masked_softmax(self.tape().causal_mask(queries, keys))
    }
}

/// Softmax of each row; scores of −∞ give 0.
struct SoftmaxInPlace<'a, T> {
    columns: usize,
    p: &'a mut [T],
}

impl<T: Kernels> Kernel for SoftmaxInPlace<'_, T> {
    #[inline(always)]
    fn run(self) {
        for row in self.p.chunks_exact_mut(self.columns) {
            let max = lanes::max(row);
            if max == T::neg_infinity() {
                row.fill(T::zero());
                continue;
            }
            row.iter_mut().for_each(|x| *x = Scalar::exp(*x - max));
            let sum = lanes::sum(row);
            row.iter_mut().for_each(|p| *p /= sum);
        }
    }
}
