//! Probabilities from scores.

use tensor::Real;

use crate::tape::Var;

impl<'g, T: Real> Var<'g, T> {
    /// `eˣ / Σeˣ` along the last dimension.
    pub fn softmax(self) -> Var<'g, T> {
        let (graph, x, columns) = (self.graph(), self.node(), self.shape().as_matrix().1);
        let mut p = graph.buffer(self.shape());
        for (p, x) in p.chunks_exact_mut(columns.max(1)).zip(self.values().chunks_exact(columns.max(1))) {
            softmax_row(x, p);
        }

        graph.push(self.shape(), p, &[self], move |at, gradients| {
            // dx = p·(dy − Σ p·dy)
            gradients.with_buffer(at.dy.len(), |gradients, d| {
                let rows = at.dy.chunks_exact(columns.max(1)).zip(at.y.chunks_exact(columns.max(1)));
                for (d, (dy, p)) in d.chunks_exact_mut(columns.max(1)).zip(rows) {
                    let dot: T = dy.iter().zip(p).map(|(&dy, &p)| dy * p).sum();
                    d.iter_mut().zip(dy.iter().zip(p)).for_each(|(d, (&dy, &p))| *d = p * (dy - dot));
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }

    /// `x − ln Σeˣ` along the last dimension.
    pub fn log_softmax(self) -> Var<'g, T> {
        let (graph, x, columns) = (self.graph(), self.node(), self.shape().as_matrix().1);
        let mut y = graph.buffer(self.shape());
        for (y, x) in y.chunks_exact_mut(columns.max(1)).zip(self.values().chunks_exact(columns.max(1))) {
            let log_sum = softmax_row(x, y);
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x - log_sum);
        }

        graph.push(self.shape(), y, &[self], move |at, gradients| {
            // dx = dy − eʸ·Σdy
            gradients.with_buffer(at.dy.len(), |gradients, d| {
                let rows = at.dy.chunks_exact(columns.max(1)).zip(at.y.chunks_exact(columns.max(1)));
                for (d, (dy, y)) in d.chunks_exact_mut(columns.max(1)).zip(rows) {
                    let total: T = dy.iter().copied().sum();
                    d.iter_mut()
                        .zip(dy.iter().zip(y))
                        .for_each(|(d, (&dy, &y))| *d = dy - Real::exp(y) * total);
                }
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }
}

/// Writes the softmax of one row and returns `ln Σeˣ`; the greatest score is subtracted first, so
/// nothing overflows.
pub(super) fn softmax_row<T: Real>(x: &[T], p: &mut [T]) -> T {
    let max = x.iter().copied().fold(T::neg_infinity(), |a, b| if b > a || b.is_nan() { b } else { a });
    p.iter_mut().zip(x).for_each(|(p, &x)| *p = Real::exp(x - max));
    let sum: T = p.iter().copied().sum();
    p.iter_mut().for_each(|p| *p /= sum);
    max + sum.ln()
}
