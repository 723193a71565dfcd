use super::adamp::project;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// SGD without the part of a step that only makes scale-invariant weights longer.
    pub struct Sgdp {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Share μ of the last velocity that is kept.
        momentum: f64 = 0.9 in 0.0..1.0,
        /// Share τ of the gradient that is kept out of the velocity.
        dampening: f64 = 0.0 in 0.0..=1.0,
        /// True to step along the velocity as it will be after this step.
        nesterov: bool = false,
        /// Pull λ of every weight towards 0: a share η·λ/(1 − μ) of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
        /// Limit δ on the cosine of gradient and weights in a scale-invariant row.
        delta: f64 = 0.1 in 0.0..,
        /// Factor ω of the decay of scale-invariant weights.
        wd_ratio: f64 = 0.1 in 0.0..=1.0,
        /// The least norm ε in the cosine, added to the norm in the projection.
        eps: f64 = 1e-8 in 0.0..,
    }
}

impl Rule for Sgdp {
    const INFO: Info = Info {
        name: "sgdp",
        title: "SGD with projection",
        family: "layer-wise",
        problem: "before a normalization only the direction of weights counts; momentum makes them longer, \
                  which shortens all later steps",
        formula: "v ← μ·v + (1 − τ)·g
d = v, or g + μ·v with nesterov
if |cos(g, w)| < δ/√n in every row of n weights, or in the whole matrix:
d ← d − n̂·(n̂·d) with n̂ = w/‖w‖ of the row or matrix, and λ ← ω·λ
w ← w − η·λ/(1 − μ)·w − η·d",
        good_when: "matrices are followed by a batch or layer normalization and SGD is the choice",
        bad_when: "nothing is normalized: then it is SGD with more work",
        relatives: "delta=0 is sgd with momentum; adamp does the same to adamw",
        source: "Heo et al. 2021",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum", "v")]
    }

    /// Where steps are projected; less where they are not.
    fn memory_traffic(&self) -> MemoryTraffic {
        let ahead = if self.nesterov { MemoryTraffic::of(1, 2, 1) } else { MemoryTraffic::NONE };
        MemoryTraffic::of(10, 15, 5) + ahead
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Sgdp { lr, momentum, dampening, nesterov, weight_decay, delta, wd_ratio, eps } = *self;
        let [step_size, mu, kept] = [lr, momentum, 1.0 - dampening].map(|x| x as f32);
        for Parameter { shape, mut update, .. } in update.parameters() {
            update.reborrow().each_weight(move |w, g, [v]| (w, [mu * v + kept * g]));
            let g = update.scaled_gradients();
            let mut d = update.state_array(0).to_vec();
            if nesterov {
                d.iter_mut().zip(&g).for_each(|(v, g)| *v = g + mu * *v);
            }
            let projected = project(&shape, update.weights(), &g, &mut d, delta, eps);
            let decay = lr * weight_decay * if projected { wd_ratio } else { 1.0 } / (1.0 - momentum);
            let keep = (1.0 - decay) as f32;
            update.weights().iter_mut().zip(&d).for_each(|(w, d)| *w = *w * keep - step_size * d);
        }
    }
}
