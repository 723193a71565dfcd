//! Selection by index.

use tensor::{Kernels, Shape};

use super::axis::{self, Along};
use crate::var::Var;

ops! {
    /// Selects indices along an axis, in order and with repetitions: PyTorch's `index_select`.
    ///
    /// # Panics
    /// If the axis is not below the rank, or an index is not below its size.
    #[track_caller]
    pub fn index_select<'a>(self, axis: usize, indices: &'a [u32]) -> Var<'g, T> {
        let shape = self.shape();
        let Along { outer, size, inner } = Along::new(shape, axis);
        check(shape, axis, indices);
        let starts = (0..outer)
            .flat_map(|outer| indices.iter().map(move |&index| (outer * size + index as usize) * inner));
        let starts = starts.collect();
        self.pick(axis::with_size(shape, axis, indices.len()), starts, inner)
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// Gathers one element along an axis per index, in an array of the shape of the indices:
    /// `y[.., j, ..] = x[.., indices[.., j, ..], ..]`. PyTorch's `gather`.
    ///
    /// # Panics
    /// If the axis is not below the rank, an index is not below its size, the number of indices is not that of the
    /// elements of `at`, or `at` differs from the shape along another axis.
    #[track_caller]
    pub fn gather(self, axis: usize, indices: &[u32], at: impl Into<Shape>) -> Var<'g, T> {
        let (shape, at) = (self.shape(), at.into());
        let Along { size, inner, .. } = Along::new(shape, axis);
        assert!(
            at.rank() == shape.rank() && axis::with_size(at, axis, size) == shape,
            "expected indices of shape {shape} but for axis {axis}, found shape {at}"
        );
        assert!(
            indices.len() == at.len(),
            "expected {} indices for shape {at}, found {}",
            at.len(),
            indices.len()
        );
        check(shape, axis, indices);
        let group = (at[axis] * inner).max(1);
        let places = indices.iter().enumerate();
        let starts = places.map(|(i, &index)| (i / group * size + index as usize) * inner + i % inner.max(1));
        self.pick(at, starts.collect(), 1)
    }
}

#[track_caller]
fn check(shape: Shape, axis: usize, indices: &[u32]) {
    let size = shape[axis];
    if let Some(index) = indices.iter().find(|&&index| index as usize >= size) {
        panic!("expected indices below {size}, the size of axis {axis} of shape {shape}, found {index}");
    }
}

ops! {
    /// Runs of `len` elements that start at these offsets.
    fn pick(self, shape: Shape, starts: Vec<usize>, len: usize) -> Var<'g, T> {
        let (x, tape, node) = (self, self.tape(), self.node());
        let mut y = tape.buffer(shape);
        let values = x.values();
        for (y, &start) in y.chunks_exact_mut(len.max(1)).zip(&starts) {
            y.copy_from_slice(&values[start..start + len]);
        }
        drop(values);

        tape.push(shape, y, &[x], move |ctx, gradients| {
            gradients.add(node, |dx, beta| {
                if beta == T::zero() {
                    dx.fill(T::zero());
                }
                for (dy, &start) in ctx.dy.chunks_exact(len.max(1)).zip(&starts) {
                    dx[start..start + len].iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy);
                }
            });
        })
    }
}
