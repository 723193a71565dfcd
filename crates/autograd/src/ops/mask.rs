//! Selection by masks: values of ones and zeros, into which no gradient flows.

use tensor::{Kernels, Shape};

use super::broadcast::{common_shape, zip_map};
use crate::tape::Tape;
use crate::var::Var;

impl<T: Kernels> Tape<'_, T> {
    /// A mask: 1 where true, 0 where false.
    ///
    /// # Panics
    /// If the number of values is not the number of elements of the shape.
    #[track_caller]
    pub fn mask(&self, shape: impl Into<Shape>, mask: &[bool]) -> Var<'_, T> {
        let shape = shape.into();
        assert!(
            mask.len() == shape.len(),
            "expected {} values for shape {shape}, found {}",
            shape.len(),
            mask.len()
        );
        self.input_with(shape, |to| {
            to.iter_mut().zip(mask).for_each(|(to, &on)| *to = if on { T::one() } else { T::zero() });
        })
    }

    /// Mask [queries, keys] with which query i attends to keys 0 to i.
    pub fn causal_mask(&self, queries: usize, keys: usize) -> Var<'_, T> {
        self.input_with([queries, keys], |to| {
            for (i, row) in to.chunks_exact_mut(keys.max(1)).enumerate() {
                row.iter_mut()
                    .enumerate()
                    .for_each(|(j, to)| *to = if j <= i { T::one() } else { T::zero() });
            }
        })
    }
}

ops! {
    /// This value where the mask is not 0, `other` elsewhere, all three broadcast: PyTorch's
    /// `torch.where(mask, x, other)`.
    ///
    /// ```
    /// use autograd::BufferPool;
    /// use tensor::{Layout, ParamVec};
    /// let (pool, nothing) = (BufferPool::new(), ParamVec::<f32>::zeros(Layout::new()));
    /// let tape = pool.tape(&nothing);
    /// let (x, zero) = (tape.input([3], &[1.0, 2.0, 3.0]), tape.input([1], &[0.0]));
    /// let mask = tape.mask([3], &[true, false, true]);
    /// assert_eq!(*x.where_mask(mask, zero).values(), [1.0, 0.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn where_mask(self, mask: Var<'g, T>, other: Var<'g, T>) -> Var<'g, T> {
        let tape = self.tape();
        let shape = common_shape(common_shape(self.shape(), other.shape()), mask.shape());
        let zero = T::zero();
        let mut y = tape.buffer(shape);
        let mut chosen = tape.buffer(shape);
        zip_map(
            (&self.values(), self.shape()),
            (&mask.values(), mask.shape()),
            (&mut chosen, shape),
            |x, m| if m == zero { zero } else { x },
        );
        zip_map((&other.values(), other.shape()), (&mask.values(), mask.shape()), (&mut y, shape), |x, m| {
            if m == zero { x } else { zero }
        });
        y.iter_mut().zip(&chosen).for_each(|(y, &x)| *y += x);
        tape.give_back(chosen);

        let (operands, mask_node) = ([self.node(), other.node()], mask.node());
        tape.push(shape, y, &[self, other, mask], move |ctx, gradients| {
            let mask = (ctx.value(mask_node), ctx.shape(mask_node));
            for (operand, is_other) in operands.into_iter().zip([false, true]) {
                if gradients.wants(operand) {
                    gradients.with_buffer(shape.len(), |gradients, d| {
                        zip_map((ctx.dy, shape), mask, (d, shape), |dy, m| {
                            if (m == zero) == is_other { dy } else { zero }
                        });
                        gradients.add_unbroadcast(operand, d, shape);
                    });
                }
            }
        })
    }

    /// Fills with a constant where the mask is not 0: PyTorch's `masked_fill`.
    ///
    /// # Panics
    /// As [`where_mask`](Var::where_mask).
    #[track_caller]
    pub fn masked_fill(self, mask: Var<'g, T>, value: T) -> Var<'g, T> {
        self.tape().input([1], &[value]).where_mask(mask, self)
    }

    /// The same value as a constant: no gradient flows through it. PyTorch's `detach`, JAX's
    /// `stop_gradient`.
    pub fn detach(self) -> Var<'g, T> {
        let mut y = self.tape().buffer(self.shape());
        y.copy_from_slice(&self.values());
        self.tape().push_constant(self.shape(), y)
    }
}
