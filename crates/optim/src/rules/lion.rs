use crate::formula::sign;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Steps of one size along the sign of momentum, with one array of state.
    pub struct Lion {
        /// Step size η.
        lr: f64 = 1e-4 in 0.0..,
        /// Share β₁ of the momentum in the step's direction.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the momentum.
        beta2: f64 = 0.99 in 0.0..1.0,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Lion {
    const INFO: Info = Info {
        name: "lion",
        title: "Evolved sign momentum",
        family: "sign",
        problem: "AdamW keeps two arrays; a search over programs found a rule with one that trains as well",
        formula: "c = β₁·m + (1 − β₁)·g
w ← w − η·(sign(c) + λ·w)
m ← β₂·m + (1 − β₂)·g",
        good_when: "memory is short (4 bytes a weight) and batches are large; take a third to a tenth of \
                    AdamW's lr and as many times its weight decay",
        bad_when: "batches are small: every weight moves by η at every step, however uncertain the sign",
        relatives: "with beta1 = beta2 and no decay it is signum; it was found as a replacement of adamw, \
                    which keeps one array more",
        source: "Chen et al. 2023",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m")]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Lion { lr, beta1, beta2, weight_decay } = *self;
        let [lr, beta1, new1, beta2, new2, lambda] =
            [lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [m]| {
            let c = beta1 * m + new1 * g;
            let m = beta2 * m + new2 * g;
            (w - lr * (sign(c) + lambda * w), [m])
        });
    }
}
