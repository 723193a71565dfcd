//! A root between two places.

/// The x between `low` and `high` where `f` changes its sign, to the last bits: inverse quadratic
/// interpolation where it is safe and bisection elsewhere (Chandrupatla 1997).
///
/// `f` may be infinite; where it has one sign throughout, this is the end that is closer to 0.
pub(crate) fn root(f: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut fa, mut fb) = (f(a), f(b));
    if fa == 0.0 || fb == 0.0 || (fa < 0.0) == (fb < 0.0) {
        return if fa.abs() <= fb.abs() { a } else { b };
    }
    let mut t = 0.5;
    loop {
        let x = a + t * (b - a);
        let fx = f(x);
        // a is the newest point, b the other end of the bracket, c the point that was dropped.
        let (c, fc) = if (fx < 0.0) == (fa < 0.0) {
            (a, fa)
        } else {
            let dropped = (b, fb);
            (b, fb) = (a, fa);
            dropped
        };
        (a, fa) = (x, fx);
        let best = if fa.abs() < fb.abs() { a } else { b };
        let least = f64::EPSILON * best.abs().max(f64::MIN_POSITIVE) / (b - a).abs();
        if fa == 0.0 || least >= 0.5 || a == b {
            return best;
        }
        let (xi, phi) = ((a - b) / (c - b), (fa - fb) / (fc - fb));
        let safe = phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi;
        t = if safe {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        t = if t.is_finite() { t.clamp(least, 1.0 - least) } else { 0.5 };
    }
}

/// The x ≥ `least` where a falling positive function is `value`, found on logarithms since tails fall
/// exponentially.
pub(super) fn where_tail_is(value: f64, least: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if value <= 0.0 {
        return f64::INFINITY;
    }
    let (mut low, mut high) = (least, least + 2.0);
    while tail(high) > value && high < f64::MAX / 4.0 {
        (low, high) = (high, least + 2.0 * (high - least));
    }
    root(|x| tail(x).ln() - value.ln(), low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_to_the_last_bits() {
        let found = root(|x| x * x - 2.0, 0.0, 10.0);
        assert!((found - 2.0_f64.sqrt()).abs() <= 4e-16, "{found}");
        assert!((root(|x| x.powi(9), -1.0, 3.0)).abs() < 1e-30);
        assert_eq!(root(|x| x + 5.0, 0.0, 1.0), 0.0);
        let steep = root(|x| if x < 0.3 { f64::NEG_INFINITY } else { 1.0 }, 0.0, 1.0);
        assert!((steep - 0.3).abs() < 1e-15, "{steep}");
    }
}
