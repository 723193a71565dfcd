//! Elementary functions that vectorize and give the same bits on every platform, and reductions of slices.

use crate::parallel;
use crate::simd::{self, Kernel};

/// eˣ to within 2 units in the last place for −87 ≤ x ≤ 88; 0 below −104, infinity above 89, NaN for NaN.
///
/// x = n·ln 2 + r with |r| ≤ ½·ln 2, then eʳ by its Taylor polynomial of degree 7 (remainder
/// below 1.1e-8) and 2ⁿ by the exponent's bits, in two factors so that subnormal results are right.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-110.0, 100.0);
    let n = (clamped * std::f32::consts::LOG2_E).round_ties_even();
    let r = clamped - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + c;
    }
    let n = n as i32;
    p * power_of_two(n >> 1) * power_of_two(n - (n >> 1))
}

/// tanh x to within 2 units in the last place; ±1 beyond ±9.1, NaN for NaN.
///
/// Below ⅝ the polynomial of Moshier's Cephes, above it 1 − 2/(e²ˣ + 1), with the sign of x.
///
/// ```
/// assert_eq!(tensor::math::tanh(-20.0), -1.0);
/// ```
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let size = x.abs();
    let square = x * x;
    let mut p = -5.704_988_7e-3;
    for c in [2.063_909e-2, -5.373_971_6e-2, 1.333_144_2e-1, -3.333_328e-1] {
        p = p * square + c;
    }
    let small = p * square * x + x;
    let large = (1.0 - 2.0 / (exp(size + size) + 1.0)).copysign(x);
    if size < 0.625 { small } else { large }
}

/// ln x for positive normal x, to within 2⁻²² absolute or relative error.
///
/// x = 2ⁿ·(1 + r) with 1 + r between √½ and √2, and the polynomial for ln(1 + r) of Moshier's Cephes.
#[inline(always)]
pub fn ln(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    /// Bit pattern of √½.
    const ROOT: u32 = 0x3f35_04f3;
    let above = x.to_bits().wrapping_sub(ROOT);
    let n = (above as i32 >> 23) as f32;
    let r = f32::from_bits((above & 0x007f_ffff) + ROOT) - 1.0;
    let mut p = 7.037_683_6e-2;
    for c in [
        -1.151_461e-1,
        1.167_699_9e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_5e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ] {
        p = p * r + c;
    }
    r + (r * r * (p * r - 0.5) + n * LN2_LOW) + n * LN2_HIGH
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// Σ xᵢ² in double precision, over fixed chunks in order: the same bits for any number of
/// threads and on every path.
///
/// ```
/// assert_eq!(tensor::math::sum_of_squares(&[3.0, 4.0]), 25.0);
/// ```
pub fn sum_of_squares(values: &[f32]) -> f64 {
    parallel::sum_chunks(values, |chunk| {
        let mut total = 0.0;
        simd::dispatch(SumOfSquares { chunk, total: &mut total });
        total
    })
}

/// True if every value is finite.
pub fn all_finite(values: &[f32]) -> bool {
    // A sum of finite squares in f64 cannot overflow: (3.4e38)² · 2⁶⁴ would, but no slice is that long.
    sum_of_squares(values).is_finite()
}

struct SumOfSquares<'a> {
    chunk: &'a [f32],
    total: &'a mut f64,
}

impl Kernel for SumOfSquares<'_> {
    #[inline(always)]
    fn run(self) {
        const LANES: usize = 16;
        let mut lanes = [0.0_f64; LANES];
        let mut blocks = self.chunk.chunks_exact(LANES);
        for block in &mut blocks {
            for (lane, &x) in lanes.iter_mut().zip(block) {
                *lane += f64::from(x) * f64::from(x);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(blocks.remainder()) {
            *lane += f64::from(x) * f64::from(x);
        }
        *self.total = lanes.iter().sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units_in_the_last_place() {
        let mut worst: f64 = 0.0;
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - exact).abs() / exact);
        }
        assert!(worst < 2.0 * f64::from(f32::EPSILON) / 2.0 * 1.5, "relative error {worst:e}");
    }

    #[test]
    fn tanh_is_within_two_units_in_the_last_place() {
        for i in 0..400_000 {
            let x = f32::from_bits(0x0080_0000 + i * 5_000);
            let exact = f64::from(x).tanh();
            let error = (f64::from(tanh(x)) - exact).abs() / exact;
            assert!(error <= f64::from(f32::EPSILON), "{x:e}: relative error {error:e}");
            assert_eq!(tanh(-x), -tanh(x));
        }
        assert_eq!([0.0, f32::INFINITY, 1e-40].map(tanh), [0.0, 1.0, 1e-40]);
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn ln_is_accurate_at_every_magnitude() {
        assert_eq!(ln(1.0), 0.0);
        for i in 0..400_000 {
            let x = f32::from_bits(0x0080_0000 + i * 5_000);
            let exact = f64::from(x).ln();
            let error = (f64::from(ln(x)) - exact).abs();
            assert!(error <= 2.4e-7 * exact.abs().max(1e-3), "{x:e}: {error:e}");
        }
    }

    #[test]
    fn exp_at_the_edges() {
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-200.0), 0.0);
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(89.0), f32::INFINITY);
        assert!(exp(f32::NAN).is_nan());
        let subnormal = f64::from(exp(-100.0));
        assert!((subnormal / (-100.0_f64).exp() - 1.0).abs() < 0.02);
    }

    #[test]
    fn sum_of_squares_is_the_naive_sum() {
        let values: Vec<f32> = (0..100_003).map(|i| (i % 17) as f32 - 8.0).collect();
        let naive: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        assert_eq!(sum_of_squares(&values), naive);
        assert!(!all_finite(&[1.0, f32::NAN]) && !all_finite(&[f32::INFINITY]) && all_finite(&[]));
    }
}
