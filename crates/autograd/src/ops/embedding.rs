//! Embedding lookups.

use tensor::{Kernels, Shape};

use crate::var::Var;

ops! {
    /// Rows of a table [count, width] selected by these [tokens](crate::Tape::input_tokens): [..] to [.., width].
    /// PyTorch's `F.embedding(tokens, table)`.
    ///
    /// # Panics
    /// If the input is not of tokens, the table is not a matrix, or a token is not below `count`.
    #[track_caller]
    pub fn embedding_of(self, table: Var<'g, T>) -> Var<'g, T> {
        let Some(tokens) = self.tokens().map(|tokens| tokens.to_vec()) else {
            panic!("expected tokens, found numbers of shape {}; see Tape::input_tokens", self.shape());
        };
        table.rows(tokens, self.shape())
    }
}

impl<'g, T: Kernels> Var<'g, T> {
    /// Rows of this table [count, width] with these indices, of shape `at`: [.., width]. PyTorch's `embedding`.
    ///
    /// # Panics
    /// If this is not a matrix, an index is not below `count`, or the number of indices is not that of the elements
    /// of `at`.
    #[track_caller]
    pub fn embedding(self, indices: &[u32], at: impl Into<Shape>) -> Var<'g, T> {
        let at = at.into();
        assert!(
            indices.len() == at.len(),
            "expected {} indices for shape {at}, found {}",
            at.len(),
            indices.len()
        );
        self.rows(indices.to_vec(), at)
    }
}

ops! {
    /// Rows of this table with these indices.
    #[track_caller]
    fn rows(self, indices: Vec<u32>, at: Shape) -> Var<'g, T> {
        let (table, tape) = (self, self.tape());
        let &[count, width] = &*table.shape() else {
            panic!("expected a table [count, width], found shape {}", table.shape());
        };
        if let Some(index) = indices.iter().find(|&&index| index as usize >= count) {
            panic!("expected indices below {count}, the rows of the table, found {index}");
        }
        let shape = Shape::new(&[&*at, &[width]].concat());
        let mut y = tape.buffer(shape);
        let values = table.values();
        for (y, &index) in y.chunks_exact_mut(width.max(1)).zip(&indices) {
            y.copy_from_slice(&values[index as usize * width..][..width]);
        }
        drop(values);

        let node = table.node();
        tape.push(shape, y, &[table], move |ctx, gradients| {
            gradients.add(node, |d, beta| {
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
