//! Parts that the formulas of several rules share. All vectorize, and none has a fused multiply-add.

/// Moves the fraction `weight` of the way from `a` to `b`: with `1 − β` the running mean β·a + (1 − β)·b, in
/// the form that PyTorch's `lerp` computes.
#[inline(always)]
pub fn lerp(a: f32, b: f32, weight: f32) -> f32 {
    if weight < 0.5 { a + weight * (b - a) } else { b - (b - a) * (1.0 - weight) }
}

/// The gradient with the pull of weight decay inside it: g + λ·w.
#[inline(always)]
pub fn l2(w: f32, g: f32, lambda: f32) -> f32 {
    if lambda == 0.0 { g } else { g + lambda * w }
}

/// −1, 0 or 1; unlike [`f32::signum`], 0 for 0. NaN for NaN, so that a diverged run shows.
///
/// ```
/// use optim::formula::sign;
/// assert_eq!([-2.5, -0.0, 0.0, 1e-30].map(sign), [-1.0, 0.0, 0.0, 1.0]);
/// ```
#[inline(always)]
pub fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// The greater of two; unlike [`f32::max`], NaN if one is NaN.
#[inline(always)]
pub fn maximum(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// `x`, but no less than `low` and no more than `high`; NaN for NaN. Unlike [`f32::clamp`] it never
/// panics, which would keep a loop from being a vector loop; if `low` is above `high`, it is `high`.
#[inline(always)]
pub fn clip(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// 1 − βᵗ in double precision: the weight that a running mean with decay β has gathered from its
/// start at 0 up to step `t`. In single precision, 1 − 0.999¹ is off by 1.3e-5.
///
/// ```
/// assert_eq!(optim::formula::bias_correction(0.5, 3), 0.875);
/// ```
pub fn bias_correction(beta: f64, t: u64) -> f64 {
    1.0 - beta.powf(t as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_stays_visible() {
        assert!(sign(f32::NAN).is_nan());
        assert!(maximum(f32::NAN, 1.0).is_nan() && maximum(1.0, f32::NAN).is_nan());
        assert!(lerp(1.0, f32::NAN, 0.1).is_nan() && clip(f32::NAN, 0.0, 1.0).is_nan());
    }

    #[test]
    fn lerp_ends_where_it_should() {
        for (a, b) in [(3.0, -7.25), (1e-3, 1e3)] {
            assert_eq!([lerp(a, b, 0.0), lerp(a, b, 1.0), lerp(a, a, 0.3), lerp(b, b, 0.7)], [a, b, a, b]);
        }
    }
}
