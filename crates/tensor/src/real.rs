//! The two kinds of numbers that arrays hold.

use std::iter::Sum;

use ndarray::NdFloat;

use crate::bytes::Bytes;
use crate::gathered::{self, Gathered, Start};
use crate::matmul::{self, Foreground, Mat};
use crate::simd;

/// `f32`, in which everything is trained, or `f64`, in which gradients are checked.
pub trait Real: NdFloat + Sum + Default + From<u8> {
    /// The nearest value of this type.
    fn from_f64(x: f64) -> Self;

    /// The value in double precision; exact.
    fn widen(self) -> f64;

    /// eˣ, the same bits on every platform for `f32`; branch-free, so loops over it vectorise.
    fn exp(self) -> Self;

    /// `C = A·B + beta·C`: see [`matmul::gemm`].
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, beta: Self, c: &mut [Self]);

    /// A dense layer: see [`Foreground::linear`].
    fn foreground_linear(
        foreground: &mut Foreground,
        x: Bytes<'_, Self>,
        w: &[Self],
        bias: Option<&[Self]>,
        y: &mut [Self],
    );

    /// The gradient of its weights: see [`Foreground::linear_gradient`].
    fn foreground_gradient(
        foreground: &Foreground,
        x: Bytes<'_, Self>,
        dy: &[Self],
        beta: Self,
        dw: &mut [Self],
    );

    /// `C = A·B + start` for a gathered A: see [`gathered::product`].
    fn gathered(a: Gathered<'_, Self>, b: &[Self], start: Start<'_, Self>, n: usize, c: &mut [Self]);
}

impl Real for f32 {
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

    #[track_caller]
    fn gemm(a: Mat<'_, f32>, b: Mat<'_, f32>, beta: f32, c: &mut [f32]) {
        matmul::gemm(a, b, beta, c);
    }

    fn foreground_linear(
        foreground: &mut Foreground,
        x: Bytes<'_, f32>,
        w: &[f32],
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        foreground.linear_on(simd::path(), x, w, bias, y);
    }

    fn foreground_gradient(
        foreground: &Foreground,
        x: Bytes<'_, f32>,
        dy: &[f32],
        beta: f32,
        dw: &mut [f32],
    ) {
        foreground.gradient_on(simd::path(), x, dy, beta, dw);
    }

    #[track_caller]
    fn gathered(a: Gathered<'_, f32>, b: &[f32], start: Start<'_, f32>, n: usize, c: &mut [f32]) {
        gathered::product(a, b, start, n, c);
    }
}

impl Real for f64 {
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

    #[track_caller]
    fn gemm(a: Mat<'_, f64>, b: Mat<'_, f64>, beta: f64, c: &mut [f64]) {
        matmul::gemm_f64(a, b, beta, c);
    }

    fn foreground_linear(
        foreground: &mut Foreground,
        x: Bytes<'_, f64>,
        w: &[f64],
        bias: Option<&[f64]>,
        y: &mut [f64],
    ) {
        foreground.linear_naive(x, w, bias, y);
    }

    fn foreground_gradient(
        foreground: &Foreground,
        x: Bytes<'_, f64>,
        dy: &[f64],
        beta: f64,
        dw: &mut [f64],
    ) {
        foreground.gradient_naive(x, dy, beta, dw);
    }

    #[track_caller]
    fn gathered(a: Gathered<'_, f64>, b: &[f64], start: Start<'_, f64>, n: usize, c: &mut [f64]) {
        gathered::product_naive(a, b, start, n, c);
    }
}
