use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Gradient descent that guesses the next gradient from the last two.
    pub struct OptimisticGd {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Weight α of the gradient.
        alpha: f64 = 1.0 in 0.0..,
        /// Weight β of the gradient's last change.
        beta: f64 = 1.0 in 0.0..,
    }
}

impl Rule for OptimisticGd {
    const INFO: Info = Info {
        name: "optimistic_gd",
        title: "Optimistic gradient descent",
        family: "gradient descent",
        problem: "when two players descend against each other, as in a GAN, plain gradient descent circles \
                  round the solution; expecting the next gradient brings it in",
        formula: "w ← w − η·(α·g + β·(g − p))   (p = g at the first step)
p ← g",
        good_when: "games: adversarial training, saddle points",
        bad_when: "there is one loss and it is noisy: the difference of two gradients doubles the noise",
        relatives: "alpha=1 beta=0 is sgd; adan too makes use of the change between two gradients",
        source: "Daskalakis et al. 2018",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("previous_gradient", "p")]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let OptimisticGd { lr, alpha, beta } = *self;
        let [lr, both, beta] = [lr, alpha + beta, beta].map(|x| x as f32);
        let first = t == 1;
        update.each_weight(move |w, g, [p]| {
            let p = if first { g } else { p };
            (w - lr * (both * g - beta * p), [g])
        });
    }
}
