//! Multilayer perceptron for tables.

use crate::info::{Build, Info, Kind};
use crate::layers::Activation;
use crate::model::Model;

const HIDDEN: &[usize] = &[64, 64];

pub(super) const INFO: Info = Info {
    name: "table-mlp",
    about: "two hidden layers of 64 for the columns of a table",
    kind: Kind::Vectors,
    build: Build::For(|input, outputs| table_mlp(input.len(), outputs)),
};

/// Two hidden layers of 64 with ReLU, from the columns of a table to numbers or scores: `fc1` to `fc3`.
pub fn table_mlp(columns: usize, outputs: usize) -> Model {
    Model::mlp(&[&[columns], HIDDEN, &[outputs]].concat(), Activation::Relu)
}
