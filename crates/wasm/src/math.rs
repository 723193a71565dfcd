//! Elementary functions with the same bits in a browser as on the machine.

/// eˣ for −87 ≤ x ≤ 88, to within 2 units in the last place; 0 for less than −87.
///
/// x = n·ln 2 + r with |r| ≤ ½·ln 2, then the Taylor polynomial of eʳ and 2ⁿ by its exponent's bits.
pub(crate) fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    /// 1.5·2²³: a sum with it has no digits after the point.
    const ROUND: f32 = 12_582_912.0;
    if x < -87.0 {
        return 0.0;
    }
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + c;
    }
    p * f32::from_bits(((n as i32 + 127) << 23) as u32)
}

/// ln x for 1 ≤ x ≤ 100, to within 1e-15.
///
/// ln x = n·ln 2 + 2·artanh((m − 1)/(m + 1)) with x = 2ⁿ·m and m between √½ and √2.
pub(crate) fn ln(x: f64) -> f64 {
    let (mut n, mut m) = (0.0, x);
    while m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        n += 1.0;
    }
    let s = (m - 1.0) / (m + 1.0);
    let square = s * s;
    // |s| ≤ 0.172, so the first term that is left out is below 1e-17.
    let series = (0..10).rev().fold(0.0, |sum, k| sum * square + 1.0 / f64::from(2 * k + 1));
    n * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_in_the_last_place() {
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let exact = f64::from(x).exp();
            let ulp = f64::from(f32::EPSILON) * exact;
            assert!((f64::from(exp(x)) - exact).abs() <= 2.0 * ulp, "{x}");
        }
        assert_eq!(exp(-88.0), 0.0);
    }

    #[test]
    fn the_logarithm_is_exact_to_fifteen_digits() {
        for i in 1_000..=100_000 {
            let x = f64::from(i) / 1000.0;
            assert!((ln(x) - x.ln()).abs() < 1e-15 * x.ln().max(1.0), "{x}");
        }
    }
}
