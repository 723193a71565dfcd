use crate::error::Error;
use crate::formula::{clip, sign};
use crate::hyperparameters;
use crate::rule::{Info, PyTorch, Rule, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Each weight has its own step size, which grows while the gradient keeps its sign.
    pub struct Rprop {
        /// Step size of every weight at the start; a schedule does not change it later.
        lr: f64 = 1e-2 in 0.0..,
        /// Factor η₋ of a step size when the gradient's sign changes.
        eta_minus: f64 = 0.5 in 0.0..1.0,
        /// Factor η₊ of a step size when the gradient keeps its sign.
        eta_plus: f64 = 1.2 in 1.0..,
        /// The least step size.
        step_min: f64 = 1e-6 in 0.0..,
        /// The greatest step size.
        step_max: f64 = 50.0 in 0.0..,
    }
}

impl Rule for Rprop {
    const INFO: Info = Info {
        name: "rprop",
        title: "Resilient propagation",
        family: "sign",
        problem: "the size of a gradient says little about how far to go; whether its sign holds says more",
        formula: "s ← η₊·s  if g·p > 0
s ← η₋·s and g ← 0  if g·p < 0
s ← min(max(s, step_min), step_max)
w ← w − s·sign(g)
p ← g",
        good_when: "gradients are exact: all data in every batch",
        bad_when: "batches are small: noise flips signs, so all steps shrink",
        relatives: "it is sign_sgd with a step size for each weight; rmsprop was made to do for small \
                    batches what it does for full ones",
        source: "Riedmiller & Braun 1993, without taking steps back (iRprop−)",
    };
    const PYTORCH: Option<PyTorch> = Some(PyTorch::class(&[("Rprop", None)]));

    fn state(&self) -> Vec<Slot> {
        vec![
            Slot::zeros("prev", "p"),
            Slot { name: "step_size", symbol: "s", start: self.lr as f32, shape: StateShape::Weights },
        ]
    }

    fn check(&self) -> Result<(), Error> {
        if self.step_min > self.step_max {
            let why = format!(
                "expected step_min to be at most step_max={}, found {}",
                self.step_max, self.step_min
            );
            return Err(Error::Conflict { of: Self::INFO.name.into(), why });
        }
        Ok(())
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Rprop { eta_minus, eta_plus, step_min, step_max, .. } = *self;
        let [minus, plus, min, max] = [eta_minus, eta_plus, step_min, step_max].map(|x| x as f32);
        update.each_weight(move |w, g, [p, s]| {
            let agreement = g * p;
            let factor = if agreement > 0.0 {
                plus
            } else if agreement < 0.0 {
                minus
            } else {
                1.0
            };
            let s = clip(s * factor, min, max);
            let g = if agreement < 0.0 { 0.0 } else { g };
            (w - s * sign(g), [g, s])
        });
    }
}
