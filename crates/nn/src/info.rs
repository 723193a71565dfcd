//! Entries of the registry of models.

use tensor::Shape;

use crate::activation::Activation;
use crate::model::Model;

/// Entry of the registry of models.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Name on the command line and in records: `resnet-mini`.
    pub name: &'static str,
    /// One-line description.
    pub about: &'static str,
    /// Inputs and outputs.
    pub kind: Kind,
    /// Constructor for given sizes.
    pub build: Build,
}

/// Shapes of the inputs and outputs of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Images [n, height·width·channels], a pixel's channels next to each other, to scores [n, classes]; built for
    /// `[height, width, channels]`, or `[height, width]` with one channel.
    Images {
        /// Minimum height and width of an image in pixels.
        least_side: usize,
    },
    /// Vectors [n, features] to scores or numbers [n, outputs]; built for `[features]`.
    Vectors,
    /// Vectors [n, features] with elements from 0 to 1 to their reconstruction; built for `[features]`, or
    /// `[height, width]`.
    Autoencoder,
    /// Tokens [n, length] to scores of the next token [n, length, vocabulary]; built for `[length]`.
    Text,
}

/// Constructor of a network.
#[derive(Debug, Clone, Copy)]
pub enum Build {
    /// Dense layers with these default hidden widths.
    Mlp {
        /// Widths of the hidden layers.
        hidden: &'static [usize],
        /// The nonlinearity between layers.
        activation: Activation,
    },
    /// Function of the input's shape without the batch, and the number of outputs.
    For(fn(Shape, usize) -> Model),
}

/// By name.
impl PartialEq for Info {
    fn eq(&self, other: &Info) -> bool {
        self.name == other.name
    }
}
