use crate::formula::{bias_correction, l2, lerp};
use crate::hyperparameters;
use crate::rule::{Fixed, Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam that uses its mean of squares as far as enough gradients have gone into it.
    pub struct Radam {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root before the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Radam {
    // The paper has no ε; PyTorch adds it to √v before the correction, unlike its Adam.
    const INFO: Info = Info {
        name: "radam",
        title: "Rectified Adam",
        family: "adaptive",
        problem: "Adam's first steps divide by a mean of a few squares, which varies wildly; warm-up hides \
                  that, this rule removes it",
        formula: "g ← g + λ·w
m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
m̂ = m/(1 − β₁ᵗ)
p = 2/(1 − β₂) − 1,  ρ = p − 2·t·β₂ᵗ/(1 − β₂ᵗ)
r = √((ρ − 4)·(ρ − 2)·p/((p − 4)·(p − 2)·ρ))
w ← w − η·m̂·r·√(1 − β₂ᵗ)/(√v + ε)   if ρ > 5
w ← w − η·m̂                         otherwise",
        good_when: "Adam needs a warm-up and nobody wants to tune one",
        bad_when: "a warm-up is in place already, or the first steps, plain momentum of size η·g, are too \
                   long for the network",
        relatives: "its first steps are sgd with a corrected mean for momentum; once r is near 1 it is adam \
                    with ε added before the correction",
        source: "Liu et al. 2020",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch {
        classes: &[("RAdam", None)],
        fixed: &[("decoupled_weight_decay", Fixed::Flag(false))],
    });

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Radam { lr, beta1, beta2, eps, weight_decay } = *self;
        let (correction1, correction2) = (bias_correction(beta1, t), bias_correction(beta2, t));
        let longest = 2.0 / (1.0 - beta2) - 1.0;
        let length = longest - 2.0 * t as f64 * beta2.powf(t as f64) / correction2;
        let squared =
            (length - 4.0) * (length - 2.0) * longest / ((longest - 4.0) * (longest - 2.0) * length);
        let [step_size, rectified, new1, beta2, new2, eps, lambda] = [
            lr / correction1,
            lr / correction1 * correction2.sqrt() * squared.sqrt(),
            1.0 - beta1,
            beta2,
            1.0 - beta2,
            eps,
            weight_decay,
        ]
        .map(|x| x as f32);
        let means = move |w: f32, g: f32, m: f32, v: f32| {
            let g = l2(w, g, lambda);
            [lerp(m, g, new1), beta2 * v + new2 * g * g]
        };
        if length > 5.0 {
            update.each_weight(move |w, g, [m, v]| {
                let [m, v] = means(w, g, m, v);
                (w - rectified * m / (v.sqrt() + eps), [m, v])
            });
        } else {
            update.each_weight(move |w, g, [m, v]| {
                let [m, v] = means(w, g, m, v);
                (w - step_size * m, [m, v])
            });
        }
    }
}
