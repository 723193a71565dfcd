use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Requires, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Momentum with the step size of a model of the loss, which is never below a bound.
    pub struct Momo {
        /// Greatest step size η.
        lr: f64 = 1.0 in 0.0..,
        /// Decay β of the means of loss and gradient.
        beta: f64 = 0.9 in 0.0..1.0,
        /// A bound f* that the loss is never below.
        lower_bound: f64 = 0.0 in f64::MIN..,
        /// True to raise the bound as the loss shows where it ends.
        adapt_lower_bound: bool = false,
        /// Pull λ of every weight towards 0: it is divided by 1 + η·λ.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Momo {
    const INFO: Info = Info {
        name: "momo",
        title: "Momentum models for adaptive learning rates",
        family: "parameter-free",
        problem: "SGD with momentum wants a step size that fits; past losses and gradients make a model of \
                  the loss, and where it reaches the bound is far enough",
        formula: "F ← β·F + (1 − β)·f(w),  m ← β·m + (1 − β)·g,  γ ← β·γ + (1 − β)·⟨g, w⟩
(as they are at the first step)
h = (1 + η·λ)·(F − f* − γ) + ⟨m, w⟩
τ = min(η, max(h, 0)/‖m‖²)
w ← w − η·λ/(1 + η·λ)·w − τ·m
f* ← max(F + ⟨m, w⟩ − γ − τ·‖m‖²/2, lower_bound)       (with adapt_lower_bound)",
        good_when: "SGD with momentum fits the task, but the step size is hard to choose; it may be too \
                    large",
        bad_when: "the loss has no known bound, or ends far above it",
        relatives: "while η is the smaller it is sgd with a mean for momentum; beta=0 is polyak_sps",
        source: "Schaipp et al. 2023",
    };
    const TIER: Tier = Tier::Vector;
    const REQUIRES: Requires = Requires::Loss;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![
            ScalarSlot::new("barf", 0.0),
            ScalarSlot::new("gamma", 0.0),
            ScalarSlot::new("lb", self.lower_bound),
        ]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 6, 2)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let Momo { lr, beta, lower_bound, adapt_lower_bound, weight_decay } = *self;
        let beta = if t == 1 { 0.0 } else { beta };
        let [kept, new] = [beta, 1.0 - beta].map(|x| x as f32);
        let [now, along, m2] = update.sums(move |w, g, [m]| {
            let m = kept * m + new * g;
            [g * w, m * w, m * m]
        });
        let [loss, gamma, bound] = *update.scalars();
        let loss = beta * loss + (1.0 - beta) * update.loss();
        let gamma = beta * gamma + (1.0 - beta) * now;

        let grow = 1.0 + lr * weight_decay;
        let reach = grow * (loss - gamma) + along;
        let raised = adapt_lower_bound && reach < grow * bound;
        let bound = if raised { (reach / (2.0 * grow)).max(lower_bound) } else { bound };
        let h = grow * (loss - bound - gamma) + along;
        let tau = if m2 == 0.0 { 0.0 } else { (h.max(0.0) / m2).min(lr) };
        let left = (loss + along - gamma) - 0.5 * tau * m2;
        let bound = if adapt_lower_bound { left.max(lower_bound) } else { bound };
        *update.scalars() = [loss, gamma, bound];

        let [decay, tau] = [lr * weight_decay / grow, tau].map(|x| x as f32);
        update.each_weight(move |w, g, [m]| {
            let m = kept * m + new * g;
            (w - decay * w - tau * m, [m])
        });
    }
}
