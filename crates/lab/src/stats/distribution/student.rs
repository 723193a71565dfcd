//! Student's t distribution; with infinitely many degrees of freedom, the normal one.

use super::normal;
use super::root::where_tail_is;
use super::special::incomplete_beta;

/// P(T ≤ t) with `df` degrees of freedom.
pub fn cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * two_sided(t, df);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// P(|T| ≥ |t|), the two-sided p-value: I(df/2, ½) at df/(df + t²).
pub fn two_sided(t: f64, df: f64) -> f64 {
    if df.is_infinite() {
        return normal::two_sided(t);
    }
    if t.is_infinite() {
        return 0.0;
    }
    // Squares of large t must not overflow.
    let ratio = t / df.sqrt();
    let (x, y) = if ratio.abs() > 1e8 {
        (ratio.powi(-2), 1.0)
    } else {
        (1.0 / (1.0 + ratio * ratio), ratio * ratio / (1.0 + ratio * ratio))
    };
    incomplete_beta(0.5 * df, 0.5, x, y).0
}

/// The t with P(T ≤ t) = p.
///
/// ```
/// use lab::stats::student;
/// assert!((student::quantile(0.975, 9.0) - 2.262157162798205).abs() < 1e-12);
/// ```
pub fn quantile(p: f64, df: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if df.is_infinite() {
        return normal::quantile(p);
    }
    let tail = p.min(1.0 - p);
    let t = if tail == 0.5 { 0.0 } else { where_tail_is(2.0 * tail, 0.0, |t| two_sided(t, df)) };
    if p < 0.5 { -t } else { t }
}

/// The t that |T| exceeds with probability `alpha`: the critical value of a two-sided test.
pub fn critical(alpha: f64, df: f64) -> f64 {
    -quantile(0.5 * alpha, df)
}
