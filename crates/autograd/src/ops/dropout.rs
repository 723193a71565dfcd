//! Numbers left out at random.

use tensor::Real;
use tensor::random::Stream;

use crate::tape::Var;

impl<'g, T: Real> Var<'g, T> {
    /// Each number is 0 with this probability, and otherwise divided by its complement, so that the
    /// expectation stays (Srivastava 2014): PyTorch's dropout in training. Element i takes the i-th
    /// number of the stream, so the mask is a function of the stream alone.
    ///
    /// # Panics
    /// If the probability is not in [0, 1).
    #[track_caller]
    pub fn dropout(self, probability: f64, mut stream: Stream) -> Var<'g, T> {
        assert!(
            (0.0..1.0).contains(&probability),
            "dropout has a probability from 0 to below 1, not {probability}"
        );
        let (graph, x) = (self.graph(), self.node());
        let kept = T::from_f64(1.0 / (1.0 - probability));
        let mut mask = graph.buffer(self.shape());
        for scale in &mut mask {
            *scale = if f64::from(stream.uniform()) < probability { T::zero() } else { kept };
        }
        let mask = graph.push_constant(self.shape(), mask);
        let mut y = graph.buffer(self.shape());
        y.copy_from_slice(&self.values());
        y.iter_mut().zip(&*mask.values()).for_each(|(y, &scale)| *y *= scale);

        let mask = mask.node();
        graph.push(self.shape(), y, &[self], move |at, gradients| {
            gradients.add_map(x, at.dy, at.value(mask), |dy, scale| dy * scale);
        })
    }
}
