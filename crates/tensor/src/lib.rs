//! Matrix kernels, named flat parameter vectors and seeded random streams for `f32` on a CPU.
//!
//! - [`Buffer`]: a vector aligned to cache lines.
//! - [`ParamVec`]: one flat vector of weights (or gradients, or momenta) with a [`Layout`] of names.
//! - [`quantized`]: numbers stored as one byte each, such as pixels.
//! - [`matmul`]: matrix products on all three layouts that training needs, without transposed copies.
//! - [`conv`]: convolution of images as [`indirect`] products (implicit GEMM).
//! - [`simd`]: instruction sets, chosen at run time.
//! - [`peak`]: peak multiply-add rate of the machine, for measurements of the kernels.
//! - [`random`]: counter-based streams, split by name from one seed.
//! - [`Shape`], [`Scalar`]: dimensions and scalar types of an array.
//! - [`Kernels`]: the matrix products of each scalar type.
//! - `safetensors`, a feature: parameters in files that PyTorch reads, and [`ParamVec`] with `save` and `load`.
//!
//! ```
//! use tensor::{Layout, Role, ParamVec, random::Stream, matmul::{gemm, Mat}};
//!
//! let mut layout = Layout::new();
//! let w = layout.push("fc.weight", [2, 3], Role::Matrix);
//! let mut weights: ParamVec = ParamVec::zeros(layout);
//! Stream::new(7, "fc.weight").fill_uniform(weights.get_mut(w), -0.5, 0.5);
//!
//! // y = x·Wᵀ for a batch of one.
//! let x = [1.0, 2.0, 3.0];
//! let mut y = [0.0; 2];
//! gemm(Mat::new(&x, 1, 3), Mat::new(weights.get(w), 2, 3).t(), 0.0, &mut y);
//! assert!((y[0] - (weights.get(w)[0] + 2.0 * weights.get(w)[1] + 3.0 * weights.get(w)[2])).abs() < 1e-6);
//! ```

pub mod buffer;
pub mod conv;
pub mod indirect;
pub mod kernels;
pub mod math;
pub mod matmul;
pub mod parallel;
pub mod params;
pub mod peak;
pub mod quantized;
pub mod random;
#[cfg(feature = "safetensors")]
pub mod safetensors;
pub mod scalar;
pub mod shape;
pub mod simd;

pub use buffer::Buffer;
pub use kernels::{Kernels, PerScalar};
pub use params::{Layout, ParamId, ParamInfo, ParamVec, Role};
pub use scalar::Scalar;
pub use shape::Shape;

/// Doctest of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
