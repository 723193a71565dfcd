use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Gradient descent by the distance that was gone over the size of all gradients.
    pub struct Dog {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// First distance, as a share of 1 more than the norm of the weights.
        initial: f64 = 1e-6 in 0.0..,
        /// Added to the sum of squares, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Dog {
    const INFO: Info = Info {
        name: "dog",
        title: "Distance over gradients",
        family: "parameter-free",
        problem: "the best step size of SGD is the distance to a solution over the gradients' size; the \
                  distance gone so far soon grows to the first, and the second has been seen",
        formula: "g ← g + λ·w
r ← max(r, ‖w − p‖)                  (p: the weights at the start)
G ← G + ‖g‖²
w ← w − η·r/√(G + ε)·g
r = initial·(1 + ‖p‖) at the start",
        good_when: "SGD is known to work but not with which step size; evaluate at an average",
        bad_when: "gradients differ much in size between layers, or shrink a thousandfold on the way: G \
                   never forgets",
        relatives: "it is sgd with a step size that it finds; dowg weights the gradients by the distance \
                    gone",
        source: "Ivgi et al. 2023",
    };
    const TIER: Tier = Tier::Vector;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("init_params", "p")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::new("max_dist", 0.0), ScalarSlot::new("sum_sq_norm_grads", 0.0)]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 6, 2)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let Dog { lr, initial, eps, weight_decay } = *self;
        if t == 1 {
            update.copy_weights_to_state(0);
            let [w2] = update.sums(|w, _, [_]| [w * w]);
            *update.scalars() = [initial * (1.0 + w2.sqrt()), 0.0];
        }
        let lambda = weight_decay as f32;
        let [gone2, g2] = update.sums(move |w, g, [start]| {
            let g = l2(w, g, lambda);
            [(start - w) * (start - w), g * g]
        });
        let [distance, squares] = update.scalars();
        *distance = distance.max(gone2.sqrt());
        *squares += g2;
        let root = (*squares + eps).sqrt();
        if root == 0.0 {
            return;
        }
        let step_size = (lr * (*distance / root)) as f32;
        update.each_weight(move |w, g, [start]| (w - step_size * l2(w, g, lambda), [start]));
    }
}
