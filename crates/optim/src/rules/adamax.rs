use crate::formula::{bias_correction, l2, lerp, maximum};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam with the greatest recent gradient in place of the root mean square.
    pub struct Adamax {
        /// Step size η.
        lr: f64 = 2e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the greatest gradient.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the size of a gradient, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Adamax {
    // The paper has no ε: there u is 0 until a weight has its first gradient. PyTorch adds it to |g|.
    const INFO: Info = Info {
        name: "adamax",
        title: "Adam with the infinity norm",
        family: "adaptive",
        problem: "Adam's root mean square forgets a rare large gradient at the rate of small ones; a \
                  decaying maximum bounds every step by the learning rate, without a correction",
        formula: "g ← g + λ·w
m ← β₁·m + (1 − β₁)·g
u ← max(β₂·u, |g| + ε)
w ← w − η/(1 − β₁ᵗ) · m/u",
        good_when: "gradients are sparse with rare large ones, as in embeddings",
        bad_when: "one wild gradient must not slow a weight down: it does for some 1/(1 − β₂) steps",
        relatives: "it is adam with the greatest of the fading gradients in the place of their root mean \
                    square",
        source: "Kingma & Ba 2015, section 7.1",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adamax", None)]));

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_inf", "u")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Adamax { lr, beta1, beta2, eps, weight_decay } = *self;
        let step_size = (lr / bias_correction(beta1, t)) as f32;
        let [new1, beta2, eps, lambda] = [1.0 - beta1, beta2, eps, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [m, u]| {
            let g = l2(w, g, lambda);
            let m = lerp(m, g, new1);
            let u = maximum(beta2 * u, g.abs() + eps);
            (w - step_size * m / u, [m, u])
        });
    }
}
