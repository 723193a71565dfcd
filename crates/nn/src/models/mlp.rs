//! Multilayer perceptrons.

use crate::info::{Build, Info, Kind};
use crate::layers::{Activation, Linear, Sequential};
use crate::model::{Builder, Model};

pub(super) const INFO: Info = Info {
    name: "mlp",
    about: "the notebook's dense network, hidden widths 128 and 64",
    kind: Kind::Images { least_side: 1 },
    build: Build::Mlp { hidden: &[128, 64], activation: Activation::Relu },
};

/// The same as [`Model::mlp`].
///
/// # Panics
/// If there are fewer than two widths.
#[track_caller]
pub fn mlp(widths: &[usize], activation: Activation) -> Model {
    Model::mlp(widths, activation)
}

impl Model {
    /// Multilayer perceptron of these widths, from inputs to outputs: `fc1`, `fc2`, …, with the activation between
    /// them. Two widths give a linear model.
    ///
    /// # Panics
    /// If there are fewer than two widths.
    #[track_caller]
    pub fn mlp(widths: &[usize], activation: Activation) -> Model {
        assert!(widths.len() >= 2, "expected at least two widths, inputs and outputs, found {widths:?}");
        let mut builder = Builder::new();
        let mut layers = Sequential::new();
        for (i, pair) in widths.windows(2).enumerate() {
            if i > 0 {
                layers.push(activation);
            }
            layers.push(Linear::new(&mut builder, &format!("fc{}", i + 1), pair[0], pair[1]));
        }
        Model::new(builder, layers)
    }
}
