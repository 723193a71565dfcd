//! Layers: [`Module`](crate::Module)s that store the ids of their parameters and read them from the tape of
//! their input.
//!
//! Features are the last dimension; images are [n, height, width, channels], rows and
//! sequences [n, length, channels].

mod activation;
mod attention;
mod batch_norm;
mod conv1d;
mod conv2d;
mod conv_transpose;
mod dropout;
mod embedding;
mod flatten;
mod group_norm;
mod layer_norm;
mod leaky_relu;
mod linear;
mod pool;
mod position;
mod recurrent;
mod residual;
mod rms_norm;
mod sequential;
mod upsample;

pub use self::activation::Activation;
pub use self::attention::MultiHeadAttention;
pub use self::batch_norm::BatchNorm;
pub use self::conv_transpose::{ConvTranspose1d, ConvTranspose2d};
pub use self::conv1d::Conv1d;
pub use self::conv2d::Conv2d;
pub use self::dropout::Dropout;
pub use self::embedding::Embedding;
pub use self::flatten::{Flatten, FlattenRows, Unflatten};
pub use self::group_norm::GroupNorm;
pub use self::layer_norm::LayerNorm;
pub use self::leaky_relu::LeakyRelu;
pub use self::linear::Linear;
pub use self::pool::{AvgPool1d, AvgPool2d, GlobalAvgPool, MaxPool1d, MaxPool2d};
pub use self::position::{PositionalEmbedding, SinusoidalEncoding};
pub use self::recurrent::{Cell, Recurrent};
pub use self::residual::Residual;
pub use self::rms_norm::RmsNorm;
pub use self::sequential::Sequential;
pub use self::upsample::Upsample;
