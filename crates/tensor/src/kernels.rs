//! Kernels of each scalar type: fast for `f32`, naive twins for `f64`.

use crate::indirect::{self, IndirectMat, Start};
use crate::matmul::{self, Mat, SparseInput};
use crate::quantized::U8Tensor;
use crate::scalar::Scalar;
use crate::simd;

/// Scalar type with the matrix products that networks need.
pub trait Kernels: Scalar {
    /// `C = A·B + beta·C`: see [`matmul::gemm`].
    fn gemm(a: Mat<'_, Self>, b: Mat<'_, Self>, beta: Self, c: &mut [Self]);

    /// Dense layer on quantized input: see [`SparseInput::linear`].
    fn sparse_linear(
        foreground: &mut SparseInput,
        x: U8Tensor<'_, Self>,
        w: &[Self],
        bias: Option<&[Self]>,
        y: &mut [Self],
    );

    /// Gradient of the weights of that layer: see [`SparseInput::linear_gradient`].
    fn sparse_gradient(
        foreground: &SparseInput,
        x: U8Tensor<'_, Self>,
        dy: &[Self],
        beta: Self,
        dw: &mut [Self],
    );

    /// `C = A·B + start` for an indirect A: see [`indirect::product`].
    fn indirect(a: IndirectMat<'_, Self>, b: &[Self], start: Start<'_, Self>, n: usize, c: &mut [Self]);

    /// Calls the method of `f` for this type.
    #[track_caller]
    fn select<F: PerScalar>(f: F, input: F::Input<Self>) -> F::Output<Self>;
}

/// Function with a body for each scalar type, so that generic code can call a trait object:
/// [`Kernels::select`] picks the body.
///
/// ```
/// use tensor::{Kernels, PerScalar};
/// struct Bits;
/// impl PerScalar for Bits {
///     type Input<T: Kernels> = T;
///     type Output<T: Kernels> = u64;
///     fn in_f32(self, x: f32) -> u64 {
///         x.to_bits().into()
///     }
///     fn in_f64(self, x: f64) -> u64 {
///         x.to_bits()
///     }
/// }
/// fn bits<T: Kernels>(x: T) -> u64 {
///     T::select(Bits, x)
/// }
/// assert_eq!((bits(1.0_f32), bits(1.0_f64)), (0x3f80_0000, 0x3ff0_0000_0000_0000));
/// ```
pub trait PerScalar {
    /// Argument type for a scalar type.
    type Input<T: Kernels>;

    /// Result type for a scalar type.
    type Output<T: Kernels>;

    /// The function in single precision.
    fn in_f32(self, input: Self::Input<f32>) -> Self::Output<f32>;

    /// The function in double precision.
    fn in_f64(self, input: Self::Input<f64>) -> Self::Output<f64>;
}

impl Kernels for f32 {
    #[track_caller]
    fn gemm(a: Mat<'_, f32>, b: Mat<'_, f32>, beta: f32, c: &mut [f32]) {
        matmul::gemm(a, b, beta, c);
    }

    fn sparse_linear(
        foreground: &mut SparseInput,
        x: U8Tensor<'_, f32>,
        w: &[f32],
        bias: Option<&[f32]>,
        y: &mut [f32],
    ) {
        foreground.linear_on(simd::path(), x, w, bias, y);
    }

    fn sparse_gradient(
        foreground: &SparseInput,
        x: U8Tensor<'_, f32>,
        dy: &[f32],
        beta: f32,
        dw: &mut [f32],
    ) {
        foreground.gradient_on(simd::path(), x, dy, beta, dw);
    }

    #[track_caller]
    fn indirect(a: IndirectMat<'_, f32>, b: &[f32], start: Start<'_, f32>, n: usize, c: &mut [f32]) {
        indirect::product(a, b, start, n, c);
    }

    #[track_caller]
    fn select<F: PerScalar>(f: F, input: F::Input<f32>) -> F::Output<f32> {
        f.in_f32(input)
    }
}

impl Kernels for f64 {
    #[track_caller]
    fn gemm(a: Mat<'_, f64>, b: Mat<'_, f64>, beta: f64, c: &mut [f64]) {
        matmul::gemm_f64(a, b, beta, c);
    }

    fn sparse_linear(
        foreground: &mut SparseInput,
        x: U8Tensor<'_, f64>,
        w: &[f64],
        bias: Option<&[f64]>,
        y: &mut [f64],
    ) {
        foreground.linear_naive(x, w, bias, y);
    }

    fn sparse_gradient(
        foreground: &SparseInput,
        x: U8Tensor<'_, f64>,
        dy: &[f64],
        beta: f64,
        dw: &mut [f64],
    ) {
        foreground.gradient_naive(x, dy, beta, dw);
    }

    #[track_caller]
    fn indirect(a: IndirectMat<'_, f64>, b: &[f64], start: Start<'_, f64>, n: usize, c: &mut [f64]) {
        indirect::product_naive(a, b, start, n, c);
    }

    #[track_caller]
    fn select<F: PerScalar>(f: F, input: F::Input<f64>) -> F::Output<f64> {
        f.in_f64(input)
    }
}
