//! Dropout.

use tensor::random::Stream;

use crate::var::Var;

ops! {
    /// Sets each element to 0 with this probability and divides the others by its complement, which preserves the
    /// expectation (Srivastava 2014): PyTorch's dropout in training. Element i uses the i-th number of the stream, so
    /// the mask is a function of the stream alone.
    ///
    /// # Panics
    /// If the probability is not in [0, 1).
    #[track_caller]
    pub fn dropout(self, probability: f64, stream: Stream) -> Var<'g, T> {
        assert!(
            (0.0..1.0).contains(&probability),
            "expected a probability from 0 to below 1, found {probability}"
        );
        let (tape, x) = (self.tape(), self.node());
        let kept = T::from_f64(1.0 / (1.0 - probability));
        let (mut mask, mut stream) = (tape.buffer(self.shape()), stream);
        for scale in &mut mask {
            *scale = if f64::from(stream.uniform()) < probability { T::zero() } else { kept };
        }
        let mask = tape.push_constant(self.shape(), mask);
        let mut y = tape.buffer(self.shape());
        y.copy_from_slice(&self.values());
        y.iter_mut().zip(&*mask.values()).for_each(|(y, &scale)| *y *= scale);

        let mask = mask.node();
        tape.push(self.shape(), y, &[self], move |ctx, gradients| {
            gradients.add_map(x, ctx.dy, ctx.value(mask), |dy, scale| dy * scale);
        })
    }
}
