use tensor::Role;
use tensor::buffer::with_scratch;

use super::adamw::AdamW;
use crate::error::Error;
use crate::formula::lerp;
use crate::hyperparameters;
use crate::linalg::blas1::zip_map;
use crate::linalg::newton_schulz::orthogonalize;
use crate::rule::{Fixed, Info, MemoryTraffic, Parameter, PyTorch, Rule, Tier, Update};
use crate::state::{Slot, StateShape};

hyperparameters! {
    /// Momentum of weight matrices made nearly orthogonal; AdamW for the rest.
    pub struct Muon {
        /// Step size η of weight matrices.
        lr: f64 = 2e-2 in 0.0..,
        /// Decay μ of the mean gradient.
        momentum: f64 = 0.95 in 0.0..1.0,
        /// True to step along the mean as it will be after this step.
        nesterov: bool = true,
        /// Steps of the iteration that makes a matrix orthogonal: a whole number.
        ns_steps: f64 = 5.0 in 1.0..=20.0,
        /// The least norm that a matrix is divided by.
        eps: f64 = 1e-7 in 0.0..,
        /// Pull λ of every weight towards 0: a share η·λ of it a step.
        weight_decay: f64 = 0.1 in 0.0..,
        /// True if steps are as long as AdamW's, 0.2·√max(rows, columns).
        match_rms_adamw: bool = false,
        /// AdamW's step size for what is no weight matrix.
        adamw_lr: f64 = 3e-4 in 0.0..,
    }
}

impl Rule for Muon {
    // PyTorch and the author iterate in bfloat16 for graphics cards; here it is single precision.
    const INFO: Info = Info {
        name: "muon",
        title: "Momentum orthogonalised by Newton–Schulz",
        family: "matrix",
        problem: "updates of weight matrices are nearly of low rank: a few directions take it all; an \
                  orthogonal update moves as far in each",
        formula: "m ← μ·m + (1 − μ)·g,  u = m, or (1 − μ)·g + μ·m with nesterov
X = u/max(‖u‖, ε), then ns_steps times
X ← a·X + (b·XXᵀ + c·(XXᵀ)²)·X     (a = 3.4445, b = −4.7750, c = 2.0315)
w ← w − η·λ·w − η·√max(1, rows/columns)·X
what is no weight matrix: adamw with adamw_lr and the mean of squares v",
        good_when: "the weights are mostly in matrices, as in transformers and perceptrons",
        bad_when: "matrices are large and batches small: an update costs as much as ten products of a \
                   matrix with itself",
        relatives: "without the orthogonal step it is sgd with a mean for momentum; Shampoo with no memory \
                    of past gradients comes to the same matrix; for what is no matrix it is adamw",
        source: "Jordan et al. 2024",
    };
    const TIER: Tier = Tier::Tensor;
    const PYTORCH: Option<PyTorch> = Some(PyTorch {
        classes: &[("Muon", None)],
        fixed: &[("ns_coefficients", Fixed::Numbers(&[3.4445, -4.775, 2.0315]))],
    });

    fn state(&self) -> Vec<Slot> {
        let v = Slot { name: "exp_avg_sq", symbol: "v", start: 0.0, shape: StateShape::Rest };
        vec![Slot::zeros("momentum_buffer", "m"), v]
    }

    /// Traffic of a square matrix, without the arithmetic of its products.
    fn memory_traffic(&self) -> MemoryTraffic {
        let ahead = if self.nesterov { MemoryTraffic::of(0, 1, 0) } else { MemoryTraffic::NONE };
        MemoryTraffic::of(5, 8, 5) + ahead + MemoryTraffic::of(1, 2, 1).every(1.0 / self.ns_steps)
    }

    fn check(&self) -> Result<(), Error> {
        if self.ns_steps.fract() != 0.0 {
            let why = format!("expected ns_steps to be a whole number, found {}", self.ns_steps);
            return Err(Error::Conflict { of: Self::INFO.name.into(), why });
        }
        Ok(())
    }

    fn update(&self, t: u64, update: Update<'_>) {
        let rest = AdamW {
            lr: self.adamw_lr * update.schedule_factor(),
            weight_decay: self.weight_decay,
            ..AdamW::default()
        };
        for parameter in update.parameters() {
            if parameter.role == Role::Matrix && parameter.shape.rank() >= 2 {
                self.update_matrix(parameter);
            } else {
                rest.update(t, parameter.update);
            }
        }
    }
}

impl Muon {
    /// A convolution kernel is the matrix of its first dimension and all others.
    fn update_matrix(&self, Parameter { shape, mut update, .. }: Parameter<'_>) {
        let Muon { lr, momentum, nesterov, weight_decay, match_rms_adamw, .. } = *self;
        let rows = shape[0];
        let columns = shape.len() / rows.max(1);
        if rows * columns == 0 {
            return;
        }
        let [new, mu] = [1.0 - momentum, momentum].map(|x| x as f32);
        update.reborrow().each_weight(move |w, g, [m]| (w, [lerp(m, g, new)]));
        let (long, wide) = (rows as f64, columns as f64);
        let ratio = if match_rms_adamw { 0.2 * long.max(wide).sqrt() } else { (long / wide).max(1.0).sqrt() };
        let [keep, step_size] = [1.0 - lr * weight_decay, lr * ratio].map(|x| x as f32);
        let Update { weights, gradients, scale, state, .. } = update;
        let m = &*state[0];
        with_scratch(m.len(), |x| {
            if nesterov {
                zip_map(x, [m, gradients], move |_, [m, g]| lerp(g * scale, m, mu));
            } else {
                x.copy_from_slice(m);
            }
            orthogonalize(x, rows, columns, self.ns_steps as usize, self.eps);
            zip_map(weights, [x], move |w, [x]| w * keep - step_size * x);
        });
    }
}
