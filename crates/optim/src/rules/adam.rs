use crate::formula::{bias_correction, l2, lerp, maximum};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Momentum divided by the root of a running mean of squared gradients, both corrected for
    /// their start at 0.
    pub struct Adam {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// True to divide by the greatest mean of squares so far.
        amsgrad: bool = false,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Adam {
    const INFO: Info = Info {
        name: "adam",
        title: "Adaptive moment estimation",
        family: "adaptive",
        problem: "one learning rate for all weights is too long for some and too short for others; and \
                  RMSprop's first steps are biased",
        formula: "g ← g + λ·w
m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
v̂ = (max v)/(1 − β₂ᵗ)        (with amsgrad: the greatest v so far)
w ← w − η·m̂/(√v̂ + ε)",
        good_when: "little time for tuning, gradients of very different sizes, noisy or sparse data",
        bad_when: "memory is short (8 bytes a weight), weight decay matters (use adamw), or rare large \
                   gradients carry the signal (amsgrad)",
        relatives: "with beta1=0 and without bias correction it is rmsprop; with a very large ε it is sgd \
                    with momentum; adamw takes the decay out of the gradient; nadam, radam, adamax, \
                    adabelief, yogi, adopt, laprop, adan and ademamix change one thing each",
        source: "Kingma & Ba 2015; amsgrad: Reddi, Kale & Kumar 2018",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adam", Some(false))]));

    fn state(&self) -> Vec<Slot> {
        let mut state = vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")];
        if self.amsgrad {
            state.push(Slot::zeros("max_exp_avg_sq", "max v"));
        }
        state
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let lambda = self.weight_decay as f32;
        adam_step(self, t, update, move |w, g| (w, l2(w, g, lambda)));
    }
}

/// Adam's update of the weight and gradient that `decay` makes of (w, g).
pub(super) fn adam_step(
    rule: &Adam,
    t: u64,
    update: Update<'_>,
    decay: impl Fn(f32, f32) -> (f32, f32) + Copy + Send + Sync + 'static,
) {
    let Adam { lr, beta1, beta2, eps, amsgrad, .. } = *rule;
    let bias_correction1 = bias_correction(beta1, t);
    let bias_correction2_sqrt = bias_correction(beta2, t).sqrt();
    let step_size = (lr / bias_correction1) as f32;
    // A product is quicker than a quotient.
    let per_correction2_sqrt = bias_correction2_sqrt.recip() as f32;
    let [new1, beta2, new2, eps] = [1.0 - beta1, beta2, 1.0 - beta2, eps].map(|x| x as f32);
    let mean_square = move |v: f32, g: f32| beta2 * v + new2 * g * g;
    if amsgrad {
        update.each_weight(move |w, g, [m, v, max]| {
            let (w, g) = decay(w, g);
            let (m, v) = (lerp(m, g, new1), mean_square(v, g));
            let max = maximum(max, v);
            let denom = max.sqrt() * per_correction2_sqrt + eps;
            (w - step_size * m / denom, [m, v, max])
        });
    } else {
        update.each_weight(move |w, g, [m, v]| {
            let (w, g) = decay(w, g);
            let (m, v) = (lerp(m, g, new1), mean_square(v, g));
            let denom = v.sqrt() * per_correction2_sqrt + eps;
            (w - step_size * m / denom, [m, v])
        });
    }
}
