//! Sums and means.

use tensor::{Real, Shape};

use super::broadcast;
use crate::tape::Var;

impl<'g, T: Real> Var<'g, T> {
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
        let (graph, x) = (self.graph(), self.node());
        let total: f64 = self.values().iter().map(|x| x.widen()).sum();
        let mut y = graph.buffer(Shape::SCALAR);
        y[0] = T::from_f64(c * total);

        let c = T::from_f64(c);
        graph.push(Shape::SCALAR, y, &[self], move |at, gradients| {
            let d = c * at.dy[0];
            gradients.add_map(x, at.value(x), at.value(x), |_, _| d);
        })
    }

    /// The sum over one dimension, which stays with size 1.
    ///
    /// # Panics
    /// If there is no such dimension.
    #[track_caller]
    pub fn sum_axis(self, axis: usize) -> Var<'g, T> {
        let (graph, x, from) = (self.graph(), self.node(), self.shape());
        assert!(axis < from.rank(), "an array of shape {from} has no dimension {axis}");
        let mut dims = from.to_vec();
        dims[axis] = 1;
        let to = Shape::new(&dims);
        let mut y = graph.buffer(to);
        broadcast::sum_to(&self.values(), from, T::zero(), &mut y, to);

        graph.push(to, y, &[self], move |at, gradients| {
            gradients.with_buffer(from.len(), |gradients, d| {
                broadcast::zip_map((at.dy, to), (at.dy, to), (d, from), |dy, _| dy);
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
