use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Requires, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// Gradient descent by what is left of the loss over the gradient's square.
    pub struct PolyakSps {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 in 0.0..,
        /// Greatest step size γ before that.
        max_lr: f64 = 1.0 in 0.0..,
        /// The least loss f* that there can be.
        f_min: f64 = 0.0 in f64::MIN..,
        /// Added to the square, so that nothing is divided by 0.
        eps: f64 = 0.0 in 0.0..,
        /// True if a loss below f* is no step instead of one up the gradient.
        positive: bool = false,
    }
}

impl Rule for PolyakSps {
    const INFO: Info = Info {
        name: "polyak_sps",
        title: "Stochastic Polyak step size",
        family: "parameter-free",
        problem: "if the least loss is known, as it is for a network that can fit all its data, a step size \
                  follows from each batch",
        formula: "α = min((f(w) − f*)/(‖g‖² + ε), γ)      (no less than 0 with positive)
w ← w − η·α·g",
        good_when: "the training loss can come near 0, and no step size is known",
        bad_when: "it cannot: with f* too low, steps stay long and w never settles",
        relatives: "where the bound γ holds it is sgd with lr=γ; momo is the same with momentum",
        source: "Loizou et al. 2021",
    };
    const TIER: Tier = Tier::Vector;
    const REQUIRES: Requires = Requires::Loss;

    fn state(&self) -> Vec<Slot> {
        vec![]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 4, 1)
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let PolyakSps { lr, max_lr, f_min, eps, positive } = *self;
        let [squares] = update.sums(|_, g, []| [g * g]);
        let gap = update.loss() - f_min;
        let gap = if positive { gap.max(0.0) } else { gap };
        if squares + eps == 0.0 {
            return;
        }
        let step_size = (lr * (gap / (squares + eps)).min(max_lr)) as f32;
        update.each_weight(move |w, g, []| (w - step_size * g, []));
    }
}
