//! Layers as data, for programs that run a network elsewhere.

use tensor::conv::ConvOptions;
use tensor::{ParamId, Shape};

use crate::layers::Activation;

/// Layer that other programs know too, as it computes in evaluation.
///
/// ```
/// use nn::{Layer, models};
/// let layers = models::lenet(28, 28, 10).layers().unwrap();
/// assert!(matches!(layers.last(), Some(Layer::Linear { .. })));
/// assert_eq!(layers.iter().filter(|layer| matches!(layer, Layer::Conv { .. })).count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// `x·Wᵀ + b`, W being [outputs, inputs].
    Linear {
        /// W.
        weight: ParamId,
        /// b.
        bias: ParamId,
    },
    /// Convolution of images with weights [outputs, inputs / groups, height, width], or of rows with weights
    /// [outputs, inputs, length].
    Conv {
        /// The weights.
        weight: ParamId,
        /// A number for each output channel.
        bias: Option<ParamId>,
        /// Stride, padding, dilation and groups; of rows those of columns count.
        options: ConvOptions,
    },
    /// Elementwise nonlinearity.
    Activation(Activation),
    /// `x` where positive, else this slope times `x`.
    LeakyRelu(f64),
    /// Largest element of each window of this size and stride, by channel.
    MaxPool(usize, usize),
    /// Mean of each window of this size and stride, by channel.
    AvgPool(usize, usize),
    /// Mean of all positions, by channel.
    GlobalAvgPool,
    /// Images in the order channels, rows, columns as one vector; rows as they lie.
    Flatten,
    /// Rows in the order channels, positions as one vector.
    FlattenRows,
    /// A vector as an image [height, width, channels] or rows [length, channels].
    Unflatten(Shape),
    /// Batch norm with running statistics.
    BatchNorm {
        /// Factor of each channel.
        weight: ParamId,
        /// Summand of each channel.
        bias: ParamId,
        /// Running mean, in the buffers.
        mean: ParamId,
        /// Running variance, in the buffers.
        variance: ParamId,
        /// Summand of the variance.
        eps: f64,
    },
    /// The sum of two branches.
    Residual {
        /// Layers of the first branch.
        body: Vec<Layer>,
        /// Layers of the second branch; none passes the input on.
        shortcut: Vec<Layer>,
    },
}
