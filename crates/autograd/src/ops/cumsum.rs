//! Cumulative sums.

use super::axis::Along;
use crate::var::Var;

ops! {
    /// Cumulative sum along an axis: PyTorch's `cumsum`.
    ///
    /// # Panics
    /// If the axis is not below the rank.
    #[track_caller]
    pub fn cumsum(self, axis: usize) -> Var<'g, T> {
        let (tape, x) = (self.tape(), self.node());
        let along = Along::new(self.shape(), axis);
        let mut y = tape.buffer(self.shape());
        let values = self.values();
        along.for_each_line(|start| {
            let mut sum = T::zero();
            for i in (0..along.size).map(|place| start + place * along.inner) {
                sum += values[i];
                y[i] = sum;
            }
        });
        drop(values);

        tape.push(self.shape(), y, &[self], move |ctx, gradients| {
            // dx is the cumulative sum of dy from the end.
            gradients.with_buffer(ctx.dy.len(), |gradients, d| {
                along.for_each_line(|start| {
                    let mut sum = T::zero();
                    for i in (0..along.size).rev().map(|place| start + place * along.inner) {
                        sum += ctx.dy[i];
                        d[i] = sum;
                    }
                });
                gradients.add_map(x, d, d, |d, _| d);
            });
        })
    }
}
