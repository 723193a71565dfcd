use crate::formula::{l2, lerp, maximum};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Steps divided by the root of a running mean of squared gradients; PyTorch's form, with ε
    /// outside the root.
    pub struct RmsProp {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Decay α of the mean of squares.
        alpha: f64 = 0.99 in 0.0..=1.0,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Share μ of the last velocity that is kept.
        momentum: f64 = 0.0 in 0.0..,
        /// True to divide by the deviation from the mean gradient instead.
        centered: bool = false,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for RmsProp {
    const INFO: Info = Info {
        name: "rmsprop",
        title: "Root mean square propagation",
        family: "adaptive",
        problem: "AdaGrad's sum never forgets, so its steps die out; a running mean forgets",
        formula: "g ← g + λ·w
s ← α·s + (1 − α)·g²
a ← α·a + (1 − α)·g           (with centered)
d = g/(√s + ε), or g/(√(s − a²) + ε) with centered
b ← μ·b + d                   (with momentum; then d = b)
w ← w − η·d",
        good_when: "the target moves, as in reinforcement learning and recurrent nets",
        bad_when: "the first steps matter: the mean starts at 0 uncorrected, so they are too long",
        relatives: "it is adam with beta1=0 and without bias correction, and adagrad with a mean that \
                    forgets in the place of the sum; centered, it divides by a deviation, as adabelief does",
        source: "Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("RMSprop", None)]));

    fn state(&self) -> Vec<Slot> {
        let mut state = vec![Slot::zeros("square_avg", "s")];
        if self.momentum != 0.0 {
            state.push(Slot::zeros("momentum_buffer", "b"));
        }
        if self.centered {
            state.push(Slot::zeros("grad_avg", "a"));
        }
        state
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let RmsProp { lr, alpha, eps, momentum, centered, weight_decay } = *self;
        let [lr, new, alpha, eps, mu, lambda] =
            [lr, 1.0 - alpha, alpha, eps, momentum, weight_decay].map(|x| x as f32);
        let mean_square = move |s: f32, g: f32| alpha * s + new * g * g;
        match (momentum != 0.0, centered) {
            (false, false) => update.each_weight(move |w, g, [s]| {
                let g = l2(w, g, lambda);
                let s = mean_square(s, g);
                (w - lr * g / (s.sqrt() + eps), [s])
            }),
            (true, false) => update.each_weight(move |w, g, [s, b]| {
                let g = l2(w, g, lambda);
                let s = mean_square(s, g);
                let b = mu * b + g / (s.sqrt() + eps);
                (w - lr * b, [s, b])
            }),
            (false, true) => update.each_weight(move |w, g, [s, a]| {
                let g = l2(w, g, lambda);
                let (s, a) = (mean_square(s, g), lerp(a, g, new));
                (w - lr * g / (variance(s, a).sqrt() + eps), [s, a])
            }),
            (true, true) => update.each_weight(move |w, g, [s, b, a]| {
                let g = l2(w, g, lambda);
                let (s, a) = (mean_square(s, g), lerp(a, g, new));
                let b = mu * b + g / (variance(s, a).sqrt() + eps);
                (w - lr * b, [s, b, a])
            }),
        }
    }
}

/// The mean of squares less the square of the mean, which rounding, or a mean of squares too small for a
/// number, would let fall below 0.
#[inline(always)]
fn variance(mean_of_squares: f32, mean: f32) -> f32 {
    maximum(0.0, mean_of_squares - mean * mean)
}
