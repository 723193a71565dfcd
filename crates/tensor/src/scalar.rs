//! Scalar types of arrays.

use std::iter::Sum;

use ndarray::NdFloat;

/// `f32`, used for training, or `f64`, used for gradient checks.
pub trait Scalar: NdFloat + Sum + Default + From<u8> {
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;

    /// The value in double precision; exact.
    fn widen(self) -> f64;

    /// eˣ; for `f32` the same bits on every platform, and branch-free, so that loops over it vectorize.
    fn exp(self) -> Self;

    /// tanh x; for `f32` as [`Scalar::exp`].
    fn tanh(self) -> Self;
}

impl Scalar for f32 {
    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }

    #[inline(always)]
    fn widen(self) -> f64 {
        self.into()
    }

    #[inline(always)]
    fn exp(self) -> f32 {
        crate::math::exp(self)
    }

    #[inline(always)]
    fn tanh(self) -> f32 {
        crate::math::tanh(self)
    }
}

impl Scalar for f64 {
    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }

    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }

    #[inline(always)]
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
}
