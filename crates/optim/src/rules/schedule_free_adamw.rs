use super::schedule_free_sgd::{averaged_weights_count, averaging_scalars, averaging_weight, warmed_up};
use crate::error::Error;
use crate::formula::{bias_correction, lerp};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// AdamW whose average replaces its momentum and a schedule.
    pub struct ScheduleFreeAdamW {
        /// Step size η.
        lr: f64 = 2.5e-3 in 0.0..,
        /// Share β₁ of the average in the weights at which gradients are taken.
        beta1: f64 = 0.9 in 0.0..1.0,
        /// Decay β₂ of the mean of squares.
        beta2: f64 = 0.999 in 0.0..1.0,
        /// Added to the root after the correction, so that nothing is divided by 0.
        eps: f64 = 1e-8 in 0.0..,
        /// Pull λ of every weight towards 0, next to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
        /// Steps over which the step size rises to its full value.
        warmup_steps: f64 = 0.0 in 0.0..,
        /// Power r of the step's number in its weight in the average.
        r: f64 = 0.0 in 0.0..=30.0,
        /// Power p of the greatest step size so far in that weight.
        weight_lr_power: f64 = 2.0 in 0.0..,
    }
}

impl Rule for ScheduleFreeAdamW {
    const INFO: Info = Info {
        name: "schedule_free_adamw",
        title: "Schedule-free AdamW",
        family: "adaptive",
        problem: "AdamW is at its best only at the end of a schedule, whose length must be known; an \
                  average of all weights needs no end and is as good at every moment",
        formula: "v ← β₂·v + (1 − β₂)·g²             (gradients are taken at w)
u = g/(√(v/(1 − β₂ᵗ)) + ε) + λ·w
ηₜ = η·min(1, t/warmup_steps)
cₜ = γₜ/(γ₁ + … + γₜ) with γₜ = tʳ·max(η₁ … ηₜ)ᵖ
z ← z − ηₜ·u
x ← (1 − cₜ)·x + cₜ·z              (x is what is evaluated)
w ← (1 − β₁)·z + β₁·x",
        good_when: "nobody can say in advance how long training will last; give some warmup_steps",
        bad_when: "there is batch normalization: its statistics belong to w and have to be taken again at x",
        relatives: "z goes the way of adamw with beta1=0; schedule_free_sgd is the same without the divisor",
        source: "Defazio et al. 2024",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("x");

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("z", "z"), Slot::zeros("exp_avg_sq", "v"), Slot::zeros("x", "x")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        averaging_scalars()
    }

    fn check(&self) -> Result<(), Error> {
        averaged_weights_count(Self::INFO.name, "beta1", self.beta1)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let ScheduleFreeAdamW { lr, beta1, beta2, eps, weight_decay, warmup_steps, r, weight_lr_power } =
            *self;
        if t == 1 {
            update.copy_weights_to_state(0);
        }
        let eta = warmed_up(lr, t, warmup_steps);
        let ckp1 = averaging_weight(update.scalars(), t, eta, r, weight_lr_power);
        // As in the authors' package, w goes its way without x, and x is found from w and z.
        let along_update = eta * (beta1 * (1.0 - ckp1) - 1.0);
        let beyond_w = 1.0 - 1.0 / beta1;
        let [eta, ckp1, along_update, beyond_w] = [eta, ckp1, along_update, beyond_w].map(|x| x as f32);
        let [beta2, new2, correction2, eps, lambda] =
            [beta2, 1.0 - beta2, bias_correction(beta2, t), eps, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [z, v, _]| {
            let v = beta2 * v + new2 * g * g;
            let u = g / ((v / correction2).sqrt() + eps) + lambda * w;
            let w = lerp(w, z, ckp1) + along_update * u;
            let z = z - eta * u;
            (w, [z, v, lerp(w, z, beyond_w)])
        });
    }
}
