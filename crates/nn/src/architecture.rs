//! The models that tasks are made of, by name.

use std::fmt;

use crate::layers::Activation;
use crate::model::Model;
use crate::models;

/// A model before the sizes of its images are known.
///
/// ```
/// use nn::Architecture;
/// let lenet = Architecture::by_name("lenet").unwrap();
/// assert_eq!(lenet.build(28, 28, 10).layout().len(), 61_706);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Architecture {
    /// Dense layers: [`Model::mlp`].
    Mlp {
        /// Widths of the hidden layers; none make a linear model.
        hidden: Vec<usize>,
        /// The nonlinearity between layers.
        activation: Activation,
    },
    /// [`models::two_c_two_d`].
    TwoCTwoD,
    /// [`models::lenet`].
    LeNet,
    /// [`models::resnet_mini`].
    ResNetMini,
}

impl Architecture {
    /// The names that [`by_name`](Architecture::by_name) knows, with what they stand for.
    pub const NAMES: [(&'static str, &'static str); 5] = [
        ("mlp", "the notebook's dense network, hidden widths 128 and 64"),
        ("logreg", "softmax regression: one dense layer"),
        ("2c2d", "two convolutions and two dense layers, as in DeepOBS"),
        ("lenet", "LeNet-5 with ReLU and max pooling"),
        ("resnet-mini", "ResNet-8: three residual blocks with batch norm"),
    ];

    /// The one with this name.
    pub fn by_name(name: &str) -> Option<Architecture> {
        let mlp =
            |hidden: &[usize]| Architecture::Mlp { hidden: hidden.into(), activation: Activation::Relu };
        Some(match name {
            "mlp" => mlp(&[128, 64]),
            "logreg" => mlp(&[]),
            "2c2d" => Architecture::TwoCTwoD,
            "lenet" => Architecture::LeNet,
            "resnet-mini" => Architecture::ResNetMini,
            _ => return None,
        })
    }

    /// The least height and width of an image.
    pub fn least_side(&self) -> usize {
        match self {
            Architecture::Mlp { .. } | Architecture::ResNetMini => 1,
            Architecture::TwoCTwoD => 4,
            Architecture::LeNet => 12,
        }
    }

    /// The model for images of this height and width with one channel: [n, height·width] to scores
    /// [n, classes].
    ///
    /// # Panics
    /// If the images are smaller than [`least_side`](Architecture::least_side), or a width is 0.
    #[track_caller]
    pub fn build(&self, height: usize, width: usize, classes: usize) -> Model {
        let least = self.least_side();
        assert!(
            height.min(width) >= least,
            "{self} takes images of at least {least} × {least} pixels, not {height} × {width}"
        );
        match self {
            Architecture::Mlp { hidden, activation } => {
                let widths = [&[height * width], hidden.as_slice(), &[classes]].concat();
                Model::mlp(&widths, *activation)
            }
            Architecture::TwoCTwoD => models::two_c_two_d(height, width, classes),
            Architecture::LeNet => models::lenet(height, width, classes),
            Architecture::ResNetMini => models::resnet_mini(height, width, classes),
        }
    }
}

/// The name: `mlp`, `2c2d`, …
impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Architecture::Mlp { hidden, .. } if hidden.is_empty() => "logreg",
            Architecture::Mlp { .. } => "mlp",
            Architecture::TwoCTwoD => "2c2d",
            Architecture::LeNet => "lenet",
            Architecture::ResNetMini => "resnet-mini",
        })
    }
}
