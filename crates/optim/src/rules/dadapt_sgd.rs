use super::prodigy::distance_can_grow;
use crate::error::Error;
use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Gradient descent that finds its own step size from the gradients that it has seen.
    pub struct DAdaptSgd {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// Share μ of the last weights that is kept in each step.
        momentum: f64 = 0.0 in 0.0..1.0,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
        /// First estimate d₀ of the distance to a solution, far too small.
        d0: f64 = 1e-6 in 0.0..,
    }
}

impl Rule for DAdaptSgd {
    const INFO: Info = Info {
        name: "dadapt_sgd",
        title: "SGD with D-adaptation",
        family: "parameter-free",
        problem: "the step size of SGD has to be searched for; the distance to a solution over the size of \
                  a gradient is a good one, and the gradients' sum bounds the distance from below",
        formula: "n = ‖g‖ of the first gradient that is not 0
g ← g + λ·w
a ← a + η·d/n·⟨g, s⟩
s ← s + η·d/n·g
d ← max(d, 2·a/‖s‖)
w ← μ·w + (1 − μ)·(p − s)            (p: the weights at the start)",
        good_when: "SGD is known to work but not with which step size; with a schedule",
        bad_when: "gradients differ much in size between layers, or the first one is not like the rest",
        relatives: "with momentum=0 and while d is constant it is sgd with the step size η·d/n; \
                    dadapt_adam divides as adam does; dog finds the step size from the distance gone",
        source: "Defazio & Mishchenko 2023",
    };
    const TIER: Tier = Tier::Vector;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("s", "s"), Slot::zeros("x0", "p")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![
            ScalarSlot::new("d", self.d0),
            ScalarSlot::new("numerator_weighted", 0.0),
            ScalarSlot::new("g0_norm", 0.0),
        ]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 7, 3)
    }

    fn check(&self) -> Result<(), Error> {
        distance_can_grow(Self::INFO.name, self.d0)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let DAdaptSgd { lr, momentum, weight_decay, .. } = *self;
        if t == 1 {
            update.copy_weights_to_state(1);
        }
        let [d, numerator, mut norm] = *update.scalars();
        if norm == 0.0 {
            let [g2] = update.sums(|_, g, [_, _]| [g * g]);
            norm = g2.sqrt();
        }
        if lr == 0.0 || norm == 0.0 {
            return;
        }
        let step_size = d * lr / norm;
        let [step, lambda] = [step_size, weight_decay].map(|x| x as f32);
        let [along, s2] = update.sums(move |w, g, [s, _]| {
            let g = l2(w, g, lambda);
            let longer = s + step * g;
            [g * s, longer * longer]
        });
        if s2 == 0.0 {
            return;
        }
        let numerator = numerator + step_size * along;
        *update.scalars() = [d.max(2.0 * numerator / s2.sqrt()), numerator, norm];

        let [kept, new] = [momentum, 1.0 - momentum].map(|x| x as f32);
        update.each_weight(move |w, g, [s, start]| {
            let s = s + step * l2(w, g, lambda);
            (kept * w + new * (start - s), [s, start])
        });
    }
}
