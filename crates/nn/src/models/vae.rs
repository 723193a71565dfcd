//! Variational autoencoder of images.

use autograd::Var;
use tensor::{Kernels, Role};

use crate::context::Context;
use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layer::Layer;
use crate::layers::{
    Activation, Conv2d, ConvTranspose2d, Dropout, Flatten, LeakyRelu, Linear, Sequential, Unflatten,
};
use crate::model::{Builder, Model};
use crate::models::sides;
use crate::module::Module;

/// Width of the code.
pub(super) const LATENT: usize = 8;

const CHANNELS: usize = 64;
const DROPOUT: f64 = 0.2;

pub(super) const INFO: Info = Info {
    name: "vae",
    about: "DeepOBS's variational autoencoder: convolutions to a code of 8 and back",
    kind: Kind::Autoencoder,
    build: Build::For(|input, _| {
        let [height, width] = sides(input);
        vae(height, width)
    }),
};

/// Variational autoencoder of DeepOBS (Schneider 2019; Kingma & Welling 2014) for images [n, height·width] with
/// pixels from 0 to 1:
///
/// ```text
/// conv1, conv2   4×4, stride 2, → 64     leaky ReLU of 0.3, dropout 0.2
/// conv3          4×4, → 64               leaky ReLU of 0.3, dropout 0.2
/// dense1, dense2 → 8, → 8                mean and log-variance of the code z
/// dense3, dense4 8 → 24 → 49             leaky ReLU of 0.3
/// deconv1        4×4, stride 2, → 64     ReLU, dropout 0.2
/// deconv2        4×4, → 64               ReLU, dropout 0.2
/// deconv3        4×4, → 64               ReLU
/// dense5         14·14·64 → 784          sigmoid
/// ```
///
/// The result is [n, height·width + 16]: the reconstruction, then means, then log-variances. The code is sampled
/// with [`Context::stream`]: fresh noise in every training step, the same noise in every evaluation; DeepOBS samples
/// in both. Weights are initialized normalized uniform, biases 0.
///
/// # Panics
/// If 4 does not divide height and width.
#[track_caller]
pub fn vae(height: usize, width: usize) -> Model {
    assert!(
        height.is_multiple_of(4) && width.is_multiple_of(4) && height * width > 0,
        "expected images whose sides 4 divides, found {height} × {width}"
    );
    let mut builder = Builder::new();
    let b = &mut builder;
    let (area, quarter) = (height * width, (height / 4) * (width / 4));
    let leaky = LeakyRelu { slope: 0.3 };
    let encoder = Sequential::new()
        .then(Unflatten::new([height, width, 1]))
        .then(Conv2d::new(b, "conv1", 1, CHANNELS, 4).stride(2))
        .then(leaky)
        .then(Dropout::new("dropout1", DROPOUT))
        .then(Conv2d::new(b, "conv2", CHANNELS, CHANNELS, 4).stride(2))
        .then(leaky)
        .then(Dropout::new("dropout2", DROPOUT))
        .then(Conv2d::new(b, "conv3", CHANNELS, CHANNELS, 4))
        .then(leaky)
        .then(Dropout::new("dropout3", DROPOUT))
        .then(Flatten);
    let mean = Linear::new(b, "dense1", quarter * CHANNELS, LATENT);
    let log_variance = Linear::new(b, "dense2", quarter * CHANNELS, LATENT);
    let decoder = Sequential::new()
        .then(Linear::new(b, "dense3", LATENT, 24))
        .then(leaky)
        .then(Linear::new(b, "dense4", 24, quarter))
        .then(leaky)
        .then(Unflatten::new([height / 4, width / 4, 1]))
        .then(ConvTranspose2d::new(b, "deconv1", 1, CHANNELS, 4).stride(2))
        .then(Activation::Relu)
        .then(Dropout::new("dropout4", DROPOUT))
        .then(ConvTranspose2d::new(b, "deconv2", CHANNELS, CHANNELS, 4))
        .then(Activation::Relu)
        .then(Dropout::new("dropout5", DROPOUT))
        .then(ConvTranspose2d::new(b, "deconv3", CHANNELS, CHANNELS, 4))
        .then(Activation::Relu)
        .then(Flatten)
        .then(Linear::new(b, "dense5", area / 4 * CHANNELS, area))
        .then(Activation::Sigmoid);
    let net = Vae { encoder, mean, log_variance, decoder };
    Model::new(builder, net).with_init(|param, _| match param.role {
        Role::Bias => Init::Constant(0.0),
        _ => Init::XavierUniform,
    })
}

#[derive(Debug, Clone)]
struct Vae {
    encoder: Sequential,
    mean: Linear,
    log_variance: Linear,
    decoder: Sequential,
}

impl Module for Vae {
    #[track_caller]
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, context: &mut Context<'_, T>) -> Var<'t, T> {
        let features = self.encoder.forward(x, context);
        let mean = self.mean.forward(features, context);
        let log_variance = self.log_variance.forward(features, context);
        let mut stream = context.stream("noise of the code");
        let noise = x.tape().input_with(mean.shape(), |noise| {
            noise.iter_mut().for_each(|z| *z = T::from_f64(stream.normal().into()));
        });
        let code = mean + log_variance.scale(T::from_f64(0.5)).exp() * noise;
        Var::concat(&[self.decoder.forward(code, context), mean, log_variance], 1)
    }

    fn layers(&self) -> Option<Vec<Layer>> {
        let code = Layer::Code {
            mean: self.mean.layers()?,
            log_variance: self.log_variance.layers()?,
            decoder: self.decoder.layers()?,
        };
        Some([self.encoder.layers()?, vec![code]].concat())
    }
}
