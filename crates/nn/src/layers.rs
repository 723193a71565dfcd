//! Layers: [`Module`](crate::Module)s that store the ids of their parameters and read them from the tape of
//! their input.
//!
//! Features are the last dimension; images are [n, height, width, channels], rows and
//! sequences [n, length, channels].

/// Declares the files of layers, each with its public types.
macro_rules! registry {
    ($($file:ident::{$($layer:ident),+}),+ $(,)?) => {
        $(
            mod $file;
            pub use self::$file::{$($layer),+};
        )+
    };
}

registry! {
    activation::{Activation},
    attention::{MultiHeadAttention},
    batch_norm::{BatchNorm},
    conv1d::{Conv1d},
    conv2d::{Conv2d},
    conv_transpose::{ConvTranspose1d, ConvTranspose2d},
    dropout::{Dropout},
    embedding::{Embedding},
    flatten::{Flatten, FlattenRows, Unflatten},
    group_norm::{GroupNorm},
    layer_norm::{LayerNorm},
    leaky_relu::{LeakyRelu},
    linear::{Linear},
    pool::{AvgPool1d, AvgPool2d, GlobalAvgPool, MaxPool1d, MaxPool2d},
    position::{PositionalEmbedding, SinusoidalEncoding},
    recurrent::{Cell, Recurrent},
    residual::{Residual},
    rms_norm::{RmsNorm},
    sequential::{Sequential},
    upsample::{Upsample},
}
