use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Gradient descent by the distance that was gone over gradients weighted by it.
    pub struct Dowg {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// First distance.
        initial: f64 = 1e-6 in 0.0..,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Dowg {
    const INFO: Info = Info {
        name: "dowg",
        title: "Distance over weighted gradients",
        family: "parameter-free",
        problem: "DoG's sum keeps the large gradients of the start for ever; weighted by the distance gone, \
                  late gradients count most, and steps can grow to where training is only just stable",
        formula: "g ← g + λ·w
r ← max(r, ‖w − p‖)                  (p: the weights at the start)
G ← G + r²·‖g‖²
w ← w − η·r²/(√G + ε)·g
r = initial at the start",
        good_when: "SGD is known to work but not with which step size, and gradients are not very noisy",
        bad_when: "gradients differ much in size between layers: they share one step size",
        relatives: "it is sgd with a step size that it finds; dog weights all gradients alike",
        source: "Khaled et al. 2023",
    };
    const TIER: Tier = Tier::Vector;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("init_params", "p")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![
            ScalarSlot::new("estim_sq_dist", self.initial * self.initial),
            ScalarSlot::new("weighted_sq_norm_grads", 0.0),
        ]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 6, 2)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let Dowg { lr, eps, weight_decay, .. } = *self;
        if t == 1 {
            update.copy_weights_to_state(0);
        }
        let lambda = weight_decay as f32;
        let [gone2, g2] = update.sums(move |w, g, [start]| {
            let g = l2(w, g, lambda);
            [(start - w) * (start - w), g * g]
        });
        let [distance2, squares] = update.scalars();
        *distance2 = distance2.max(gone2);
        *squares += *distance2 * g2;
        let root = squares.sqrt() + eps;
        if root == 0.0 {
            return;
        }
        let step_size = (lr * (*distance2 / root)) as f32;
        update.each_weight(move |w, g, [start]| (w - step_size * l2(w, g, lambda), [start]));
    }
}
