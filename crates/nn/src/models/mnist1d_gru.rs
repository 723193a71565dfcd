//! Recurrent network of MNIST-1D.

use crate::info::{Build, Info, Kind};
use crate::layers::{Cell, Flatten, Linear, Recurrent, Sequential, Unflatten};
use crate::model::{Builder, Model};

const HIDDEN: usize = 6;

pub(super) const INFO: Info = Info {
    name: "mnist1d-gru",
    about: "gated recurrent units of 6 in both directions, as MNIST-1D has them",
    kind: Kind::Vectors,
    build: Build::For(|input, outputs| mnist1d_gru(input.len(), outputs)),
};

/// `GRUBase` of MNIST-1D (Greydanus & Kobak 2024), for signals [n, length]: `gru`, 6 units in each direction,
/// and `linear` from the states of all steps. 5,134 weights for signals of 40 in 10 classes.
pub fn mnist1d_gru(length: usize, outputs: usize) -> Model {
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Unflatten::new([length, 1]))
        .then(Recurrent::bidirectional(&mut builder, "gru", Cell::Gru, 1, HIDDEN, 1))
        .then(Flatten)
        .then(Linear::new(&mut builder, "linear", 2 * HIDDEN * length, outputs));
    Model::new(builder, net)
}
