//! Layers as data, for programs that run a network elsewhere.

use tensor::conv::ConvOptions;
use tensor::{ParamId, Shape};

use crate::activation::Activation;
use crate::cell::Cell;

/// Layer that other programs know too, as it computes in evaluation.
///
/// ```
/// use nn::{Layer, models};
/// let layers = models::lenet([28, 28], 10).layers().unwrap();
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
    /// Vector of each token: a row of this table [tokens, width].
    Embedding(ParamId),
    /// Sequences plus the first rows of this table [places, width].
    PositionalEmbedding(ParamId),
    /// One recurrent layer from states of 0; results of two directions are concatenated.
    Recurrent {
        /// Type of the cell.
        cell: Cell,
        /// `weight_ih`, `weight_hh`, `bias_ih` and `bias_hh`, gates in PyTorch's order; the forward direction first,
        /// then the reverse one if the layer has both.
        directions: Vec<[ParamId; 4]>,
    },
    /// Multi-head self-attention without the projection after it: [length, width] to the same shape.
    Attention {
        /// Weights [3·width, width] of queries, keys and values.
        weight: ParamId,
        /// Their summands.
        bias: ParamId,
        /// Number of heads.
        heads: usize,
        /// True if a position attends to itself and earlier ones only.
        causal: bool,
    },
    /// Normalization of the features to mean 0 and variance 1.
    LayerNorm {
        /// Factor of each feature.
        weight: ParamId,
        /// Summand of each feature.
        bias: ParamId,
        /// Summand of the variance.
        eps: f64,
    },
    /// Division of the features by their root mean square.
    RmsNorm {
        /// Factor of each feature.
        weight: ParamId,
        /// Summand of the mean square.
        eps: f64,
    },
    /// Normalization of groups of channels to mean 0 and variance 1 over all positions.
    GroupNorm {
        /// Factor of each channel.
        weight: ParamId,
        /// Summand of each channel.
        bias: ParamId,
        /// Number of groups.
        groups: usize,
        /// Summand of the variance.
        eps: f64,
    },
    /// Transposed convolution with weights [inputs, outputs, height, width], or of rows [inputs, outputs, length].
    ConvTranspose {
        /// The weights.
        weight: ParamId,
        /// A number for each output channel.
        bias: ParamId,
        /// Stride, padding, dilation and groups; of rows those of columns count.
        options: ConvOptions,
        /// Additional rows below and columns to the right.
        output_padding: [usize; 2],
    },
    /// Each pixel as a square of this side.
    Upsample(usize),
    /// Code of a variational autoencoder, at its mean, and the decoder: reconstructions, means and log-variances side
    /// by side.
    Code {
        /// Layers from the features to the means.
        mean: Vec<Layer>,
        /// Layers from the features to the log-variances.
        log_variance: Vec<Layer>,
        /// Layers from the code to the reconstruction.
        decoder: Vec<Layer>,
    },
    /// The sum of two branches.
    Residual {
        /// Layers of the first branch.
        body: Vec<Layer>,
        /// Layers of the second branch; none passes the input on.
        shortcut: Vec<Layer>,
    },
}
