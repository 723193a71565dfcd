use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam divided by how far gradients are from what was expected, instead of by their size.
    pub struct AdaBelief {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squared surprises.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the mean of squares at every step, and to its root.
        eps: f64 = 1e-16 in 0.0..,
    }
}

impl Rule for AdaBelief {
    const INFO: Info = Info {
        name: "adabelief",
        title: "Adam by the belief in the gradient",
        family: "adaptive",
        problem: "Adam takes short steps where gradients are large, even if they are steadily so; here \
                  steps are long where gradients are as expected",
        formula: "m ← β₁·m + (1 − β₁)·g
s ← β₂·s + (1 − β₂)·(g − m)² + ε
m̂ = m/(1 − β₁ᵗ),  ŝ = s/(1 − β₂ᵗ)
w ← w − η·m̂/(√ŝ + ε)",
        good_when: "Adam generalizes worse than SGD and SGD is too slow",
        bad_when: "gradients hardly vary, as with large batches: the divisor nears √ε, so the choice of ε \
                   decides the length of a step",
        relatives: "it is adam with (g − m)² in the place of g²; rmsprop with centered=true divides by a \
                    deviation too",
        source: "Zhuang et al. 2020",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_var", "s")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let AdaBelief { lr, beta1, beta2, eps } = *self;
        let [correction1, correction2] = [beta1, beta2].map(|beta| bias_correction(beta, t) as f32);
        let [lr, beta1, new1, beta2, new2, eps] =
            [lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps].map(|x| x as f32);
        update.each_weight(move |w, g, [m, s]| {
            let m = new1 * g + beta1 * m;
            let surprise = g - m;
            let s = new2 * (surprise * surprise) + beta2 * s + eps;
            (w - lr * (m / correction1 / ((s / correction2).sqrt() + eps)), [m, s])
        });
    }
}
