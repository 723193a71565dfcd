//! Clipping of gradients.

mod cards;

use tensor::ParamInfo;
use tensor::math::sum_of_squares;

use crate::error::Error;
use crate::rule::StepInput;

/// How gradients are made smaller when they are large.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clip {
    /// To this norm over all parameters together (Pascanu 2013): `clip=1`.
    Norm(f64),
    /// Each number to ±this: `clip_value=0.5`.
    Value(f64),
    /// Each parameter to this norm of its own: `clip_tensor=1`.
    TensorNorm(f64),
    /// Each row of a matrix, or other parameter, to this share of its weights' norm, which counts as
    /// at least 0.001 (adaptive gradient clipping, Brock 2021): `agc=0.01`.
    Adaptive(f64),
}

/// What a clipping is made of.
type Make = fn(f64) -> Clip;

impl Clip {
    /// The names in recipes, and what they make of a number.
    pub const ALL: [(&'static str, Make); 4] = [
        ("clip", Clip::Norm),
        ("clip_value", Clip::Value),
        ("clip_tensor", Clip::TensorNorm),
        ("agc", Clip::Adaptive),
    ];

    /// Its name in recipes and its number.
    pub fn parts(self) -> (&'static str, f64) {
        match self {
            Clip::Norm(x) => ("clip", x),
            Clip::Value(x) => ("clip_value", x),
            Clip::TensorNorm(x) => ("clip_tensor", x),
            Clip::Adaptive(x) => ("agc", x),
        }
    }

    /// Whether its number is finite and above 0.
    ///
    /// # Errors
    /// If it is not.
    pub fn validate(self) -> Result<(), Error> {
        let (name, x) = self.parts();
        if x > 0.0 && x.is_finite() {
            return Ok(());
        }
        Err(Error::OutOfRange {
            of: "clipping".into(),
            name: name.into(),
            value: x.to_string(),
            allowed: "a finite number greater than 0".into(),
        })
    }

    /// What every gradient is multiplied with as the update reads it.
    pub(crate) fn factor(self, gradients: &[f32]) -> f64 {
        match self {
            Clip::Norm(most) => global_norm_factor(gradients, most),
            Clip::Value(_) | Clip::TensorNorm(_) | Clip::Adaptive(_) => 1.0,
        }
    }

    /// Clips the gradients where one factor for all is not enough.
    pub(crate) fn prepare(self, entries: &[ParamInfo], point: &mut StepInput<'_>) {
        match self {
            Clip::Norm(_) => {}
            Clip::Value(most) => {
                let most = most as f32;
                point.gradients_mut().iter_mut().for_each(|g| *g = g.clamp(-most, most));
            }
            Clip::TensorNorm(most) => {
                let gradients = point.gradients_mut();
                for entry in entries {
                    let g = &mut gradients[entry.range.clone()];
                    scale(g, global_norm_factor(g, most));
                }
            }
            Clip::Adaptive(share) => {
                point.gradients_mut();
                for entry in entries {
                    let w = &point.weights[entry.range.clone()];
                    let g = &mut point.scratch[entry.range.clone()];
                    let units = if entry.shape.rank() >= 2 { entry.shape[0] } else { 1 };
                    let unit = (w.len() / units.max(1)).max(1);
                    for (w, g) in w.chunks(unit).zip(g.chunks_mut(unit)) {
                        let most = share * sum_of_squares(w).sqrt().max(1e-3);
                        let norm = sum_of_squares(g).sqrt();
                        if norm >= most || norm.is_nan() {
                            scale(g, most / if norm < 1e-6 { 1e-6 } else { norm });
                        }
                    }
                }
            }
        }
    }
}

fn scale(gradients: &mut [f32], factor: f64) {
    if factor != 1.0 {
        gradients.iter_mut().for_each(|g| *g *= factor as f32);
    }
}

/// The factor that brings the global ℓ² norm of a gradient down to `max_norm`:
/// `min(1, max_norm/(norm + 1e-6))` (Pascanu 2013, in PyTorch's form). The norm is over all
/// parameters together.
///
/// # Panics
/// If `max_norm` is not above 0: a negative one would turn the gradient round.
///
/// ```
/// let gradient = [3.0, 4.0];
/// assert!((optim::clip::global_norm_factor(&gradient, 1.0) - 0.2).abs() < 1e-6);
/// assert_eq!(optim::clip::global_norm_factor(&gradient, 10.0), 1.0);
/// ```
#[track_caller]
pub fn global_norm_factor(gradients: &[f32], max_norm: f64) -> f64 {
    assert!(max_norm > 0.0, "expected a norm above 0, found {max_norm}");
    let norm = sum_of_squares(gradients).sqrt();
    // NaN if a gradient is, so that every weight shows it, as in PyTorch.
    if norm + 1e-6 <= max_norm { 1.0 } else { max_norm / (norm + 1e-6) }
}
