use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam with a second, very slow mean gradient next to the first.
    pub struct Ademamix {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the fast mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Decay β₃ of the slow mean gradient.
        beta3: f64 = 0.9999 in 0.0..1.0,
        /// Weight α of the slow mean.
        alpha: f64 = 5.0 in 0.0..,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Ademamix {
    // The paper also raises α and β₃ over the first steps of long runs; here they are as given.
    const INFO: Info = Info {
        name: "ademamix",
        title: "Adam with a mixture of two means",
        family: "adaptive",
        problem: "one mean gradient is either quick to follow or long to remember; old gradients stay \
                  useful for ten thousand steps",
        formula: "a ← β₁·a + (1 − β₁)·g
b ← β₃·b + (1 − β₃)·g          (not corrected: it fills slowly)
v ← β₂·v + (1 − β₂)·g²
â = a/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
w ← w − η·((â + α·b)/(√v̂ + ε) + λ·w)",
        good_when: "training is long: tens of thousands of steps",
        bad_when: "training is shorter than 1/(1 − β₃) steps, memory is short (12 bytes a weight), or the \
                   target moves",
        relatives: "alpha=0 is adamw, and adam without decay",
        source: "Pagliardini, Ablin & Grangier 2024",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "a"), Slot::zeros("exp_avg_slow", "b"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Ademamix { lr, beta1, beta2, beta3, alpha, eps, weight_decay } = *self;
        let [correction1, correction2] = [beta1, beta2].map(|beta| bias_correction(beta, t) as f32);
        let [new1, new2, new3] = [beta1, beta2, beta3].map(|beta| (1.0 - beta) as f32);
        let [lr, beta1, beta2, beta3, alpha, eps, lambda] =
            [lr, beta1, beta2, beta3, alpha, eps, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [a, b, v]| {
            let a = new1 * g + beta1 * a;
            let b = new3 * g + beta3 * b;
            let v = new2 * (g * g) + beta2 * v;
            let step = (a / correction1 + alpha * b) / ((v / correction2).sqrt() + eps);
            (w - lr * (step + lambda * w), [a, b, v])
        });
    }
}
