use tensor::random::Normals;

use crate::error::Error;
use crate::hyperparameters;
use crate::rule::{Info, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Gradient descent with noise that is added to the gradients and fades over time.
    pub struct NoisySgd {
        /// Step size.
        lr: f64 = 1e-2 in 0.0..,
        /// Variance η of the noise at the start.
        eta: f64 = 0.01 in 0.0..,
        /// Power γ with which the variance fades.
        gamma: f64 = 0.55 in 0.0..,
        /// Seed of the noise: a whole number.
        seed: f64 = 0.0 in 0.0..9007199254740992.0,
    }
}

impl Rule for NoisySgd {
    // The paper counts steps from 0 and divides by (1 + t)^γ; t is counted from 1 here.
    const INFO: Info = Info {
        name: "noisy_sgd",
        title: "Gradient descent with annealed noise",
        family: "gradient descent",
        problem: "very deep networks get stuck where they start; noise shakes them loose",
        formula: "n ~ N(0, η/tᵞ), drawn again for every weight and step
w ← w − lr·(g + n)",
        good_when: "a deep network without normalization does not start to learn",
        bad_when: "small batches are noisy enough",
        relatives: "eta=0 is sgd",
        source: "Neelakantan et al. 2015",
    };

    fn state(&self) -> Vec<Slot> {
        vec![]
    }

    fn check(&self) -> Result<(), Error> {
        if self.seed.fract() != 0.0 {
            let why = format!("expected seed to be a whole number, found {}", self.seed);
            return Err(Error::Conflict { of: Self::INFO.name.into(), why });
        }
        Ok(())
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let NoisySgd { lr, eta, gamma, seed } = *self;
        let [lr, std] = [lr, (eta / (t as f64).powf(gamma)).sqrt()].map(|x| x as f32);
        if std == 0.0 {
            return update.each_weight(move |w, g, []| (w - lr * g, []));
        }
        // A number's place is a function of step and weight, so threads and resuming change nothing:
        // 2³⁴ weights for 2³⁰ steps.
        let noise = Normals::new(seed as u64, Self::INFO.name);
        let step = t << 34;
        update.each_weight_at(move |i, w, g, []| (w - lr * (g + std * noise.at(step + i as u64)), []));
    }
}
