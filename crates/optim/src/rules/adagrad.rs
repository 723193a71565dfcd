use crate::formula::l2;
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Steps divided by the root of the sum of all squared gradients so far.
    pub struct Adagrad {
        /// Step size η.
        lr: f64 = 1e-2 in 0.0..,
        /// Decay δ of the step size over time: η/(1 + (t − 1)·δ).
        lr_decay: f64 = 0.0 in 0.0..,
        /// Initial value of the sum.
        initial_accumulator: f64 = 0.0 in 0.0..,
        /// Added to the root, so that nothing is divided by 0.
        eps: f64 = 1e-10 in 0.0..,
        /// Pull λ of every weight towards 0, added to the gradient.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

impl Rule for Adagrad {
    const INFO: Info = Info {
        name: "adagrad",
        title: "Adaptive gradient",
        family: "adaptive",
        problem: "weights of rare features get few gradients and need larger steps than the others",
        formula: "g ← g + λ·w
G ← G + g²
w ← w − η/(1 + (t − 1)·δ) · g/(√G + ε)",
        good_when: "features are sparse, or the problem is convex",
        bad_when: "training is long or its target moves: the sum only grows, so the steps only shrink",
        relatives: "rmsprop and adadelta put a mean that forgets in the place of the sum; madgrad is its \
                    form by dual averaging, with a cube root",
        source: "Duchi, Hazan & Singer 2011",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Adagrad", None)]));

    fn state(&self) -> Vec<Slot> {
        vec![Slot {
            name: "sum",
            symbol: "G",
            start: self.initial_accumulator as f32,
            shape: StateShape::Weights,
        }]
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let Adagrad { lr, lr_decay, eps, weight_decay, .. } = *self;
        let lr = (lr / (1.0 + (t - 1) as f64 * lr_decay)) as f32;
        let [eps, lambda] = [eps, weight_decay].map(|x| x as f32);
        update.each_weight(move |w, g, [sum]| {
            let g = l2(w, g, lambda);
            let sum = sum + g * g;
            (w - lr * g / (sum.sqrt() + eps), [sum])
        });
    }
}
