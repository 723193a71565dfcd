//! Rows of a table.

use tensor::{Kernels, Shape};

use crate::tape::Var;

impl<'g, T: Kernels> Var<'g, T> {
    /// The rows of this table [count, width] with these indices, in an array of shape `at`: [.., width].
    /// PyTorch's `embedding`.
    ///
    /// # Panics
    /// If this is not a matrix, an index is not below `count`, or there are not as many as `at` has
    /// elements.
    #[track_caller]
    pub fn embedding(self, indices: &[u32], at: impl Into<Shape>) -> Var<'g, T> {
        let (tape, table, at) = (self.tape(), self.node(), at.into());
        let &[count, width] = &*self.shape() else {
            panic!("an embedding is a table [count, width], not of shape {}", self.shape());
        };
        assert!(
            indices.len() == at.len(),
            "an array of shape {at} needs as many indices, not {}",
            indices.len()
        );
        let worst = indices.iter().max().copied().unwrap_or(0) as usize;
        assert!(
            indices.is_empty() || worst < count,
            "index {worst} is not one of {count} rows of an embedding"
        );
        let shape = Shape::new(&[&*at, &[width]].concat());
        let mut y = tape.buffer(shape);
        let values = self.values();
        for (y, &index) in y.chunks_exact_mut(width.max(1)).zip(indices) {
            y.copy_from_slice(&values[index as usize * width..][..width]);
        }
        drop(values);

        let indices = indices.to_vec();
        tape.push(shape, y, &[self], move |ctx, gradients| {
            gradients.add(table, |d, beta| {
                if beta == T::zero() {
                    d.fill(T::zero());
                }
                for (dy, &index) in ctx.dy.chunks_exact(width.max(1)).zip(&indices) {
                    let row = &mut d[index as usize * width..][..width];
                    row.iter_mut().zip(dy).for_each(|(d, &dy)| *d += dy);
                }
            });
        })
    }
}
