//! Multilayer perceptron of MNIST-1D.

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, Linear, Residual, Sequential};
use crate::model::{Builder, Model};

const HIDDEN: usize = 100;

pub(super) const INFO: Info = Info {
    name: "mnist1d-mlp",
    about: "two hidden layers of 100, the second around a shortcut, as MNIST-1D has them",
    kind: Kind::Vectors,
    build: Build::For(|input, outputs| mnist1d_mlp(input.len(), outputs)),
};

/// `MLPBase` of MNIST-1D (Greydanus & Kobak 2024): `h = relu(linear1 x)`, `h = h + relu(linear2 h)`,
/// `linear3 h`. 15,210 weights for signals of 40 in 10 classes.
pub fn mnist1d_mlp(inputs: usize, outputs: usize) -> Model {
    let mut builder = Builder::new();
    let first = Linear::new(&mut builder, "linear1", inputs, HIDDEN);
    let second = Linear::new(&mut builder, "linear2", HIDDEN, HIDDEN);
    let last = Linear::new(&mut builder, "linear3", HIDDEN, outputs);
    let body = Sequential::new().then(second).then(Activation::Relu);
    let net = Sequential::new()
        .then(first)
        .then(Activation::Relu)
        .then(Residual { body, shortcut: Sequential::new() })
        .then(last);
    Model::new(builder, net)
}
