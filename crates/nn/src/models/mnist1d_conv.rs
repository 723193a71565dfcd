//! Convolutional network of MNIST-1D.

use tensor::conv::Padding;

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, Conv1d, FlattenRows, Linear, Sequential, Unflatten};
use crate::model::{Builder, Model};

const CHANNELS: usize = 25;

pub(super) const INFO: Info = Info {
    name: "mnist1d-conv",
    about: "three convolutions of a signal, as MNIST-1D has them",
    kind: Kind::Vectors,
    build: Build::For(|input, outputs| mnist1d_conv(input.len(), outputs)),
};

/// `ConvBase` of MNIST-1D (Greydanus & Kobak 2024), for signals [n, length]:
///
/// ```text
/// conv1   5, 1 → 25, stride 2, padding 1    ReLU
/// conv2   3, 25 → 25, stride 2, padding 1   ReLU
/// conv3   3, 25 → 25, stride 2, padding 1   ReLU
/// linear  125 → 10
/// ```
///
/// 5,210 weights for signals of 40 in 10 classes.
pub fn mnist1d_conv(length: usize, outputs: usize) -> Model {
    let mut builder = Builder::new();
    let mut conv = |name: &str, inputs: usize, kernel: usize| {
        Conv1d::new(&mut builder, name, inputs, CHANNELS, kernel).stride(2).padding(Padding::Zeros(1))
    };
    let net = Sequential::new()
        .then(Unflatten::new([length, 1]))
        .then(conv("conv1", 1, 5))
        .then(Activation::Relu)
        .then(conv("conv2", CHANNELS, 3))
        .then(Activation::Relu)
        .then(conv("conv3", CHANNELS, 3))
        .then(Activation::Relu)
        .then(FlattenRows);
    let left = [5, 3, 3].iter().fold(length, |length, kernel| (length + 2 - kernel) / 2 + 1);
    let net = net.then(Linear::new(&mut builder, "linear", CHANNELS * left, outputs));
    Model::new(builder, net)
}
