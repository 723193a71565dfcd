//! Fisher's F distribution, of a ratio of two variances.

use super::root::where_tail_is;
use super::special::incomplete_beta;

/// P(F ≤ f) with these degrees of freedom of numerator and denominator.
pub fn cdf(f: f64, numerator: f64, denominator: f64) -> f64 {
    tails(f, numerator, denominator).0
}

/// P(F > f).
pub fn sf(f: f64, numerator: f64, denominator: f64) -> f64 {
    tails(f, numerator, denominator).1
}

/// The f with P(F ≤ f) = p.
///
/// ```
/// use lab::stats::fisher;
/// assert!((fisher::quantile(0.95, 2.0, 12.0) - 3.8852938346523933).abs() < 1e-12);
/// ```
pub fn quantile(p: f64, numerator: f64, denominator: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p < 0.5 {
        // P(F ≤ f) of (m, n) is P(F ≥ 1/f) of (n, m), and that is the tail that has its digits.
        return 1.0 / where_tail_is(p, 0.0, |f| sf(f, denominator, numerator));
    }
    where_tail_is(1.0 - p, 0.0, |f| sf(f, numerator, denominator))
}

fn tails(f: f64, m: f64, n: f64) -> (f64, f64) {
    if f <= 0.0 {
        return (0.0, 1.0);
    }
    if f.is_infinite() {
        return (1.0, 0.0);
    }
    incomplete_beta(0.5 * m, 0.5 * n, m * f / (m * f + n), n / (m * f + n))
}
