//! The range of k standard normal numbers: the studentized range with infinitely many degrees of
//! freedom, as Nemenyi's test has it.

use super::normal;
use super::root::root;

/// P(R ≤ q) = k ∫ φ(z) (Φ(z) − Φ(z − q))ᵏ⁻¹ dz. The trapezoidal rule is exact to rounding here, since
/// the integrand is smooth and vanishes at both ends.
pub fn cdf(q: f64, k: usize) -> f64 {
    const STEP: f64 = 0.0625;
    if q <= 0.0 {
        return 0.0;
    }
    let steps = ((20.0 + q) / STEP).ceil() as i32;
    let integrand = |z: f64| normal::density(z) * (normal::cdf(z) - normal::cdf(z - q)).powi(k as i32 - 1);
    k as f64 * STEP * (0..=steps).map(|i| integrand(f64::from(i) * STEP - 10.0)).sum::<f64>()
}

/// The q with P(R ≤ q) = p.
///
/// ```
/// // Demšar (2006), table 5: q of .05 for five classifiers, divided by √2.
/// let q = lab::stats::studentized_range::quantile(0.95, 5) / 2.0_f64.sqrt();
/// assert!((q - 2.728).abs() < 5e-4);
/// ```
pub fn quantile(p: f64, k: usize) -> f64 {
    root(|q| cdf(q, k) - p, 0.0, 40.0)
}
