use crate::formula::{bias_correction, lerp};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam that mixes the present gradient into both of its means.
    pub struct QhAdam {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.995 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Share ν₁ of the mean gradient in a step.
        nu1: f64 = 0.7 in 0.0..=1.0,
        /// Share ν₂ of the mean of squares in the divisor.
        nu2: f64 = 1.0 in 0.0..=1.0,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
    }
}

impl Rule for QhAdam {
    const INFO: Info = Info {
        name: "qhadam",
        title: "Quasi-hyperbolic Adam",
        family: "adaptive",
        problem: "Adam's β₁ sets both how long gradients are remembered and how little the present one \
                  counts; here they are two settings",
        formula: "m̂ ← β₁-mean of all g so far, corrected for its start:
m̂ ← m̂ + (1 − β₁)/(1 − β₁ᵗ)·(g − m̂)
v̂ ← v̂ + (1 − β₂)/(1 − β₂ᵗ)·(g² − v̂)
w ← w − η·((1 − ν₁)·g + ν₁·m̂)/(√((1 − ν₂)·g² + ν₂·v̂) + ε)",
        good_when: "Adam is unstable with a high β₁ or β₂: ν₂ below 1 bounds a single step",
        bad_when: "nobody has time to tune two more numbers",
        relatives: "nu1=1 nu2=1 is adam; nu1 = beta1 comes near to nadam; qhm does the same to sgd",
        source: "Ma & Yarats 2019",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m̂"), Slot::zeros("exp_avg_sq", "v̂")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let QhAdam { lr, beta1, beta2, nu1, nu2, eps } = *self;
        let [new1, new2] = [beta1, beta2].map(|beta| (1.0 - beta) / bias_correction(beta, t));
        let [new1, keep2, new2] = [new1, 1.0 - new2, new2].map(|x| x as f32);
        let [lr, nu1, rest1, nu2, rest2, eps] = [lr, nu1, 1.0 - nu1, nu2, 1.0 - nu2, eps].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v]| {
            // In this order an infinite square counts only where it has a weight, and makes no NaN.
            let (m, v) = (lerp(m, g, new1), keep2 * v + new2 * g * g);
            let (mean, mean_square) = (nu1 * m + rest1 * g, nu2 * v + rest2 * g * g);
            (w - lr * mean / (mean_square.sqrt() + eps), [m, v])
        });
    }
}
