use super::adabound::{AdaBound, amsbound_update};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// AdaBound divided by the greatest mean of squares so far.
    pub struct AmsBound {
        /// Step size η of Adam, at the start.
        lr: f64 = 1e-3 in 0.0..,
        /// Step size of SGD, at the end.
        final_lr: f64 = 0.1 in 0.0..,
        /// Speed γ at which the bounds close in.
        gamma: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root before the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
    }
}

impl Rule for AmsBound {
    const INFO: Info = Info {
        name: "amsbound",
        title: "AMSGrad bounded by SGD",
        family: "adaptive",
        problem: "AdaBound's divisor can still fall, and its steps grow, until the bounds have closed in",
        formula: "m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²,  x ← max(x, v)
low = final_lr·(1 − 1/(γ·t + 1)),  high = final_lr·(1 + 1/(γ·t))
s = η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√x + ε)
w ← w − min(max(s, low), high)·m",
        good_when: "AdaBound is unsteady in the middle of training",
        bad_when: "memory is short (12 bytes a weight), or SGD's best learning rate is not known",
        relatives: "it is adabound divided as adam is with amsgrad=true",
        source: "Luo, Xiong & Liu 2019, as in the authors' code",
    };

    fn state(&self) -> Vec<Slot> {
        let max = Slot::zeros("max_exp_avg_sq", "x");
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v"), max]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let AmsBound { lr, final_lr, gamma, beta1, beta2, eps } = *self;
        amsbound_update(&AdaBound { lr, final_lr, gamma, beta1, beta2, eps }, t, update);
    }
}
