//! Concatenation and stacking.

use tensor::{Kernels, Shape};

use crate::var::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// Concatenates arrays along a dimension: PyTorch's `cat`, JAX's `concatenate`.
    ///
    /// # Panics
    /// Without parts, or if they differ in another dimension.
    #[track_caller]
    pub fn concat(parts: &[Var<'g, T>], axis: usize) -> Var<'g, T> {
        let Some(first) = parts.first() else { panic!("expected parts to concatenate, found none") };
        first.concat_all(parts.to_vec(), axis)
    }

    /// Stacks arrays of one shape along a new dimension: PyTorch's `stack`.
    ///
    /// # Panics
    /// Without parts, or if their shapes differ.
    #[track_caller]
    pub fn stack(parts: &[Var<'g, T>], axis: usize) -> Var<'g, T> {
        let mut unsqueezed = Vec::with_capacity(parts.len());
        for part in parts {
            assert!(
                part.shape() == parts[0].shape(),
                "expected parts of one shape, found {} and {}",
                parts[0].shape(),
                part.shape()
            );
            unsqueezed.push(part.unsqueeze(axis));
        }
        Var::concat(&unsqueezed, axis)
    }
}

ops! {
    /// Concatenation of parts of which this is the first.
    #[track_caller]
    fn concat_all(self, parts: Vec<Var<'g, T>>, axis: usize) -> Var<'g, T> {
        let (tape, shape) = (self.tape(), self.shape());
        assert!(axis < shape.rank(), "expected a dimension of shape {shape}, found {axis}");
        let mut dims = shape.to_vec();
        for part in &parts[1..] {
            let same = |i: usize| i == axis || part.shape()[i] == shape[i];
            assert!(
                part.shape().rank() == shape.rank() && (0..shape.rank()).all(same),
                "expected parts that differ in dimension {axis} alone, found shapes {shape} and {}",
                part.shape()
            );
            dims[axis] += part.shape()[axis];
        }
        // Each part contributes one contiguous run of this length to each row of the result.
        let inner: usize = shape[axis + 1..].iter().product();
        let runs: Vec<usize> = parts.iter().map(|part| part.shape()[axis] * inner).collect();
        let row = runs.iter().sum::<usize>().max(1);
        let mut y = tape.buffer(Shape::new(&dims));
        let mut start = 0;
        for (part, &run) in parts.iter().zip(&runs) {
            let values = part.values();
            let rows = y.chunks_exact_mut(row).zip(values.chunks_exact(run.max(1)));
            rows.for_each(|(y, x)| y[start..start + run].copy_from_slice(x));
            start += run;
        }

        let nodes: Vec<_> = parts.iter().map(|part| part.node()).collect();
        tape.push(Shape::new(&dims), y, &parts, move |ctx, gradients| {
            let mut start = 0;
            for (&node, &run) in nodes.iter().zip(&runs) {
                gradients.add(node, |dx, beta| {
                    for (dx, dy) in dx.chunks_exact_mut(run.max(1)).zip(ctx.dy.chunks_exact(row)) {
                        let pairs = dx.iter_mut().zip(&dy[start..start + run]);
                        pairs.for_each(|(dx, &dy)| *dx = if beta == T::zero() { dy } else { *dx + dy });
                    }
                });
                start += run;
            }
        })
    }
}
