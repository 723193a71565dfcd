//! Sums and means.

use tensor::{Scalar, Shape};

use super::axis::{self, Along};
use super::broadcast;
use crate::var::Var;

ops! {
    /// Sum of all elements as a scalar, accumulated in double precision.
    pub fn sum(self) -> Var<'g, T> {
        self.sum_scaled(1.0)
    }

    /// Mean of all elements as a scalar.
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

    /// Sum over one dimension, which stays with size 1.
    ///
    /// # Panics
    /// If the axis is not below the rank.
    #[track_caller]
    pub fn sum_axis(self, axis: usize) -> Var<'g, T> {
        axis::check(self.shape(), axis);
        self.sum_to(axis::with_size(self.shape(), axis, 1))
    }

    /// Sum over several dimensions, which stay with size 1 if `keepdim`.
    ///
    /// # Panics
    /// If an axis is a duplicate or not below the rank, as for the other reductions over several dimensions.
    #[track_caller]
    pub fn sum_axes<'a>(self, axes: &'a [usize], keepdim: bool) -> Var<'g, T> {
        let mut dims = self.shape().to_vec();
        for (i, &axis) in axes.iter().enumerate() {
            axis::check(self.shape(), axis);
            assert!(!axes[..i].contains(&axis), "duplicate axis {axis}");
            dims[axis] = 1;
        }
        let sum = self.sum_to(Shape::new(&dims));
        if keepdim {
            return sum;
        }
        let rest = dims.iter().enumerate().filter(|(axis, _)| !axes.contains(axis)).map(|(_, &size)| size);
        sum.reshape(rest.collect::<Vec<_>>().as_slice())
    }

    /// Mean over several dimensions.
    #[track_caller]
    pub fn mean_axes<'a>(self, axes: &'a [usize], keepdim: bool) -> Var<'g, T> {
        let sum = self.sum_axes(axes, keepdim);
        sum.scale(T::from_f64(1.0 / self.count(axes) as f64))
    }

    /// Variance over several dimensions: the sum of the squared distances from the mean, divided by their number
    /// minus `correction`, which is 1 for the unbiased estimate (PyTorch's default) and 0 for the second moment.
    #[track_caller]
    pub fn var_axes<'a>(self, axes: &'a [usize], correction: usize, keepdim: bool) -> Var<'g, T> {
        let distance = self.sub(self.mean_axes(axes, true));
        let sum = distance.square().sum_axes(axes, keepdim);
        sum.scale(T::from_f64(1.0 / (self.count(axes) as f64 - correction as f64)))
    }

    /// Standard deviation over several dimensions, as [`var_axes`](Var::var_axes).
    #[track_caller]
    pub fn std_axes<'a>(self, axes: &'a [usize], correction: usize, keepdim: bool) -> Var<'g, T> {
        self.var_axes(axes, correction, keepdim).sqrt()
    }

    /// `ln Σeˣ` over one dimension, which stays with size 1; nothing overflows. PyTorch's `logsumexp`.
    ///
    /// # Panics
    /// If the axis is not below the rank.
    #[track_caller]
    pub fn log_sum_exp(self, axis: usize) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let along = Along::new(self.shape(), axis);
        let to = axis::with_size(self.shape(), axis, 1);
        let mut y = tape.buffer(to);
        let values = self.values();
        let mut lines = y.iter_mut();
        along.for_each_line(|start| {
            let line = || (0..along.size).map(|place| values[start + place * along.inner]);
            let larger = |a: T, b: T| if b > a || b.is_nan() { b } else { a };
            let max = line().fold(T::neg_infinity(), larger);
            // ∞ − ∞ would be NaN.
            let shift = if max.is_infinite() { T::zero() } else { max };
            let sum: T = line().map(|x| Scalar::exp(x - shift)).sum();
            lines.next().into_iter().for_each(|y| *y = shift + sum.ln());
        });
        drop(values);

        tape.push(to, y, &[self], move |ctx, gradients| {
            // dx = eˣ⁻ʸ·dy
            let values = ctx.value(x);
            gradients.with_buffer(values.len(), |gradients, d| {
                let mut line = 0;
                along.for_each_line(|start| {
                    for i in (0..along.size).map(|place| start + place * along.inner) {
                        d[i] = Scalar::exp(values[i] - ctx.y[line]) * ctx.dy[line];
                    }
                    line += 1;
                });
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// Number of elements in each sum over these dimensions.
    fn count<'a>(self, axes: &'a [usize]) -> usize {
        axes.iter().map(|&axis| self.shape()[axis]).product()
    }

    /// Sum over each dimension whose size is 1 in `to`.
    fn sum_to(self, to: Shape) -> Var<'g, T> {
        let (tape, x, from) = (self.tape(), self.node(), self.shape());
        let mut y = tape.buffer(to);
        broadcast::sum_to(&self.values(), from, T::zero(), &mut y, to);

        tape.push(to, y, &[self], move |ctx, gradients| {
            gradients.with_buffer(from.len(), |gradients, d| {
                broadcast::zip_map((ctx.dy, to), (ctx.dy, to), (d, from), |dy, _| dy);
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// Mean over one dimension, which stays with size 1.
    ///
    /// # Panics
    /// If the axis is not below the rank.
    #[track_caller]
    pub fn mean_axis(self, axis: usize) -> Var<'g, T> {
        let sum = self.sum_axis(axis);
        sum.scale(T::from_f64(1.0 / self.shape()[axis] as f64))
    }
}
