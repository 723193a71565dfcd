//! Layers: they hold the ids of their parameters and look them up on the graph of their input.
//!
//! The last dimension of a value is its features; images are [n, height, width, channels].

mod activation;
mod batch_norm;
mod conv2d;
mod dropout;
mod embedding;
mod layer_norm;
mod linear;
mod residual;

use autograd::Var;
use tensor::{Kernels, Shape};

pub use self::activation::Activation;
pub use self::batch_norm::BatchNorm;
pub use self::conv2d::Conv2d;
pub use self::dropout::Dropout;
pub use self::embedding::Embedding;
pub use self::layer_norm::LayerNorm;
pub use self::linear::Linear;
pub use self::residual::Residual;

use crate::context::Context;

/// One step of a [`Model`](crate::Model).
#[derive(Debug, Clone, PartialEq)]
pub enum Layer {
    /// See [`Linear`].
    Linear(Linear),
    /// See [`Activation`].
    Activation(Activation),
    /// All dimensions but the first become one; of images in PyTorch's order, channel by channel.
    Flatten,
    /// The numbers of each example become an array of these sizes, such as an image [height, width,
    /// channels].
    Unflatten(Shape),
    /// See [`Conv2d`].
    Conv2d(Conv2d),
    /// The greatest of each window of an image, by channel.
    MaxPool2d {
        /// Height and width of a window.
        size: usize,
        /// Pixels from one window to the next.
        stride: usize,
    },
    /// The mean of each window of an image, by channel.
    AvgPool2d {
        /// Height and width of a window.
        size: usize,
        /// Pixels from one window to the next.
        stride: usize,
    },
    /// The mean of all pixels by channel: [n, height, width, channels] to [n, channels].
    GlobalAvgPool,
    /// See [`BatchNorm`].
    BatchNorm(BatchNorm),
    /// See [`LayerNorm`].
    LayerNorm(LayerNorm),
    /// See [`Dropout`].
    Dropout(Dropout),
    /// See [`Embedding`].
    Embedding(Embedding),
    /// See [`Residual`].
    Residual(Residual),
}

impl Layer {
    /// The layer's output for a batch.
    #[track_caller]
    pub fn forward<'g, T: Kernels>(&self, x: Var<'g, T>, context: &mut Context<'_, T>) -> Var<'g, T> {
        match self {
            Layer::Linear(linear) => linear.forward(x),
            Layer::Activation(activation) => activation.forward(x),
            Layer::Flatten => flatten(x),
            Layer::Unflatten(shape) => unflatten(x, *shape),
            Layer::Conv2d(conv) => conv.forward(x),
            Layer::MaxPool2d { size, stride } => x.max_pool2d(*size, *stride),
            Layer::AvgPool2d { size, stride } => x.avg_pool2d(*size, *stride),
            Layer::GlobalAvgPool => global_avg_pool(x),
            Layer::BatchNorm(norm) => norm.forward(x, context),
            Layer::LayerNorm(norm) => norm.forward(x),
            Layer::Dropout(dropout) => dropout.forward(x, context),
            Layer::Embedding(embedding) => embedding.forward(x),
            Layer::Residual(residual) => residual.forward(x, context),
        }
    }
}

fn flatten<T: Kernels>(x: Var<'_, T>) -> Var<'_, T> {
    match *x.shape() {
        [_, _, _, channels] if channels > 1 => x.channels_first().flatten(),
        _ => x.flatten(),
    }
}

#[track_caller]
fn unflatten<T: Kernels>(x: Var<'_, T>, shape: Shape) -> Var<'_, T> {
    let n = x.shape().first().copied().unwrap_or(1);
    x.reshape([&[n], &*shape].concat().as_slice())
}

#[track_caller]
fn global_avg_pool<T: Kernels>(x: Var<'_, T>) -> Var<'_, T> {
    let &[n, height, width, channels] = &*x.shape() else {
        panic!("pooling takes images [n, height, width, channels], not shape {}", x.shape());
    };
    x.reshape([n, height * width, channels]).mean_axis(1).reshape([n, channels])
}
