use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// Momentum whose steps are a fixed share of each parameter's norm.
    pub struct Lars {
        /// Step size η.
        lr: f64 = 1.0 in 0.0..,
        /// Share μ of the last velocity that is kept.
        momentum: f64 = 0.9 in 0.0..1.0,
        /// Share q of a parameter's norm in the length of its step.
        trust: f64 = 1e-3 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Lars {
    const INFO: Info = Info {
        name: "lars",
        title: "Layer-wise adaptive rate scaling",
        family: "layer-wise",
        problem: "with very large batches the learning rate must be so high that layers whose gradients are \
                  large relative to their weights diverge",
        formula: "u = g + λ·w
r = q·‖w‖/‖u‖   (1 if a norm is 0; norms are over one parameter)
v ← μ·v + η·r·u
w ← w − v",
        good_when: "image classifiers are trained with batches of thousands",
        bad_when: "batches are small: SGD with momentum does as well without norms",
        relatives: "it is sgd with momentum whose learning rate is measured out for each parameter; lamb \
                    does the same to adamw",
        source: "You, Gitman & Ginsburg 2017, in optax's form",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum_buffer", "v")]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 5, 2)
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Lars { lr, momentum, trust, weight_decay } = *self;
        let [mu, lambda] = [momentum, weight_decay].map(|x| x as f32);
        for parameter in update.parameters() {
            let [w2, u2] = parameter.update.sums(move |w, g, [_]| {
                let u = l2(w, g, lambda);
                [w * w, u * u]
            });
            let ratio = if w2 == 0.0 || u2 == 0.0 { 1.0 } else { trust * w2.sqrt() / u2.sqrt() };
            let step_size = (lr * ratio) as f32;
            parameter.update.each_weight(move |w, g, [v]| {
                let v = mu * v + step_size * l2(w, g, lambda);
                (w - v, [v])
            });
        }
    }
}
