//! Changes of shape.

use tensor::matmul::Mat;
use tensor::{Kernels, Shape};

use super::axis;
use crate::var::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// The same elements in the same order with another shape.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var<'g, T> {
        self.reshape_to(shape.into())
    }
}

ops! {
    #[track_caller]
    fn reshape_to(self, shape: Shape) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        assert!(
            self.shape().len() == shape.len(),
            "expected a shape of {} elements for an array of shape {}, found {shape}",
            self.shape().len(),
            self.shape()
        );
        let mut y = tape.buffer(shape);
        y.copy_from_slice(&self.values());

        tape.push(shape, y, &[self], move |ctx, gradients| gradients.add_map(x, ctx.dy, ctx.dy, |dy, _| dy))
    }

    /// Merges all dimensions but the first: [n, a, b] becomes [n, a·b].
    pub fn flatten(self) -> Var<'g, T> {
        let n = self.shape().first().copied().unwrap_or(1);
        let rest = self.shape().iter().skip(1).product();
        self.reshape([n, rest])
    }

    /// Removes a dimension of size 1.
    ///
    /// # Panics
    /// If the axis is not below the rank, or its size is not 1.
    #[track_caller]
    pub fn squeeze(self, axis: usize) -> Var<'g, T> {
        let shape = self.shape();
        axis::check(shape, axis);
        assert!(
            shape[axis] == 1,
            "expected size 1 along axis {axis} of shape {shape}, found {}",
            shape[axis]
        );
        let mut dims = shape.to_vec();
        dims.remove(axis);
        self.reshape(dims.as_slice())
    }

    /// Inserts a dimension of size 1 at `axis`.
    ///
    /// # Panics
    /// If `axis` is above the rank.
    #[track_caller]
    pub fn unsqueeze(self, axis: usize) -> Var<'g, T> {
        let (shape, rank) = (self.shape(), self.shape().rank());
        assert!(axis <= rank, "expected an axis up to {rank}, the rank of shape {shape}, found {axis}");
        let mut dims = shape.to_vec();
        dims.insert(axis, 1);
        self.reshape(dims.as_slice())
    }

    /// Transpose of a matrix. For other arrays see [`transpose`](Var::transpose).
    ///
    /// # Panics
    /// If the rank is not 2.
    #[track_caller]
    pub fn t(self) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let &[m, n] = &*self.shape() else { panic!("expected a matrix, found shape {}", self.shape()) };
        let mut y = tape.buffer([n, m]);
        transpose_into(&self.values(), m, n, &mut y);

        tape.push([n, m], y, &[self], move |ctx, gradients| {
            gradients.with_buffer(m * n, |gradients, d| {
                transpose_into(ctx.dy, n, m, d);
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }
}

fn transpose_into<T: Kernels>(from: &[T], m: usize, n: usize, to: &mut [T]) {
    Mat::new(from, m, n).t().copy_to(to);
}
