use crate::formula::{bias_correction, clip, lerp, maximum};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam whose step sizes are kept between two bounds that close in on SGD's.
    pub struct AdaBound {
        /// Step size η of Adam, at the start.
        lr: f64 = 1e-3 in 0.0..,
        /// Step size of SGD, at the end.
        final_lr: f64 = 0.1 in 0.0..,
        /// Speed γ at which the bounds close in.
        gamma: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root before the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
    }
}

impl Rule for AdaBound {
    // The paper's algorithm has no bias correction and divides the step size by √t; the authors' code,
    // which the field follows, has Adam's correction and no √t, and its ε. A schedule moves both rates.
    const INFO: Info = Info {
        name: "adabound",
        title: "Adam bounded by SGD",
        family: "adaptive",
        problem: "Adam is fast at first and SGD generalizes better in the end; extreme step sizes of single \
                  weights are held to blame",
        formula: "m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
low = final_lr·(1 − 1/(γ·t + 1)),  high = final_lr·(1 + 1/(γ·t))
s = η·√(1 − β₂ᵗ)/(1 − β₁ᵗ) / (√v + ε)
w ← w − min(max(s, low), high)·m",
        good_when: "SGD's best learning rate is known and a fast start is wanted",
        bad_when: "that rate is not known: final_lr is in the unit of SGD's and decides the end",
        relatives: "gamma=0 is adam with ε added before the correction; a very large gamma is sgd with a \
                    mean for momentum; amsbound is its form with a divisor that never falls",
        source: "Luo, Xiong & Liu 2019, as in the authors' code",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let bounded = bounded_step(self, t, &update);
        let [new1, beta2, new2] = [1.0 - self.beta1, self.beta2, 1.0 - self.beta2].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v]| {
            let m = lerp(m, g, new1);
            let v = beta2 * v + new2 * g * g;
            (w - bounded(v) * m, [m, v])
        });
    }
}

/// AdaBound's update divided by the greatest mean of squares so far.
pub(super) fn amsbound_update(rule: &AdaBound, t: u64, update: Update<'_>) {
    let bounded = bounded_step(rule, t, &update);
    let [new1, beta2, new2] = [1.0 - rule.beta1, rule.beta2, 1.0 - rule.beta2].map(|x| x as f32);
    update.each_weight(move |w, g, [m, v, max]| {
        let m = lerp(m, g, new1);
        let v = beta2 * v + new2 * g * g;
        let max = maximum(max, v);
        (w - bounded(max) * m, [m, v, max])
    });
}

/// The step size of a weight with this mean of squares.
fn bounded_step(
    rule: &AdaBound,
    t: u64,
    update: &Update<'_>,
) -> impl Fn(f32) -> f32 + Copy + Send + Sync + use<> {
    let AdaBound { lr, final_lr, gamma, beta1, beta2, eps } = *rule;
    let step_size = lr * bias_correction(beta2, t).sqrt() / bias_correction(beta1, t);
    let (end, t) = (final_lr * update.schedule_factor(), t as f64);
    let (low, high) = (end * (1.0 - 1.0 / (gamma * t + 1.0)), end * (1.0 + 1.0 / (gamma * t)));
    // With γ = 0 the upper bound is infinite, and with a rate of 0 a step is 0.
    let high = if end == 0.0 { 0.0 } else { high };
    let [step_size, low, high, eps] = [step_size, low, high, eps].map(|x| x as f32);
    move |v| clip(step_size / (v.sqrt() + eps), low, high)
}
