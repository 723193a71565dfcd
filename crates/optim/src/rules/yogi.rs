use crate::formula::{bias_correction, sign};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Adam whose mean of squares moves by no more than a share of the new square.
    pub struct Yogi {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-3 in 0.0..,
        /// Initial value of the mean of squares.
        initial_accumulator: f64 = 1e-6 in 0.0..,
    }
}

impl Rule for Yogi {
    // The paper's algorithm has no bias correction; its authors' code and optax have both corrections.
    // optax starts m as well from the initial accumulator, which moves weights that have no gradient;
    // here m starts from 0, as in the paper.
    const INFO: Info = Info {
        name: "yogi",
        title: "Additive adaptive moment estimation",
        family: "adaptive",
        problem: "when gradients turn small, Adam's mean of squares falls fast and its steps grow fast, \
                  which can keep it from converging",
        formula: "m ← β₁·m + (1 − β₁)·g
v ← v − (1 − β₂)·sign(v − g²)·g²
m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
w ← w − η·m̂/(√v̂ + ε)",
        good_when: "gradients are sparse or their size changes much over time",
        bad_when: "gradients fall by orders of magnitude: v falls only by their own small squares",
        relatives: "it is adam with a mean of squares that moves by steps of (1 − β₂)·g² instead of a share \
                    of the difference",
        source: "Zaheer et al. 2018",
    };

    fn state(&self) -> Vec<Slot> {
        let v = Slot {
            name: "exp_avg_sq",
            symbol: "v",
            start: self.initial_accumulator as f32,
            shape: StateShape::Weights,
        };
        vec![Slot::zeros("exp_avg", "m"), v]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Yogi { lr, beta1, beta2, eps, .. } = *self;
        let [correction1, correction2] = [beta1, beta2].map(|beta| bias_correction(beta, t) as f32);
        let [lr, beta1, new1, new2, eps] = [lr, beta1, 1.0 - beta1, 1.0 - beta2, eps].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v]| {
            let square = g * g;
            let m = new1 * g + beta1 * m;
            let v = v - new2 * sign(v - square) * square;
            (w - lr * (m / correction1 / ((v / correction2).sqrt() + eps)), [m, v])
        });
    }
}
