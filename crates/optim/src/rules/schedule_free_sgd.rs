use crate::error::Error;
use crate::formula::{l2, lerp};
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::{ScalarSlot, Slot};

hyperparameters! {
    /// Gradient descent whose average replaces a schedule.
    pub struct ScheduleFreeSgd {
        /// Step size η; it can be ten times that of a schedule.
        lr: f64 = 1.0 in 0.0..,
        /// Share β of the average in the weights at which gradients are taken.
        momentum: f64 = 0.9 in 0.0..1.0,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
        /// Steps over which the step size rises to its full value.
        warmup_steps: f64 = 0.0 in 0.0..,
        /// Power r of the step's number in its weight in the average.
        r: f64 = 0.0 in 0.0..=30.0,
        /// Power p of the greatest step size so far in that weight.
        weight_lr_power: f64 = 2.0 in 0.0..,
    }
}

impl Rule for ScheduleFreeSgd {
    const INFO: Info = Info {
        name: "schedule_free_sgd",
        title: "Schedule-free SGD",
        family: "gradient descent",
        problem: "a schedule that shrinks the steps has to know when training ends; an average of all \
                  weights needs no end and is as good at every moment",
        formula: "g ← g + λ·w                        (gradients are taken at w)
ηₜ = η·min(1, t/warmup_steps)
cₜ = γₜ/(γ₁ + … + γₜ) with γₜ = tʳ·max(η₁ … ηₜ)ᵖ
z ← z − ηₜ·g
x ← (1 − cₜ)·x + cₜ·z              (x is what is evaluated)
w ← (1 − β)·z + β·x",
        good_when: "nobody can say in advance how long training will last; tune lr, not a schedule",
        bad_when: "there is batch normalization: its statistics belong to w and have to be taken again at x",
        relatives: "as momentum goes to 0 it becomes sgd evaluated at the average of all weights, as asgd \
                    is with t0=0; schedule_free_adamw divides as adam does",
        source: "Defazio et al. 2024",
    };
    const EVAL_WEIGHTS: Option<&'static str> = Some("x");

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("z", "z"), Slot::zeros("x", "x")]
    }

    fn scalars(&self) -> Vec<ScalarSlot> {
        averaging_scalars()
    }

    fn check(&self) -> Result<(), Error> {
        averaged_weights_count(Self::INFO.name, "momentum", self.momentum)
    }

    fn update(&self, t: u64, mut update: Update<'_>) {
        let ScheduleFreeSgd { lr, momentum, weight_decay, warmup_steps, r, weight_lr_power } = *self;
        if t == 1 {
            update.copy_weights_to_state(0);
        }
        let eta = warmed_up(lr, t, warmup_steps);
        let ckp1 = averaging_weight(update.scalars(), t, eta, r, weight_lr_power);
        // As in the authors' package, w goes its way without x, and x is found from w and z.
        let along_gradient = eta * (momentum * (1.0 - ckp1) - 1.0);
        let beyond_w = 1.0 - 1.0 / momentum;
        let [eta, ckp1, along_gradient, beyond_w, lambda] =
            [eta, ckp1, along_gradient, beyond_w, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [z, _]| {
            let g = l2(w, g, lambda);
            let w = lerp(w, z, ckp1) + along_gradient * g;
            let z = z - eta * g;
            (w, [z, lerp(w, z, beyond_w)])
        });
    }
}

/// The average can be found from the weights only if they have a part in it.
pub(super) fn averaged_weights_count(of: &str, name: &str, value: f64) -> Result<(), Error> {
    if value > 0.0 {
        return Ok(());
    }
    let why = format!("expected {name} above 0, found 0; 0.9 is usual");
    Err(Error::Conflict { of: of.to_string(), why })
}

/// The step size on its straight way up over the first steps.
pub(super) fn warmed_up(lr: f64, t: u64, warmup_steps: f64) -> f64 {
    if (t as f64) < warmup_steps { lr * (t as f64 / warmup_steps) } else { lr }
}

/// Scalars from which the weight of a step in the average is computed.
pub(super) fn averaging_scalars() -> Vec<ScalarSlot> {
    vec![ScalarSlot::new("weight_sum", 0.0), ScalarSlot::new("lr_max", 0.0)]
}

/// Fraction cₜ of step `t` in the average (`ckp1` in the reference code): its weight tʳ·max(η)ᵖ over the sum of all so far.
pub(super) fn averaging_weight(scalars: &mut [f64; 2], t: u64, eta: f64, r: f64, power: f64) -> f64 {
    let [weight_sum, lr_max] = scalars;
    *lr_max = lr_max.max(eta);
    let weight = (t as f64).powf(r) * lr_max.powf(power);
    *weight_sum += weight;
    if *weight_sum == 0.0 { 0.0 } else { weight / *weight_sum }
}
