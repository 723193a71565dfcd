//! Views of an array along one axis.

use tensor::Shape;

/// Array viewed as [outer, size, inner]: the dimensions before an axis, the axis, the dimensions after it.
#[derive(Clone, Copy)]
pub(super) struct Along {
    pub(super) outer: usize,
    pub(super) size: usize,
    pub(super) inner: usize,
}

impl Along {
    /// # Panics
    /// If the axis is not below the rank.
    #[track_caller]
    pub(super) fn new(shape: Shape, axis: usize) -> Along {
        check(shape, axis);
        Along {
            outer: shape[..axis].iter().product(),
            size: shape[axis],
            inner: shape[axis + 1..].iter().product(),
        }
    }

    /// Calls `visit` with the offset of the first number of each line along the axis; the others follow
    /// every [`inner`](Along::inner) numbers.
    #[inline(always)]
    pub(super) fn for_each_line(self, mut visit: impl FnMut(usize)) {
        for outer in 0..self.outer {
            (0..self.inner).for_each(|inner| visit(outer * self.size * self.inner + inner));
        }
    }
}

/// # Panics
/// If the axis is not below the rank.
#[track_caller]
pub(super) fn check(shape: Shape, axis: usize) {
    let rank = shape.rank();
    assert!(axis < rank, "expected an axis below {rank}, the rank of shape {shape}, found {axis}");
}

/// Shape with another size along an axis.
pub(super) fn with_size(shape: Shape, axis: usize, size: usize) -> Shape {
    let mut dims = shape.to_vec();
    dims[axis] = size;
    Shape::new(&dims)
}
