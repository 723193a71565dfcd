use tensor::Shape;
use tensor::math::sum_of_squares;

use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// Adam without the part of a step that only makes scale-invariant weights longer.
    pub struct AdamP {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
        /// Limit δ on the cosine of gradient and weights in a scale-invariant row.
        delta: f64 = 0.1 in 0.0..,
        /// Factor ω of the decay of scale-invariant weights.
        wd_ratio: f64 = 0.1 in 0.0..=1.0,
        /// True to step along the mean gradient as it will be after this step.
        nesterov: bool = false,
    }
}

impl Rule for AdamP {
    const INFO: Info = Info {
        name: "adamp",
        title: "Adam with projection",
        family: "layer-wise",
        problem: "before a normalization only the direction of weights counts; momentum makes them longer, \
                  which shortens all later steps",
        formula: "m ← β₁·m + (1 − β₁)·g
v ← β₂·v + (1 − β₂)·g²
u = m/(√(v/(1 − β₂ᵗ)) + ε)         ((1 − β₁)·g + β₁·m for m with nesterov)
if |cos(g, w)| < δ/√n in every row of n weights, or in the whole matrix:
u ← u − n̂·(n̂·u) with n̂ = w/‖w‖ of the row or matrix, and λ ← ω·λ
w ← w − η·λ·w − η/(1 − β₁ᵗ)·u",
        good_when: "matrices are followed by a batch or layer normalization",
        bad_when: "nothing is normalized: then it is AdamW with more work",
        relatives: "delta=0 is adamw; sgdp does the same to sgd",
        source: "Heo et al. 2021",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v")]
    }

    /// Where steps are projected; less where they are not.
    fn memory_traffic(&self) -> MemoryTraffic {
        let ahead = if self.nesterov { MemoryTraffic::of(1, 2, 1) } else { MemoryTraffic::NONE };
        MemoryTraffic::of(12, 19, 8) + ahead
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let AdamP { lr, beta1, beta2, eps, weight_decay, delta, wd_ratio, nesterov } = *self;
        let root2 = bias_correction(beta2, t).sqrt() as f32;
        let step_size = (lr / bias_correction(beta1, t)) as f32;
        let [kept1, new1, kept2, new2, small] =
            [beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps].map(|x| x as f32);
        for Parameter { shape, mut update, .. } in update.parameters() {
            update
                .reborrow()
                .each_weight(move |w, g, [m, v]| (w, [kept1 * m + new1 * g, kept2 * v + new2 * g * g]));
            let g = update.scaled_gradients();
            let [m, v] = [0, 1].map(|index| update.state_array(index).to_vec());
            let mut u = m;
            if nesterov {
                u.iter_mut().zip(&g).for_each(|(m, g)| *m = kept1 * *m + new1 * g);
            }
            u.iter_mut().zip(&v).for_each(|(u, v)| *u /= v.sqrt() / root2 + small);
            let projected = project(&shape, update.weights(), &g, &mut u, delta, eps);
            let keep = (1.0 - lr * weight_decay * if projected { wd_ratio } else { 1.0 }) as f32;
            update.weights().iter_mut().zip(&u).for_each(|(w, u)| *w = *w * keep - step_size * u);
        }
    }
}

/// Takes out of `u` what is along the weights, row by row or for the whole matrix, if the gradient
/// says that only their direction counts. A row is all weights of one index of the first dimension.
pub(super) fn project(shape: &Shape, w: &[f32], g: &[f32], u: &mut [f32], delta: f64, eps: f64) -> bool {
    if shape.rank() < 2 || w.is_empty() {
        return false;
    }
    for columns in [w.len() / shape[0], w.len()] {
        let bound = delta / (columns as f64).sqrt();
        if w.chunks(columns).zip(g.chunks(columns)).all(|(w, g)| cosine(w, g, eps).abs() < bound) {
            for (w, u) in w.chunks(columns).zip(u.chunks_mut(columns)) {
                let norm = (sum_of_squares(w).sqrt() + eps) as f32;
                let along = (dot(w, u) / f64::from(norm)) as f32;
                u.iter_mut().zip(w).for_each(|(u, w)| *u -= w / norm * along);
            }
            return true;
        }
    }
    false
}

fn cosine(a: &[f32], b: &[f32], eps: f64) -> f64 {
    let [a2, b2] = [a, b].map(|x| sum_of_squares(x).sqrt().max(eps));
    dot(a, b) / (a2 * b2)
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}
