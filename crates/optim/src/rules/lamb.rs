use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// AdamW whose steps are as long as each parameter's norm times the learning rate.
    pub struct Lamb {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-6 in 0.0..,
        /// Pull λ of every weight towards 0, next to the gradient.
        weight_decay: f64 = 1e-2 in 0.0..,
    }
}

impl Rule for Lamb {
    const INFO: Info = Info {
        name: "lamb",
        title: "Layer-wise adaptive moments for batch training",
        family: "layer-wise",
        problem: "LARS fails on transformers, and Adam with very large batches; this is Adam with LARS's \
                  share of the norm",
        formula: "m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
u = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε) + λ·w
r = ‖w‖/‖u‖   (1 if a norm is 0; norms are over one parameter)
w ← w − η·r·u",
        good_when: "transformers are trained with batches of thousands",
        bad_when: "batches are small, or a parameter starts near 0: its steps start as short",
        relatives: "it is adamw with steps as long as lars makes them, a share of each parameter's norm",
        source: "You et al. 2020, in optax's form",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(3, 9, 5)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Lamb { lr, beta1, beta2, eps, weight_decay } = *self;
        let [correction1, correction2] = [beta1, beta2].map(|beta| bias_correction(beta, t) as f32);
        let [beta1, new1, beta2, new2, eps, lambda] =
            [beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, weight_decay].map(|x| x as f32);
        let direction =
            move |w: f32, m: f32, v: f32| m / correction1 / ((v / correction2).sqrt() + eps) + lambda * w;
        for mut parameter in update.parameters() {
            parameter
                .update
                .reborrow()
                .each_weight(move |w, g, [m, v]| (w, [new1 * g + beta1 * m, new2 * (g * g) + beta2 * v]));
            let [w2, u2] = parameter.update.sums(move |w, _, [m, v]| {
                let u = direction(w, m, v);
                [w * w, u * u]
            });
            let ratio = if w2 == 0.0 || u2 == 0.0 { 1.0 } else { w2.sqrt() / u2.sqrt() };
            let step_size = (lr * ratio) as f32;
            parameter.update.each_weight(move |w, _, [m, v]| (w - step_size * direction(w, m, v), [m, v]));
        }
    }
}
