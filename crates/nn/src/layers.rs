//! Layers: [`Module`](crate::Module)s that hold the ids of their parameters and look them up on the
//! tape of their input.
//!
//! The last dimension of a value is its features; images are [n, height, width, channels].

mod activation;
mod batch_norm;
mod conv2d;
mod dropout;
mod embedding;
mod flatten;
mod layer_norm;
mod linear;
mod pool;
mod residual;
mod sequential;

pub use self::activation::Activation;
pub use self::batch_norm::BatchNorm;
pub use self::conv2d::Conv2d;
pub use self::dropout::Dropout;
pub use self::embedding::Embedding;
pub use self::flatten::{Flatten, Unflatten};
pub use self::layer_norm::LayerNorm;
pub use self::linear::Linear;
pub use self::pool::{AvgPool2d, GlobalAvgPool, MaxPool2d};
pub use self::residual::Residual;
pub use self::sequential::Sequential;
