use crate::formula::sign;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Steps of one size along the sign of the gradient.
    pub struct SignSgd {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
    }
}

impl Rule for SignSgd {
    const INFO: Info = Info {
        name: "sign_sgd",
        title: "Sign descent",
        family: "sign",
        problem: "many machines that train together send each other gradients; a sign takes one bit",
        formula: "w ← w − η·sign(g)",
        good_when: "gradients are dense and their noise is small or symmetric",
        bad_when: "the noise of a batch is skewed: then the mean sign is not the sign of the mean, and the \
                   rule can walk uphill",
        relatives: "it is signum without momentum; adam with beta1=0, beta2=0 and eps=0 takes the same \
                    steps where no gradient is 0; rprop gives each weight its own step size",
        source: "Bernstein et al. 2018",
    };

    fn state(&self) -> Vec<Slot> {
        vec![]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let lr = self.lr as f32;
        update.each_weight(move |w, g, []| (w - lr * sign(g), []));
    }
}
