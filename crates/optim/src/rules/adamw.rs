use super::adam::{Adam, adam_step};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam with weight decay next to the gradient instead of inside it.
    pub struct AdamW {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// True to divide by the greatest mean of squares so far.
        amsgrad: bool = false,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 1e-2 in 0.0..,
    }
}

impl Rule for AdamW {
    const INFO: Info = Info {
        name: "adamw",
        title: "Adam with decoupled weight decay",
        family: "adaptive",
        problem: "in Adam, weight decay inside the gradient is divided by √v̂ and so barely acts on weights \
                  with large gradients",
        formula: "w ← w − η·λ·w
m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
v̂ = (max v)/(1 − β₂ᵗ)        (with amsgrad: the greatest v so far)
w ← w − η·m̂/(√v̂ + ε)",
        good_when: "transformers and whatever else Adam is good for, with regularization",
        bad_when: "memory is short: 8 bytes a weight",
        relatives: "weight_decay=0 is adam; nadamw adds Nesterov momentum, ademamix a second mean, lamb a \
                    step in proportion to the layer; lion keeps half of its state, and muon uses it for \
                    what is no matrix",
        source: "Loshchilov & Hutter 2019",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adam", Some(true)), ("AdamW", None)]));

    fn state(&self) -> Vec<Slot> {
        self.adam().state()
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let keep = (1.0 - self.lr * self.weight_decay) as f32;
        adam_step(&self.adam(), t, update, move |w, g| (w * keep, g));
    }
}

impl AdamW {
    /// The same without the decay.
    fn adam(&self) -> Adam {
        let AdamW { lr, beta1, beta2, eps, amsgrad, .. } = *self;
        Adam { lr, beta1, beta2, eps, amsgrad, weight_decay: 0.0 }
    }
}
