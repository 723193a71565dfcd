//! Deep and narrow sigmoid network.

use tensor::Role;

use crate::info::{Build, Info, Kind};
use crate::init::Init;
use crate::layers::Activation;
use crate::model::Model;

const DEPTH: usize = 8;
const WIDTH: usize = 32;

pub(super) const INFO: Info = Info {
    name: "deep-sigmoid",
    about: "eight narrow layers of sigmoids, through which gradients fade",
    kind: Kind::Vectors,
    build: Build::For(|input, outputs| deep_sigmoid(input.len(), outputs)),
};

/// Eight hidden layers of 32 sigmoids, `fc1` to `fc9`, initialized as in Glorot & Bengio 2010 (normalized
/// uniform, biases 0), who show vanishing gradients in such networks.
pub fn deep_sigmoid(inputs: usize, outputs: usize) -> Model {
    let widths = [&[inputs], [WIDTH; DEPTH].as_slice(), &[outputs]].concat();
    Model::mlp(&widths, Activation::Sigmoid).with_init(|param, _| match param.role {
        Role::Bias => Init::Constant(0.0),
        _ => Init::XavierUniform,
    })
}
