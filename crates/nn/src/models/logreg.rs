//! Softmax regression.

use crate::info::{Build, Info, Kind};
use crate::layers::Activation;
use crate::model::Model;

pub(super) const INFO: Info = Info {
    name: "logreg",
    about: "softmax regression: one dense layer",
    kind: Kind::Images { least_side: 1 },
    build: Build::Mlp { hidden: &[], activation: Activation::Relu },
};

/// One dense layer `fc1`: softmax regression, or linear regression.
pub fn logreg(inputs: usize, outputs: usize) -> Model {
    Model::mlp(&[inputs, outputs], Activation::Identity)
}
