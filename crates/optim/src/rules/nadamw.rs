use super::nadam::{Nadam, nadam_step};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// NAdam with weight decay next to the gradient instead of inside it.
    pub struct NadamW {
        /// Step size η.
        lr: f64 = 2e-3 in 0.0..,
        /// Decay β₁ of the mean gradient, which the momentum's share μ grows towards.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Speed ψ at which μ grows from half of β₁ to β₁; 0 keeps it at half.
        momentum_decay: f64 = 4e-3 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 1e-2 in 0.0..,
    }
}

impl Rule for NadamW {
    const INFO: Info = Info {
        name: "nadamw",
        title: "NAdam with decoupled weight decay",
        family: "adaptive",
        problem: "in NAdam, as in Adam, weight decay inside the gradient is divided by √v̂",
        formula: "w ← w − η·λ·w
μₜ = β₁·(1 − ½·0.96^(t·ψ))
m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
m̂ = μₜ₊₁·m/(1 − μ₁⋯μₜ₊₁) + (1 − μₜ)·g/(1 − μ₁⋯μₜ)
v̂ = v/(1 − β₂ᵗ)
w ← w − η·m̂/(√v̂ + ε)",
        good_when: "AdamW is the choice and the batches are large, so gradients are not too noisy",
        bad_when: "gradients are very noisy: the present one has more weight than in AdamW",
        relatives: "weight_decay=0 is nadam; without looking ahead it is adamw",
        source: "Dozat 2016 with the decay of Loshchilov & Hutter 2019",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("NAdam", Some(true))]));

    fn state(&self) -> Vec<Slot> {
        self.nadam().state()
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        self.nadam().scalars()
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let keep = (1.0 - self.lr * self.weight_decay) as f32;
        nadam_step(&self.nadam(), t, update, move |w, g| (w * keep, g));
    }
}

impl NadamW {
    /// The same without the decay.
    fn nadam(&self) -> Nadam {
        let NadamW { lr, beta1, beta2, eps, momentum_decay, .. } = *self;
        Nadam { lr, beta1, beta2, eps, momentum_decay, weight_decay: 0.0 }
    }
}
