use super::prodigy::{adam_correction, distance_can_grow};
use crate::error::Error;
use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Adam that finds its own step size from the gradients that it has seen.
    pub struct DAdaptAdam {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// Decay β₁ of the mean step.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares; √β₂ is that of the estimate's sums.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0.
        weight_decay: f64 = 0.0 in 0.0..,
        /// True if the pull is a fraction η·d·λ of the weight, not a part of the gradient.
        decoupled: bool = false,
        /// First estimate d₀ of the distance to a solution, far too small.
        d0: f64 = 1e-6 in 0.0..,
        /// True to correct steps for means that start at 0, as Adam does.
        bias_correction: bool = false,
    }
}

impl Rule for DAdaptAdam {
    const INFO: Info = Info {
        name: "dadapt_adam",
        title: "Adam with D-adaptation",
        family: "parameter-free",
        problem: "Adam's step size has to be searched for; the distance to a solution is a good one, and \
                  the gradients' sum bounds it from below",
        formula: "g ← g + λ·w                          (w ← w − η·d·λ·w if decoupled)
η ← η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)           (with bias_correction)
a ← √β₂·a + (1 − √β₂)·η·d·⟨g, s/(√v + ε)⟩
m ← β₁·m + (1 − β₁)·η·d·g
v ← β₂·v + (1 − β₂)·g²
s ← √β₂·s + (1 − √β₂)·η·d·g
d ← max(d, a/((1 − √β₂)·‖s‖₁))
w ← w − m/(√v + ε)",
        good_when: "no step size is known and a search is dear; with a schedule",
        bad_when: "the best step size shrinks as training goes on; Prodigy is the same authors' faster one",
        relatives: "while d is constant it is adam with the step size η·d and, unless asked for, no bias \
                    correction; prodigy is the newer form, dadapt_sgd the one without the divisor",
        source: "Defazio & Mishchenko 2023",
    };
    const TIER: Tier = Tier::Vector;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("exp_avg", "m"), Slot::zeros("exp_avg_sq", "v"), Slot::zeros("s", "s")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::new("d", self.d0), ScalarSlot::new("numerator_weighted", 0.0)]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 9, 4)
    }

    fn check(&self) -> Result<(), Error> {
        distance_can_grow(Self::INFO.name, self.d0)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let DAdaptAdam { lr, beta1, beta2, eps, weight_decay, decoupled, bias_correction, .. } = *self;
        if lr == 0.0 {
            return;
        }
        let [d, numerator] = *update.scalars();
        let correction = if bias_correction { adam_correction(beta1, beta2, t) } else { 1.0 };
        let step_size = d * lr * correction;
        let (coupled, apart) = if decoupled { (0.0, weight_decay * step_size) } else { (weight_decay, 0.0) };
        let kept3 = beta2.sqrt();
        let [coupled, apart, eps, kept_s, new_s] =
            [coupled, apart, eps, kept3, step_size * (1.0 - kept3)].map(|x| x as f32);
        let [along, length] = update.sums(move |w, g, [_, v, s]| {
            let g = l2(w, g, coupled);
            [g * (s / (v.sqrt() + eps)), (kept_s * s + new_s * g).abs()]
        });
        if length == 0.0 {
            return;
        }
        let numerator = kept3 * numerator + (1.0 - kept3) * (step_size * along);
        *update.scalars() = [d.max(numerator / ((1.0 - kept3) * length)), numerator];

        let [kept1, new1, kept2, new2] =
            [beta1, step_size * (1.0 - beta1), beta2, 1.0 - beta2].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v, s]| {
            let g = l2(w, g, coupled);
            let m = kept1 * m + new1 * g;
            let v = kept2 * v + new2 * g * g;
            let s = kept_s * s + new_s * g;
            let w = w - apart * w;
            (w - m / (v.sqrt() + eps), [m, v, s])
        });
    }
}
