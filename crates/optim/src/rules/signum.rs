use crate::formula::sign;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Steps of one size along the sign of momentum.
    pub struct Signum {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Decay β of the mean gradient.
        momentum: f64 = 0.9 in 0.0..1.0,
    }
}

impl Rule for Signum {
    const INFO: Info = Info {
        name: "signum",
        title: "Sign descent with momentum",
        family: "sign",
        problem: "the sign of one batch's gradient is noisy; that of a mean over some batches is less so",
        formula: "m ← β·m + (1 − β)·g
w ← w − η·sign(m)",
        good_when: "sign descent is wanted (one bit a weight between machines) and batches are small",
        bad_when: "near a minimum, round which it hops by η unless the learning rate falls",
        relatives: "momentum=0 is sign_sgd; it is lion with beta1 = beta2 and no decay",
        source: "Bernstein et al. 2018",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum_buffer", "m")]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Signum { lr, momentum } = *self;
        let [lr, beta, new] = [lr, momentum, 1.0 - momentum].map(|x| x as f32);
        update.each_weight(move |w, g, [m]| {
            let m = beta * m + new * g;
            (w - lr * sign(m), [m])
        });
    }
}
