//! Permutation of dimensions and expansion along new ones.

use ndarray::{ArrayViewD, IxDyn};
use tensor::{Kernels, Shape};

use super::axis;
use super::broadcast::zip_map;
use crate::var::Var;

ops! {
    /// Permutes the dimensions: dimension i of the result is dimension `axes[i]`.
    ///
    /// # Panics
    /// If `axes` is not a permutation of the dimensions.
    #[track_caller]
    pub fn permute<'a>(self, axes: &'a [usize]) -> Var<'g, T> {
        let (tape, x, from) = (self.tape(), self.node(), self.shape());
        let mut sorted = axes.to_vec();
        sorted.sort_unstable();
        assert!(
            sorted.iter().copied().eq(0..from.rank()),
            "expected each axis of shape {from} once, found {axes:?}"
        );
        let to = Shape::new(&axes.iter().map(|&axis| from[axis]).collect::<Vec<_>>());
        let mut inverse = vec![0; axes.len()];
        axes.iter().enumerate().for_each(|(i, &axis)| inverse[axis] = i);
        let axes = axes.to_vec();
        let mut y = tape.buffer(to);
        copy_permuted(&self.values(), from, &axes, &mut y);

        tape.push(to, y, &[self], move |ctx, gradients| {
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                copy_permuted(ctx.dy, to, &inverse, d);
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// Exchanges two dimensions: PyTorch's `transpose(dim0, dim1)`. For a matrix see also [`t`](Var::t).
    ///
    /// # Panics
    /// If an axis is not below the rank.
    #[track_caller]
    pub fn transpose(self, a: usize, b: usize) -> Var<'g, T> {
        axis::check(self.shape(), a);
        axis::check(self.shape(), b);
        let mut axes: Vec<usize> = (0..self.shape().rank()).collect();
        axes.swap(a, b);
        self.permute(&axes)
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// Broadcasts to another shape, with new leading dimensions if needed: PyTorch's `expand` and `broadcast_to`.
    ///
    /// # Panics
    /// If it does not broadcast to that shape.
    #[track_caller]
    pub fn expand(self, shape: impl Into<Shape>) -> Var<'g, T> {
        self.expand_to(shape.into())
    }
}

ops! {
    #[track_caller]
    fn expand_to(self, to: Shape) -> Var<'g, T> {
        let (tape, x, from) = (self.tape(), self.node(), self.shape());
        let fits = from.rank() <= to.rank()
            && from.iter().rev().zip(to.iter().rev()).all(|(&from, &to)| from == to || from == 1);
        assert!(fits, "expected a shape that {from} broadcasts to, found {to}");
        let (mut y, values) = (tape.buffer(to), self.values());
        zip_map((&values, from), (&values, from), (&mut y, to), |x, _| x);
        drop(values);

        tape.push(to, y, &[self], move |ctx, gradients| gradients.add_unbroadcast(x, ctx.dy, to))
    }
}

/// Copies an array with permuted dimensions. Unchanged innermost dimensions are copied as rows.
fn copy_permuted<T: Kernels>(from: &[T], shape: Shape, axes: &[usize], to: &mut [T]) {
    let stay = axes.iter().enumerate().rev().take_while(|&(i, &axis)| i == axis).count();
    let outer = shape.rank() - stay;
    let row: usize = shape[outer..].iter().product();
    if row == 0 || to.is_empty() {
        return;
    }
    if row == 1 {
        let view =
            ArrayViewD::from_shape(IxDyn(&shape), from).expect("a value has as many numbers as its shape");
        to.iter_mut().zip(view.permuted_axes(axes)).for_each(|(to, &x)| *to = x);
        return;
    }
    let rows: Vec<usize> = (0..from.len() / row).collect();
    let view = ArrayViewD::from_shape(IxDyn(&shape[..outer]), &rows).expect("as many rows as their shape");
    for (to, &index) in to.chunks_exact_mut(row).zip(view.permuted_axes(&axes[..outer])) {
        to.copy_from_slice(&from[index * row..][..row]);
    }
}
