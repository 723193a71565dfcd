//! The standard normal distribution.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// The density φ(z).
pub fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / TAU.sqrt()
}

/// Φ(z) = P(Z ≤ z).
///
/// ```
/// use lab::stats::normal;
/// assert!((normal::cdf(1.959963984540054) - 0.975).abs() < 1e-15);
/// ```
pub fn cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// P(|Z| ≥ |z|), the two-sided p-value.
pub fn two_sided(z: f64) -> f64 {
    libm::erfc(z.abs() * FRAC_1_SQRT_2)
}

/// The z with Φ(z) = p: Abramowitz & Stegun 26.2.23, then Halley's steps to the last bits.
///
/// ```
/// assert!((lab::stats::normal::quantile(0.975) - 1.959963984540054).abs() < 1e-15);
/// ```
pub fn quantile(p: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) {
        return if p == 0.0 {
            f64::NEG_INFINITY
        } else if p == 1.0 {
            f64::INFINITY
        } else {
            f64::NAN
        };
    }
    // In the lower tail, where Φ has all its digits.
    let tail = p.min(1.0 - p);
    let s = (-2.0 * tail.ln()).sqrt();
    let rational =
        (2.515517 + s * (0.802853 + s * 0.010328)) / (1.0 + s * (1.432788 + s * (0.189269 + s * 0.001308)));
    let mut z = rational - s;
    for _ in 0..3 {
        let step = (cdf(z) - tail) / density(z);
        z -= step / (1.0 + 0.5 * z * step);
    }
    if p < 0.5 { z } else { -z }
}
