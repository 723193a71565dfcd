//! Network architectures by name, before the sizes of their task are known.

use std::fmt;

use tensor::Shape;

use crate::info::{Build, Info, Kind};
use crate::layers::Activation;
use crate::model::Model;
use crate::models;

/// Architecture: a model without the sizes of its inputs and outputs.
///
/// ```
/// use nn::Architecture;
/// let lenet = Architecture::by_name("lenet").unwrap();
/// assert_eq!(lenet.build(28, 28, 10).layout().len(), 61_706);
/// let conv = Architecture::by_name("mnist1d-conv").unwrap();
/// assert_eq!(conv.build_for([40], 10).layout().len(), 5_210);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Architecture {
    /// Dense layers: [`Model::mlp`].
    Mlp {
        /// Widths of the hidden layers; an empty list gives a linear model.
        hidden: Vec<usize>,
        /// The nonlinearity between layers.
        activation: Activation,
    },
    /// An entry of [`models::ALL`], or a user's own.
    Listed(&'static Info),
}

impl Info {
    /// Architecture of the entry.
    pub fn architecture(&'static self) -> Architecture {
        match self.build {
            Build::Mlp { hidden, activation } => Architecture::Mlp { hidden: hidden.into(), activation },
            Build::For(_) => Architecture::Listed(self),
        }
    }
}

impl Architecture {
    /// Name and description of each image classifier.
    pub const NAMES: [(&'static str, &'static str); image_classifiers()] = names();

    /// Architecture of [`models::ALL`] with this name.
    pub fn by_name(name: &str) -> Option<Architecture> {
        models::ALL.iter().find(|info| info.name == name).map(|info| info.architecture())
    }

    /// Minimum height and width of an image in pixels.
    pub fn least_side(&self) -> usize {
        match self {
            Architecture::Listed(Info { kind: Kind::Images { least_side }, .. }) => *least_side,
            _ => 1,
        }
    }

    /// Builds the model for one-channel images of this height and width: [n, height·width] to scores [n, classes].
    ///
    /// # Panics
    /// If the images are smaller than [`least_side`](Architecture::least_side), or a width is 0.
    #[track_caller]
    pub fn build(&self, height: usize, width: usize, classes: usize) -> Model {
        self.build_for([height, width], classes)
    }

    /// Builds the model for examples of this shape and this number of outputs; see [`Kind`].
    ///
    /// # Panics
    /// If the rank is not the model's, a size is too small, or a width is 0.
    #[track_caller]
    pub fn build_for(&self, input: impl Into<Shape>, outputs: usize) -> Model {
        let (input, least) = (input.into(), self.least_side());
        assert!(
            input.iter().take(2).all(|&side| side >= least),
            "expected images of at least {least} × {least} pixels for {self}, found {}",
            input.iter().map(ToString::to_string).collect::<Vec<_>>().join(" × ")
        );
        match self {
            Architecture::Mlp { hidden, activation } => {
                let widths = [&[input.len()], hidden.as_slice(), &[outputs]].concat();
                Model::mlp(&widths, *activation)
            }
            Architecture::Listed(info) => match info.build {
                Build::Mlp { .. } => info.architecture().build_for(input, outputs),
                Build::For(build) => build(input, outputs),
            },
        }
    }
}

/// Name: `mlp`, `2c2d`, …
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |hidden: &[usize]| {
            let same =
                |info: &&&Info| matches!(info.build, Build::Mlp { hidden: known, .. } if known == hidden);
            models::ALL.iter().find(same).map_or(models::MLP.name, |info| info.name)
        };
        f.write_str(match self {
            Architecture::Mlp { hidden, .. } => listed(hidden),
            Architecture::Listed(info) => info.name,
        })
    }
}

const fn image_classifiers() -> usize {
    let (mut count, mut i) = (0, 0);
    while i < models::ALL.len() {
        count += matches!(models::ALL[i].kind, Kind::Images { .. }) as usize;
        i += 1;
    }
    count
}

const fn names() -> [(&'static str, &'static str); image_classifiers()] {
    let mut names = [("", ""); image_classifiers()];
    let (mut count, mut i) = (0, 0);
    while i < models::ALL.len() {
        if matches!(models::ALL[i].kind, Kind::Images { .. }) {
            names[count] = (models::ALL[i].name, models::ALL[i].about);
            count += 1;
        }
        i += 1;
    }
    names
}
