//! A deep autoencoder.

use tensor::Role;

use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layers::{Activation, Linear, Sequential};
use crate::model::{Builder, Model};

/// Widths between the input and the code.
const WIDTHS: [usize; 3] = [1000, 500, 250];
const CODE: usize = 30;

/// Number of nonzero initial weights per unit.
const JOINED: usize = 15;

pub(super) const INFO: Info = Info {
    name: "autoencoder",
    about: "784-1000-500-250-30 and back by sigmoids, hard to train without curvature or momentum",
    kind: Kind::Autoencoder,
    build: Build::For(|input, _| autoencoder(input.len())),
};

/// The deep autoencoder of Hinton & Salakhutdinov 2006 for MNIST: `inputs`-1000-500-250-30 and mirrored
/// back, with sigmoids except for the linear code. The outputs are sigmoids too, for inputs from 0 to 1.
///
/// Instead of pretraining it uses the sparse initialization of Martens 2010 (15 standard normal weights per
/// unit, biases 0), as in Sutskever 2013. 2,837,314 weights for 784 inputs: `encoder.0`, `encoder.2`, …,
/// `decoder.6`, the names of PyTorch's `Sequential`.
pub fn autoencoder(inputs: usize) -> Model {
    let mut builder = Builder::new();
    let encoder = [&[inputs], WIDTHS.as_slice(), &[CODE]].concat();
    let decoder: Vec<usize> = encoder.iter().rev().copied().collect();
    let mut net = Sequential::new();
    for (name, widths) in [("encoder", &encoder), ("decoder", &decoder)] {
        for (i, pair) in widths.windows(2).enumerate() {
            net.push(Linear::new(&mut builder, &format!("{name}.{}", 2 * i), pair[0], pair[1]));
            if pair[1] != CODE {
                net.push(Activation::Sigmoid);
            }
        }
    }
    Model::new(builder, net).with_init(|param, _| match param.role {
        Role::Bias => Init::Constant(0.0),
        _ => Init::Sparse(JOINED),
    })
}
