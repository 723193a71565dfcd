//! Slices and splits.

use std::ops::Range;

use super::axis::{self, Along};
use crate::var::Var;

ops! {
    /// Slice with a range along each leading dimension; the other dimensions are kept. NumPy's `x[a:b, c:d]`.
    ///
    /// # Panics
    /// If there are more ranges than dimensions, or a range exceeds its dimension.
    #[track_caller]
    pub fn slice<'a>(self, ranges: &'a [Range<usize>]) -> Var<'g, T> {
        let shape = self.shape();
        assert!(
            ranges.len() <= shape.rank(),
            "expected at most {} ranges for shape {shape}, found {}",
            shape.rank(),
            ranges.len()
        );
        let mut part = self;
        for (axis, range) in ranges.iter().enumerate() {
            assert!(
                range.start <= range.end && range.end <= shape[axis],
                "expected a range within 0..{} along axis {axis} of shape {shape}, found {range:?}",
                shape[axis]
            );
            if *range != (0..shape[axis]) {
                part = part.narrow(axis, range.start, range.len());
            }
        }
        part
    }

    /// `len` indices along an axis from `start` on: PyTorch's `narrow`.
    ///
    /// # Panics
    /// If the axis is not below the rank, or the range exceeds its size.
    #[track_caller]
    pub fn narrow(self, axis: usize, start: usize, len: usize) -> Var<'g, T> {
        let (tape, x, shape) = (self.tape(), self.node(), self.shape());
        let Along { size, inner, .. } = Along::new(shape, axis);
        assert!(
            start + len <= size,
            "expected a range within 0..{size} along axis {axis} of shape {shape}, found {:?}",
            start..start + len
        );
        let to = axis::with_size(shape, axis, len);
        let (whole, range) = ((size * inner).max(1), start * inner..(start + len) * inner);
        let mut y = tape.buffer(to);
        let values = self.values();
        for (y, x) in y.chunks_exact_mut(range.len().max(1)).zip(values.chunks_exact(whole)) {
            y.copy_from_slice(&x[range.clone()]);
        }
        drop(values);

        tape.push(to, y, &[self], move |ctx, gradients| {
            gradients.add(x, |dx, beta| {
                if beta == T::zero() {
                    dx.fill(T::zero());
                }
                for (dx, dy) in dx.chunks_exact_mut(whole).zip(ctx.dy.chunks_exact(range.len().max(1))) {
                    dx[range.clone()].iter_mut().zip(dy).for_each(|(dx, &dy)| *dx += dy);
                }
            });
        })
    }

    /// Array at one index of an axis, which is removed: PyTorch's `x.select(dim, index)`.
    ///
    /// # Panics
    /// As [`narrow`](Var::narrow).
    #[track_caller]
    pub fn select(self, axis: usize, index: usize) -> Var<'g, T> {
        self.narrow(axis, index, 1).squeeze(axis)
    }

    /// Splits an axis into parts of `size`; the last may be shorter: PyTorch's `split`.
    ///
    /// # Panics
    /// If the axis is not below the rank, or the size is 0.
    #[track_caller]
    pub fn split(self, size: usize, axis: usize) -> Vec<Var<'g, T>> {
        let len = Along::new(self.shape(), axis).size;
        assert!(size > 0, "expected parts of at least size 1, found 0");
        let mut parts = Vec::new();
        for start in (0..len).step_by(size) {
            parts.push(self.narrow(axis, start, size.min(len - start)));
        }
        parts
    }

    /// Splits an axis into at most `count` parts, all but the last of the same size: PyTorch's `chunk`.
    ///
    /// # Panics
    /// If the axis is not below the rank, or the count is 0.
    #[track_caller]
    pub fn chunk(self, count: usize, axis: usize) -> Vec<Var<'g, T>> {
        let len = Along::new(self.shape(), axis).size;
        assert!(count > 0, "expected at least 1 part, found 0");
        self.split(len.div_ceil(count).max(1), axis)
    }
}
