use tensor::Role;
use tensor::math::sum_of_squares;

use super::adamw::AdamW;
use crate::formula::{bias_correction, lerp};
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// AdamW on gradients whose noise is made smaller by the last ones; for weight matrices.
    pub struct Mars {
        /// Step size η of weight matrices.
        lr: f64 = 3e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.95 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.99 in 0.0..1.0,
        /// Fraction γ of the gradient's change that is added to it.
        gamma: f64 = 0.025 in 0.0..,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight of a matrix towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
        /// AdamW's step size for what is no weight matrix.
        adamw_lr: f64 = 3e-3 in 0.0..,
        /// AdamW's decay of the mean gradient.
        adamw_beta1: f64 = 0.9 in 0.0..1.0,
        /// AdamW's decay of the mean of squares.
        adamw_beta2: f64 = 0.95 in 0.0..1.0,
        /// AdamW's pull of every weight towards 0.
        adamw_weight_decay: f64 = 0.1 in 0.0..,
    }
}

impl Rule for Mars {
    // The authors' approximate form: p is the last batch's gradient at the weights of then, not of now,
    // so that no second gradient is asked for.
    const INFO: Info = Info {
        name: "mars",
        title: "Make variance reduction shine",
        family: "matrix",
        problem: "gradients of batches are noisy, and means over the past are late; a share of the change \
                  since the last gradient makes up for both",
        formula: "c = g + γ·β₁/(1 − β₁)·(g − p),  p ← g       (p: the last gradient)
c ← c/max(‖c‖, 1)
m ← β₁·m + (1 − β₁)·c,  v ← β₂·v + (1 − β₂)·c²
w ← w − η·λ·w − η·m̂/(√v̂ + ε),  m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
what is no weight matrix: adamw with the settings that begin with adamw_",
        good_when: "AdamW works, the weights are mostly in matrices, and gradients are noisy",
        bad_when: "batches are so large that they have no noise to reduce",
        relatives: "gamma=0 is adamw with a bound on each matrix's gradient; adan adds the gradient's \
                    change too",
        source: "Yuan et al. 2024",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        let last = Slot { shape: StateShape::Matrices, ..Slot::zeros("last_grad", "p") };
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v"), last]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(3, 8, 5)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let rest = AdamW {
            lr: self.adamw_lr * update.schedule_factor(),
            beta1: self.adamw_beta1,
            beta2: self.adamw_beta2,
            weight_decay: self.adamw_weight_decay,
            eps: self.eps,
            ..AdamW::default()
        };
        for parameter in update.parameters() {
            if parameter.role == Role::Matrix && parameter.shape.rank() >= 2 {
                self.update_matrix(t, parameter);
            } else {
                rest.update(t, parameter.update);
            }
        }
    }
}

impl Mars {
    fn update_matrix(&self, t: u64, Parameter { mut update, .. }: Parameter<'_>) {
        let Mars { lr, beta1, beta2, gamma, eps, weight_decay, .. } = *self;
        let mut c = update.scaled_gradients();
        let correction = (gamma * (beta1 / (1.0 - beta1))) as f32;
        for (c, p) in c.iter_mut().zip(update.state_array(2)) {
            let g = *c;
            *c += correction * (g - *p);
            *p = g;
        }
        let norm = sum_of_squares(&c).sqrt();
        if norm > 1.0 {
            c.iter_mut().for_each(|c| *c /= norm as f32);
        }
        let [new1, kept2, new2] = [1.0 - beta1, beta2, 1.0 - beta2].map(|x| x as f32);
        let [root2, eps] = [bias_correction(beta2, t).sqrt(), eps].map(|x| x as f32);
        let [keep, step_size] = [1.0 - lr * weight_decay, lr / bias_correction(beta1, t)].map(|x| x as f32);
        Update { gradients: &c, scale: 1.0, ..update.reborrow() }.each_weight(move |w, c, [m, v, p]| {
            let m = lerp(m, c, new1);
            let v = kept2 * v + new2 * c * c;
            (w * keep - step_size * m / (v.sqrt() / root2 + eps), [m, v, p])
        });
    }
}
