//! Sums and means.

use tensor::{Kernels, Shape};

use super::broadcast;
use crate::var::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// The sum of all elements, accumulated in double precision: a scalar.
    pub fn sum(self) -> Var<'g, T> {
        self.sum_scaled(1.0)
    }

    /// The mean of all elements: a scalar.
    pub fn mean(self) -> Var<'g, T> {
        self.sum_scaled(1.0 / self.shape().len() as f64)
    }

    /// `c·Σx`.
    fn sum_scaled(self, c: f64) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let total: f64 = self.values().iter().map(|x| x.widen()).sum();
        let mut y = tape.buffer(Shape::SCALAR);
        y[0] = T::from_f64(c * total);

        let c = T::from_f64(c);
        tape.push(Shape::SCALAR, y, &[self], move |ctx, gradients| {
            let d = c * ctx.dy[0];
            gradients.add_map(x, ctx.value(x), ctx.value(x), |_, _| d);
        })
    }

    /// The sum over one dimension, which stays with size 1.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn sum_axis(self, axis: usize) -> Var<'g, T> {
        let (tape, x, from) = (self.tape(), self.node(), self.shape());
        assert!(
            axis < from.rank(),
            "expected an axis below {}, the rank of shape {from}, found {axis}",
            from.rank()
        );
        let mut dims = from.to_vec();
        dims[axis] = 1;
        let to = Shape::new(&dims);
        let mut y = tape.buffer(to);
        broadcast::sum_to(&self.values(), from, T::zero(), &mut y, to);

        tape.push(to, y, &[self], move |ctx, gradients| {
            gradients.with_buffer(from.len(), |gradients, d| {
                broadcast::zip_map((ctx.dy, to), (ctx.dy, to), (d, from), |dy, _| dy);
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// The mean over one dimension, which stays with size 1.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn mean_axis(self, axis: usize) -> Var<'g, T> {
        let sum = self.sum_axis(axis);
        sum.scale(T::from_f64(1.0 / self.shape()[axis] as f64))
    }
}
