use crate::formula::{clip as clipped, maximum};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam that divides a gradient by the mean of squares before it, then takes momentum.
    pub struct Adopt {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean of normalized gradients.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.9999 in 0.0..1.0,
        /// The least divisor.
        eps: f64 = 1e-6 in 0.0..,
        /// True to clip normalized gradients at (t − 1)^¼.
        clip: bool = true,
    }
}

impl Rule for Adopt {
    const INFO: Info = Info {
        name: "adopt",
        title: "Adam that converges with any β₂",
        family: "adaptive",
        problem: "Adam divides a gradient by a mean that contains it, and so can fail to converge unless β₂ \
                  is chosen for the problem",
        formula: "v ← g²  and nothing else at the first step; then
n = g/max(√v, ε), clipped to ±(t − 1)^¼
m ← β₁·m + (1 − β₁)·n
w ← w − η·m
v ← β₂·v + (1 − β₂)·g²",
        good_when: "Adam diverges or wanders with small batches and no β₂ helps",
        bad_when: "training is a few steps long: the first only looks, and v starts from one gradient",
        relatives: "it is adam whose divisor does not contain the present gradient; laprop too divides \
                    before it takes momentum",
        source: "Taniguchi et al. 2024, with the clipping of its second version",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        if t == 1 {
            return update.each_weight(move |w, g, [m, _]| (w, [m, g * g]));
        }
        let Adopt { lr, beta1, beta2, eps, clip } = *self;
        let bound = if clip { ((t - 1) as f64).powf(0.25) } else { f64::INFINITY };
        let [lr, beta1, new1, beta2, new2, eps, bound] =
            [lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, bound].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v]| {
            let n = clipped(g / maximum(v.sqrt(), eps), -bound, bound);
            let m = new1 * n + beta1 * m;
            (w - lr * m, [m, new2 * (g * g) + beta2 * v])
        });
    }
}
