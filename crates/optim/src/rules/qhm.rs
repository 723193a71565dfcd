use crate::formula::lerp;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// A step along the gradient and a longer one along a very slow mean of gradients.
    pub struct Qhm {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β of the mean gradient.
        momentum: f64 = 0.999 in 0.0..1.0,
        /// Share ν of the mean in a step: 0 is plain SGD, 1 is momentum.
        nu: f64 = 0.7 in 0.0..=1.0,
    }
}

impl Rule for Qhm {
    const INFO: Info = Info {
        name: "qhm",
        title: "Quasi-hyperbolic momentum",
        family: "gradient descent",
        problem: "momentum ties how long gradients are remembered to how little the present one counts; \
                  here they are two settings",
        formula: "m ← β·m + (1 − β)·g
w ← w − η·((1 − ν)·g + ν·m)",
        good_when: "a long memory (β = 0.999) helps but momentum of that length is unstable",
        bad_when: "settings come from SGD with momentum: this m is a mean, so its η is 1/(1 − β) times \
                   longer",
        relatives: "nu=0 is sgd; nu=1 is sgd with the same momentum, and nu=momentum is its Nesterov form, \
                    both with an lr 1/(1 − momentum) times as long; qhadam does the same to adam",
        source: "Ma & Yarats 2019",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum_buffer", "m")]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Qhm { lr, momentum, nu } = *self;
        let [new, of_mean, of_gradient] = [1.0 - momentum, lr * nu, lr * (1.0 - nu)].map(|x| x as f32);
        update.each_weight(move |w, g, [m]| {
            let m = lerp(m, g, new);
            (w - of_mean * m - of_gradient * g, [m])
        });
    }
}
