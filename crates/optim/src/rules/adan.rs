use crate::formula::{bias_correction, lerp};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Nesterov momentum estimated from differences of gradients, with Adam's divisor.
    pub struct Adan {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.98 in 0.0..1.0,
        /// Decay β₂ of the mean difference of gradients.
        beta2: f64 = 0.92 in 0.0..1.0,
        /// Decay β₃ of the mean of squares.
        beta3: f64 = 0.99 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0.
        weight_decay: f64 = 0.0 in 0.0..,
        /// True if decay takes a fraction η·λ before the step, as in adamw.
        no_prox: bool = false,
    }
}

impl Rule for Adan {
    // β is the share that is kept, as in the authors' code; the paper writes 1 − β for it, and leaves
    // out the corrections.
    const INFO: Info = Info {
        name: "adan",
        title: "Adaptive Nesterov momentum",
        family: "adaptive",
        problem: "Nesterov's momentum needs the gradient at a point ahead; the difference to the last \
                  gradient tells it without another pass",
        formula: "d = g − p                     (0 at the first step)
m ← β₁·m + (1 − β₁)·g
u ← β₂·u + (1 − β₂)·d
n ← β₃·n + (1 − β₃)·(g + β₂·d)²
m̂ = m/(1 − β₁ᵗ),  û = u/(1 − β₂ᵗ),  n̂ = n/(1 − β₃ᵗ)
w ← (w − η·(m̂ + β₂·û)/(√n̂ + ε))/(1 + η·λ)
p ← g",
        good_when: "large batches and high learning rates, for vision models and transformers",
        bad_when: "memory is short: 16 bytes a weight",
        relatives: "beta2=0 is adam with adan's beta1 and beta3 as its betas; nadam comes to Nesterov \
                    momentum another way, and optimistic_gd too makes use of the change between two \
                    gradients",
        source: "Xie et al. 2022, as in the authors' code",
    };

    fn state(&self) -> Vec<Slot> {
        vec![
            Slot::zeros("exp_avg", "m"),
            Slot::zeros("exp_avg_diff", "u"),
            Slot::zeros("exp_avg_sq", "n"),
            Slot::zeros("pre_grad", "p"),
        ]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Adan { lr, beta1, beta2, beta3, eps, weight_decay, no_prox } = *self;
        let (before, after) =
            if no_prox { (1.0 - lr * weight_decay, 1.0) } else { (1.0, 1.0 + lr * weight_decay) };
        let [of_mean, of_difference] =
            [lr / bias_correction(beta1, t), lr * beta2 / bias_correction(beta2, t)].map(|x| x as f32);
        let [root3, before, after] = [bias_correction(beta3, t).sqrt(), before, after].map(|x| x as f32);
        let [new1, beta2, new2, beta3, new3, eps] =
            [1.0 - beta1, beta2, 1.0 - beta2, beta3, 1.0 - beta3, eps].map(|x| x as f32);
        let first = t == 1;
        update.each_weight(move |w, g, [m, u, n, p]| {
            let d = if first { 0.0 } else { g - p };
            let m = lerp(m, g, new1);
            let u = beta2 * u + new2 * d;
            let ahead = d * beta2 + g;
            let n = beta3 * n + new3 * ahead * ahead;
            let root = n.sqrt() / root3 + eps;
            ((w * before - of_mean * m / root - of_difference * u / root) / after, [m, u, n, g])
        });
    }
}
