use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::Slot;

hyperparameters! {
    /// Steps in the unit of the weights: the size of recent steps over the size of recent gradients.
    pub struct Adadelta {
        /// Step size η; the source has none, which is 1.
        lr: f64 = 1.0 in 0.0..,
        /// Decay ρ of both means of squares.
        rho: f64 = 0.9 in 0.0..=1.0,
        /// Added under both roots: it sets the size of the first steps.
        eps: f64 = 1e-6 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Adadelta {
    const INFO: Info = Info {
        name: "adadelta",
        title: "Adaptive learning rate by corrected units",
        family: "adaptive",
        problem: "AdaGrad's steps die out, and a gradient divided by its root mean square has no longer the \
                  unit of a weight, so the learning rate must supply it",
        formula: "g ← g + λ·w
v ← ρ·v + (1 − ρ)·g²
Δ = √(u + ε)/√(v + ε) · g
u ← ρ·u + (1 − ρ)·Δ²
w ← w − η·Δ",
        good_when: "no learning rate is to be chosen, and there is time: it starts slowly",
        bad_when: "a tuned Adam or SGD is at hand: the steps grow from √ε and stay short for long",
        relatives: "its divisor is that of rmsprop with ε inside the root; the mean of squared steps is \
                    where the others have a learning rate",
        source: "Zeiler 2012",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adadelta", None)]));

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("square_avg", "v"), Slot::zeros("acc_delta", "u")]
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Adadelta { lr, rho, eps, weight_decay } = *self;
        let [lr, rho, new, eps, lambda] = [lr, rho, 1.0 - rho, eps, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [v, u]| {
            let g = l2(w, g, lambda);
            let v = rho * v + new * g * g;
            let delta = (u + eps).sqrt() / (v + eps).sqrt() * g;
            let u = rho * u + new * delta * delta;
            (w - lr * delta, [v, u])
        });
    }
}
