//! A rule of one's own, outside of the crate: its declaration is all that it takes.
//!
//! From it come the fused loop over weights, settings by name, flags of the command line, a page of
//! `explain`, the memory figure and the state dict; `crates/cli/tests/own_rule.rs` looks at each of them.

use optim::{Error, Info, Optimizer, Rule, Slot, Update, hyperparameters};

hyperparameters! {
    /// Momentum whose steps have a greatest length for each weight.
    pub struct Leashed {
        /// Step size η.
        lr: f64 = 0.1 in 0.0..,
        /// Share μ of the last velocity that is kept.
        momentum: f64 = 0.9 in 0.0..1.0,
        /// The longest step c of a weight.
        leash: f64 = 0.25 in 0.0..,
        /// True if the velocity is cut off as well.
        hard: bool = false,
    }
}

impl Rule for Leashed {
    const INFO: Info = Info {
        name: "leashed",
        title: "Momentum on a leash",
        family: "gradient descent",
        problem: "momentum that has grown on a slope carries weights past the valley after it",
        formula: "v ← μ·v + g
d = min(max(η·v, −c), c),  v ← d/η with hard
w ← w − d",
        good_when: "gradients are small nearly everywhere and huge on a few cliffs",
        bad_when: "weights have to travel far: no step is longer than c",
        relatives: "with a long leash it is sgd with momentum; clip_value cuts the gradient instead",
        source: "this example",
    };

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("momentum_buffer", "v")]
    }

    fn check(&self) -> Result<(), Error> {
        if self.hard && self.lr == 0.0 {
            let why = "hard=true divides by lr: give one above 0".to_string();
            return Err(Error::Conflict { of: "leashed".to_string(), why });
        }
        Ok(())
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Leashed { lr, momentum, leash, hard } = *self;
        let [lr, mu, c] = [lr, momentum, leash].map(|x| x as f32);
        update.each_weight(move |w, g, [v]| {
            let v = mu * v + g;
            let d = optim::formula::clip(lr * v, -c, c);
            (w - d, [if hard { d / lr } else { v }])
        });
    }
}

/// Down a parabola, f(w) = Σ (w − 3)².
pub(crate) fn main() {
    let mut weights = [0.0, 100.0];
    let mut optimizer = Optimizer::new(Leashed::default(), weights.len()).expect("valid settings");
    for _ in 0..2000 {
        let gradients = weights.map(|w: f32| 2.0 * (w - 3.0));
        optimizer.step(&mut weights, &gradients);
    }
    assert!(weights.iter().all(|w| (w - 3.0).abs() < 1e-3), "{weights:?}");
}
