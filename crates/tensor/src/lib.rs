//! f32 arrays, matrix kernels, named flat parameter buffers and seeded random streams: what a
//! network needs from the machine, and nothing of gradients or networks.
//!
//! - [`Buffer`]: numbers that start at a cache line.
//! - [`ParamVec`]: one flat buffer of weights (or gradients, or momenta) with a [`Layout`] of names.
//! - [`quantized`]: numbers that are a byte each, as pixels are.
//! - [`matmul`]: matrix products on all three layouts that training needs, without transposed copies.
//! - [`conv`]: convolution of images, on [`indirect`] products: matrices picked from a slice.
//! - [`simd`]: which instructions the kernels use, chosen at run time.
//! - [`peak`]: how fast the machine could be, to measure the kernels against.
//! - [`random`]: counter-based streams, split by name from one seed.
//! - [`Shape`], [`Scalar`]: the sizes of an array, and the two kinds of numbers in it.
//! - [`Kernels`]: the products that each kind of number has.
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
