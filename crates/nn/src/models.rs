//! Registry of named networks: one file and one line each.
//!
//! Each file has a function that builds the network for given sizes, and `INFO`, by which
//! [`Architecture`](crate::Architecture) finds it.

use tensor::Shape;

use crate::info::Info;

/// Declares the files of models; each defines a function of its name and `INFO`.
macro_rules! registry {
    ($($model:ident),+ $(,)?) => {
        $(
            mod $model;
            pub use self::$model::$model;
        )+

        /// Every model.
        pub const ALL: &[&Info] = &[$(&$model::INFO),+];
    };
}

registry! {
    mlp,
    logreg,
    two_c_two_d,
    lenet,
    resnet_mini,
    table_mlp,
    deep_sigmoid,
    mnist1d_mlp,
    mnist1d_conv,
    mnist1d_gru,
    autoencoder,
    vae,
    char_rnn,
    char_gru,
    char_lstm,
    char_lstm2,
    transformer,
}

/// Name of dense layers with the user's widths.
pub(crate) const MLP: &Info = &mlp::INFO;

/// Height, width and channels of images `[height, width, channels]`, or of gray ones `[height, width]`.
#[track_caller]
fn image_sizes(input: Shape) -> [usize; 3] {
    match *input {
        [height, width] => [height, width, 1],
        [height, width, channels] => [height, width, channels],
        _ => panic!("expected the sizes [height, width, channels] of images, found {input}"),
    }
}

/// Height and width of images.
#[track_caller]
fn sides(input: Shape) -> [usize; 2] {
    let &[height, width] = &*input else {
        panic!("expected the sizes [height, width] of images, found {input}");
    };
    [height, width]
}
