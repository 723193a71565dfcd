//! Clipping of gradients.

use tensor::math::sum_of_squares;

/// The factor that brings the global ℓ² norm of a gradient down to `max_norm`:
/// `min(1, max_norm/(norm + 1e-6))` (Pascanu 2013, in PyTorch's form). The norm is over all
/// parameters together.
///
/// ```
/// let gradient = [3.0, 4.0];
/// assert!((optim::clip::global_norm_factor(&gradient, 1.0) - 0.2).abs() < 1e-6);
/// assert_eq!(optim::clip::global_norm_factor(&gradient, 10.0), 1.0);
/// ```
pub fn global_norm_factor(gradients: &[f32], max_norm: f64) -> f64 {
    let norm = sum_of_squares(gradients).sqrt();
    (max_norm / (norm + 1e-6)).min(1.0)
}
