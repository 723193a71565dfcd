use tensor::Role;
use tensor::buffer::with_scratch;
use tensor::math::sum_of_squares;

use crate::error::Error;
use crate::formula::lerp;
use crate::hyperparameters;
use crate::linalg::blas1::zip_map;
use crate::linalg::newton_schulz::orthogonalize;
use crate::rule::{Info, MemoryTraffic, Parameter, Rule, Tier, Update};
use crate::state::Slot;

hyperparameters! {
    /// The step of given length, in a norm that fits each layer, along which the loss falls most.
    pub struct Scion {
        /// Step size η.
        lr: f64 = 1e-3 in 0.0..,
        /// Weight α of the new gradient in the mean; 1 for no mean.
        momentum: f64 = 0.1 search "0.01..1 log" in 0.0..=1.0,
        /// Radius ρ of the ball in which the weights are, or length of a step.
        scale: f64 = 1.0 in 0.0..,
        /// True to keep the weights in a ball; else steps have a given length.
        constraint: bool = false,
        /// Steps of the iteration that makes a matrix orthogonal: a whole number.
        ns_steps: f64 = 5.0 in 1.0..=20.0,
        /// Pull λ of every weight towards 0 where no ball is: a share η·λ of it a step.
        weight_decay: f64 = 0.0 in 0.0..,
    }
}

/// Added to the root mean square of a vector, so that nothing is divided by 0.
const EPS: f32 = 1e-8;
/// The least norm that a matrix is divided by.
const LEAST_NORM: f64 = 1e-7;

impl Rule for Scion {
    // The norms that the authors' code takes by default for hidden layers and biases; it has others for the
    // first and the last layer.
    const INFO: Info = Info {
        name: "scion",
        title: "Stochastic conditional gradient with operator norms",
        family: "matrix",
        problem: "a step size that is right for one width of a layer is wrong for another; steps of a given \
                  length in the layer's own norm fit all",
        formula: "m ← (1 − α)·m + α·g
u = √(rows/columns)·X, X: m made orthogonal as by muon      (of a weight matrix)
u = m/(RMS(m) + 1e-8)                                       (of the rest)
w ← w − η·λ·w − η·ρ·u,  or with constraint
w ← (1 − η)·w − η·ρ·u",
        good_when: "a setting found on a narrow network is to serve a wide one",
        bad_when: "the sizes of gradients tell something: all steps are of one length",
        relatives: "for weight matrices it is muon without nesterov; signum does the same in another norm",
        source: "Pethick et al. 2025",
    };
    const TIER: Tier = Tier::Tensor;

    fn state(&self) -> Vec<Slot> {
        vec![Slot::zeros("d", "m")]
    }

    /// Traffic of a square matrix, without the arithmetic of its products.
    fn memory_traffic(&self) -> MemoryTraffic {
        MemoryTraffic::of(5, 8, 5) + MemoryTraffic::of(1, 2, 1).every(1.0 / self.ns_steps)
    }

    fn check(&self) -> Result<(), Error> {
        if self.ns_steps.fract() != 0.0 {
            let why = format!("expected ns_steps to be a whole number, found {}", self.ns_steps);
            return Err(Error::Conflict { of: Self::INFO.name.into(), why });
        }
        Ok(())
    }

    fn update(&self, _t: u64, update: Update<'_>) {
        let Scion { lr, momentum, scale, constraint, weight_decay, .. } = *self;
        let kept = if constraint { 1.0 - lr } else { 1.0 - lr * weight_decay };
        let [new, keep, step_size, scale] = [momentum, kept, lr, scale].map(|x| x as f32);
        for Parameter { shape, role, mut update } in update.parameters() {
            if shape.contains(&0) {
                continue;
            }
            update.reborrow().each_weight(move |w, g, [m]| (w, [lerp(m, g, new)]));
            let Update { weights, state, .. } = update;
            let m = &*state[0];
            if role == Role::Matrix && shape.rank() >= 2 {
                let (rows, columns) = (shape[0], shape.len() / shape[0]);
                let ratio = (rows as f64 / columns as f64).sqrt() as f32;
                with_scratch(m.len(), |x| {
                    x.copy_from_slice(m);
                    orthogonalize(x, rows, columns, self.ns_steps as usize, LEAST_NORM);
                    zip_map(weights, [x], move |w, [x]| w * keep - step_size * (x * ratio * scale));
                });
            } else {
                let size = (sum_of_squares(m) / m.len() as f64).sqrt() as f32 + EPS;
                zip_map(weights, [m], move |w, [m]| w * keep - step_size * (m / size * scale));
            }
        }
    }
}
