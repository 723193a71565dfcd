use crate::formula::{bias_correction, l2, lerp};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Adam that looks ahead along its momentum, whose share grows over the first steps.
    pub struct Nadam {
        /// Step size η.
        lr: f64 = 2e-3 in 0.0..,
        /// Decay β₁ of the mean gradient, which the momentum's share μ grows towards.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Speed ψ at which μ grows from half of β₁ to β₁; 0 keeps it at half.
        momentum_decay: f64 = 4e-3 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Nadam {
    const INFO: Info = Info {
        name: "nadam",
        title: "Adam with Nesterov momentum",
        family: "adaptive",
        problem: "Adam steps along the momentum of the past; Nesterov's momentum, which already counts the \
                  present gradient, corrects a wrong course a step earlier",
        formula: "g ← g + λ·w
μₜ = β₁·(1 − ½·0.96^(t·ψ))
m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
m̂ = μₜ₊₁·m/(1 − μ₁⋯μₜ₊₁) + (1 − μₜ)·g/(1 − μ₁⋯μₜ)
v̂ = v/(1 − β₂ᵗ)
w ← w − η·m̂/(√v̂ + ε)",
        good_when: "Adam works but converges slowly along long valleys",
        bad_when: "gradients are very noisy: the present one has more weight than in Adam",
        relatives: "it is adam with Nesterov momentum; nadamw takes the decay out of the gradient; adan \
                    comes to Nesterov momentum another way",
        source: "Dozat 2016, with the schedule of μ (which optax leaves out)",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("NAdam", Some(false))]));

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::new("mu_product", 1.0)]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let lambda = self.weight_decay as f32;
        nadam_step(self, t, update, move |w, g| (w, l2(w, g, lambda)));
    }
}

/// NAdam's update of the weight and gradient that `decay` makes of (w, g).
pub(super) fn nadam_step(
    rule: &Nadam,
    t: u64,
    mut update: Update<'_>,
    decay: impl Fn(f32, f32) -> (f32, f32) + Copy + Send + Sync + 'static,
) {
    let Nadam { lr, beta1, beta2, eps, momentum_decay, .. } = *rule;
    let mu = |t: u64| beta1 * (1.0 - 0.5 * 0.96_f64.powf(t as f64 * momentum_decay));
    let [mu_product] = update.scalars();
    *mu_product *= mu(t);
    let of_gradient = lr * (1.0 - mu(t)) / (1.0 - *mu_product);
    let of_mean = lr * mu(t + 1) / (1.0 - *mu_product * mu(t + 1));
    let correction2 = bias_correction(beta2, t);
    let [of_gradient, of_mean, correction2, new1, beta2, new2, eps] =
        [of_gradient, of_mean, correction2, 1.0 - beta1, beta2, 1.0 - beta2, eps].map(|x| x as f32);
    update.each_weight(move |w, g, [m, v]| {
        let (w, g) = decay(w, g);
        let m = lerp(m, g, new1);
        let v = beta2 * v + new2 * g * g;
        let root = (v / correction2).sqrt() + eps;
        (w - of_gradient * g / root - of_mean * m / root, [m, v])
    });
}
