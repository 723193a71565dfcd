use crate::error::Error;
use crate::formula::bias_correction;
use crate::hyperparameters;
use crate::rule::{Info, MemoryTraffic, Rule, Tier, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// AdamW that finds its own step size from how far the weights have come.
    pub struct Prodigy {
        /// Factor η of the step size that is found; a schedule acts on it.
        lr: f64 = 1.0 search "0.1..10 log" in 0.0..,
        /// Decay β₁ of the mean gradient.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares; √β₂ is that of the estimate's sums.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root, times the step size, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·d·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
        /// First estimate d₀ of the distance to a solution, far too small.
        d0: f64 = 1e-6 in 0.0..,
        /// Factor of later estimates, the one setting worth tuning.
        d_coef: f64 = 1.0 in 0.0..,
        /// True to correct steps for means that start at 0, as Adam does.
        bias_correction: bool = false,
        /// True if the estimate ignores η, for a long warm-up.
        safeguard_warmup: bool = false,
    }
}

impl Rule for Prodigy {
    const INFO: Info = Info {
        name: "prodigy",
        title: "Prodigy",
        family: "parameter-free",
        problem: "Adam's step size has to be searched for; the distance to a solution, which the gradients \
                  along the way bound from below, is a good one",
        formula: "η ← η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)           (with bias_correction)
a ← √β₂·a + d/d₀·η·d·⟨g, p − w⟩      (p: the weights at the start)
s ← √β₂·s + d/d₀·η·d·g               (without η with safeguard_warmup)
m ← β₁·m + (1 − β₁)·d·g
v ← β₂·v + (1 − β₂)·d²·g²
d⁺ = max(d, d_coef·a/‖s‖₁)
w ← w − η·d·λ·w − η·d·m/(√v + d⁺·ε)
d ← d⁺",
        good_when: "no step size is known and a search is dear; with a cosine schedule",
        bad_when: "the best step size shrinks as training goes on: the estimate never does",
        relatives: "while d is constant it is adamw with the step size η·d and, unless asked for, no bias \
                    correction; dadapt_adam is the older form, whose estimate grows more slowly",
        source: "Mishchenko & Defazio 2023",
    };
    const TIER: Tier = Tier::Vector;

    fn state(&self) -> Vec<Slot> {
        vec![
            Slot::zeros("exp_avg", "m"),
            Slot::zeros("exp_avg_sq", "v"),
            Slot::zeros("s", "s"),
            Slot::zeros("p0", "p"),
        ]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        vec![ScalarSlot::new("d", self.d0), ScalarSlot::new("d_numerator", 0.0)]
    }

    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(2, 10, 5)
    }

    fn check(&self) -> Result<(), Error> {
        distance_can_grow(Self::INFO.name, self.d0)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let Prodigy { lr, beta1, beta2, eps, weight_decay, d0, d_coef, bias_correction, safeguard_warmup } =
            *self;
        if t == 1 {
            update.copy_weights_to_state(3);
        }
        if lr == 0.0 {
            return;
        }
        let [d, numerator] = *update.scalars();
        let correction = if bias_correction { adam_correction(beta1, beta2, t) } else { 1.0 };
        let step_size = d * lr * correction;
        let of_gradient = d / d0 * if safeguard_warmup { d } else { step_size };
        let [kept3, weight] = [beta2.sqrt(), of_gradient].map(|x| x as f32);
        let [along, length] =
            update.sums(move |w, g, [_, _, s, start]| [g * (start - w), (kept3 * s + weight * g).abs()]);
        if length == 0.0 {
            return;
        }
        let numerator = beta2.sqrt() * numerator + d / d0 * step_size * along;
        let longer = d.max(d_coef * numerator / length);
        *update.scalars() = [longer, numerator];

        let [kept1, new1, kept2, new2] =
            [beta1, d * (1.0 - beta1), beta2, d * d * (1.0 - beta2)].map(|x| x as f32);
        let [small, step_size, decay] = [longer * eps, step_size, weight_decay * step_size].map(|x| x as f32);
        update.each_weight(move |w, g, [m, v, s, start]| {
            let m = kept1 * m + new1 * g;
            let v = kept2 * v + new2 * g * g;
            let s = kept3 * s + weight * g;
            let w = w - decay * w;
            (w - step_size * m / (v.sqrt() + small), [m, v, s, start])
        });
    }
}

/// Factor of a step of Adam that corrects means which start at 0.
pub(super) fn adam_correction(beta1: f64, beta2: f64, t: u64) -> f64 {
    bias_correction(beta2, t).sqrt() / bias_correction(beta1, t)
}

/// Estimates of the distance grow by factors, so they have to start above 0.
pub(super) fn distance_can_grow(of: &str, d0: f64) -> Result<(), Error> {
    if d0 > 0.0 {
        return Ok(());
    }
    Err(Error::Conflict { of: of.to_string(), why: "expected d0 above 0, found 0; 1e-6 is usual".into() })
}
