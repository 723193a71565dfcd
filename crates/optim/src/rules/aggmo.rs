use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// The mean of three momenta that remember differently long.
    pub struct AggMo {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Share β₁ of the first velocity that is kept; 0 makes it the gradient.
        beta1: f64 = 0.0 in 0.0..1.0,
        /// Share β₂ of the second velocity that is kept.
        beta2: f64 = 0.9 in 0.0..1.0,
        /// Share β₃ of the third velocity that is kept.
        beta3: f64 = 0.99 in 0.0..1.0,
    }
}

impl Rule for AggMo {
    const INFO: Info = Info {
        name: "aggmo",
        title: "Aggregated momentum",
        family: "gradient descent",
        problem: "much momentum is fast along a valley and swings across it; velocities of several lengths \
                  damp each other's swings",
        formula: "a ← β₁·a + g
b ← β₂·b + g
c ← β₃·c + g
w ← w − η·(a + b + c)/3",
        good_when: "momentum above 0.9 would help but oscillates",
        bad_when: "memory is short: 12 bytes a weight, three times momentum's",
        relatives: "with three betas of one value it is sgd with that momentum",
        source: "Lucas et al. 2019",
    };

    fn state(&self) -> Vec<Slot> {
        vec![
            Slot::zeros("momentum_buffer1", "a"),
            Slot::zeros("momentum_buffer2", "b"),
            Slot::zeros("momentum_buffer3", "c"),
        ]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let AggMo { lr, beta1, beta2, beta3 } = *self;
        let [step_size, beta1, beta2, beta3] = [lr / 3.0, beta1, beta2, beta3].map(|x| x as f32);
        update.each_weight(move |w, g, [a, b, c]| {
            let [a, b, c] = [beta1 * a + g, beta2 * b + g, beta3 * c + g];
            (w - step_size * a - step_size * b - step_size * c, [a, b, c])
        });
    }
}
