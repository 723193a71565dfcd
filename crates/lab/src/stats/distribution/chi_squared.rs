//! The χ² distribution.

use super::root::where_tail_is;
use super::special::incomplete_gamma;

/// P(X ≤ x) with `df` degrees of freedom.
pub fn cdf(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).0
}

/// P(X > x).
pub fn sf(x: f64, df: f64) -> f64 {
    incomplete_gamma(0.5 * df, 0.5 * x).1
}

/// The x with P(X ≤ x) = p.
///
/// ```
/// use lab::stats::chi_squared;
/// assert!((chi_squared::quantile(0.95, 3.0) - 7.814727903251179).abs() < 1e-12);
/// ```
pub fn quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p < 0.5 {
        // The lower tail over 1/x.
        return 1.0 / where_tail_is(p, 0.0, |inverse| cdf(1.0 / inverse, df));
    }
    where_tail_is(1.0 - p, 0.0, |x| sf(x, df))
}
