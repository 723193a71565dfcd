//! The two kinds of numbers that arrays hold.

use std::iter::Sum;

use ndarray::NdFloat;

/// `f32`, in which everything is trained, or `f64`, in which gradients are checked.
pub trait Scalar: NdFloat + Sum + Default + From<u8> {
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;

    /// The value in double precision; exact.
    fn widen(self) -> f64;

    /// eˣ, the same bits on every platform for `f32`; branch-free, so loops over it vectorize.
    fn exp(self) -> Self;
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
}
