use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Momentum of gradients that are divided by a running norm of each parameter's gradient.
    pub struct NovoGrad {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Share β₁ of the last velocity that is kept.
        beta1: f64 = 0.95 in 0.0..1.0,
        /// Decay β₂ of the mean squared norm.
        beta2: f64 = 0.98 in 0.0..1.0,
        /// Added to the norm, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the normalized gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for NovoGrad {
    const INFO: Info = Info {
        name: "novograd",
        title: "Normalized gradients by layer",
        family: "layer-wise",
        problem: "Adam keeps a second array as long as the weights; one number for each parameter evens out \
                  the layers as well",
        formula: "s ← β₂·s + (1 − β₂)·‖g‖²      (s = ‖g‖² at the first step)
m ← β₁·m + g/(√s + ε) + λ·w
w ← w − η·m",
        good_when: "memory is short (4 bytes a weight) and layers differ in the size of their gradients",
        bad_when: "weights within a parameter do: they share one divisor",
        relatives: "it is adam with one mean of squares for a whole parameter and no bias correction; lars \
                    too evens out layers by their norms, without a memory of them",
        source: "Ginsburg et al. 2019",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        let norms = Slot { name: "grads_ema", symbol: "s", start: 0.0, shape: StateShape::One };
        vec![Slot::zeros("moments", "m"), norms]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 4, 2)
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let NovoGrad { lr, beta1, beta2, eps, weight_decay } = *self;
        let [lr, beta1, eps, lambda] = [lr, beta1, eps, weight_decay].map(|x| x as f32);
        for mut parameter in update.parameters() {
            let [g2] = parameter.update.sums(|_, g, [_]| [g * g]);
            let [s] = parameter.update.state_array(1) else { unreachable!("one number a parameter") };
            let mean = if t == 1 { g2 } else { f64::from(*s) + (1.0 - beta2) * (g2 - f64::from(*s)) };
            // The sum of squares overflows in single precision long before the norm does.
            *s = mean.min(f64::from(f32::MAX)) as f32;
            let norm = s.sqrt() + eps;
            parameter.update.each_weight(move |w, g, [m]| {
                let m = beta1 * m + (g / norm + lambda * w);
                (w - lr * m, [m])
            });
        }
    }
}
