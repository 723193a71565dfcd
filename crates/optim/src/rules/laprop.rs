use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam in the other order: gradients are divided first, then averaged.
    pub struct LaProp {
        /// Step size η.
        lr: f64 = 4e-4 in 0.0..,
        /// Decay β₁ of the mean of normalized gradients.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-15 in 0.0..,
    }
}

impl Rule for LaProp {
    const INFO: Info = Info {
        name: "laprop",
        title: "Momentum of normalized gradients",
        family: "adaptive",
        problem: "Adam divides old gradients in its momentum by the present mean of squares, which couples \
                  β₁ and β₂: a large β₁ with a small β₂ diverges",
        formula: "v ← β₂·v + (1 − β₂)·g²
n = g/(√(v/(1 − β₂ᵗ)) + ε)
m ← β₁·m + (1 − β₁)·n
w ← w − η·m/(1 − β₁ᵗ)",
        good_when: "gradients change their size quickly, so a small β₂ is wanted with much momentum",
        bad_when: "Adam with its usual settings works: then it behaves much alike",
        relatives: "beta1=0 is adam with beta1=0; adopt too divides before it takes momentum, by the mean \
                    before the present gradient",
        source: "Ziyin, Wang & Ueda 2020",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let LaProp { lr, beta1, beta2, eps } = *self;
        let [step_size, root2] =
            [lr / bias_correction(beta1, t), bias_correction(beta2, t).sqrt()].map(|x| x as f32);
        let [beta1, new1, beta2, new2, eps] = [beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v]| {
            let v = beta2 * v + new2 * g * g;
            let n = g / (v.sqrt() / root2 + eps);
            let m = beta1 * m + new1 * n;
            (w - step_size * m, [m, v])
        });
    }
}
