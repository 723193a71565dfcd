//! Normalization setting: `auto`, `none` or a mean and a standard deviation.

use std::fmt;
use std::str::FromStr;

use crate::samples::{Inputs, Per, Standardization};

/// Normalization of the inputs, or of targets that are numbers.
///
/// ```
/// use data::own::Normalization;
/// let half: Normalization = "0.5,0.5".parse()?;
/// assert_eq!(half, Normalization::MeanStd { mean: 0.5, std: 0.5 });
/// assert_eq!(half.to_string(), "0.5,0.5");
/// assert_eq!("none".parse(), Ok(Normalization::None));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Normalization {
    /// Mean and standard deviation of the training inputs: per column of a table and per channel of images, over all
    /// numbers otherwise.
    #[default]
    Auto,
    /// None: numbers unchanged, bytes scaled to 0 to 1.
    None,
    /// Given mean and standard deviation; for bytes on the scale from 0 to 1.
    MeanStd {
        /// Value that becomes 0.
        mean: f64,
        /// Difference that becomes 1.
        std: f64,
    },
}

impl Normalization {
    /// Mean and standard deviation, if they do not depend on data.
    pub fn given(self) -> Option<Standardization> {
        match self {
            Normalization::Auto => None,
            Normalization::None => Some(Standardization::identity()),
            Normalization::MeanStd { mean, std } => {
                Some(Standardization { mean: vec![mean], std: vec![std] })
            }
        }
    }

    /// Mean and standard deviation for these inputs, which should be the training split. Tokens are not normalized.
    pub fn resolve(self, train: &Inputs) -> Standardization {
        match (self.given(), train) {
            (_, Inputs::Tokens { .. }) => Standardization::identity(),
            (Some(given), _) => given,
            (None, _) => match (train, train.shape()) {
                (Inputs::Numbers { .. }, [_]) | (_, [_, _, _]) => Standardization::of(train, Per::Feature),
                _ => Standardization::of(train, Per::Dataset),
            },
        }
    }
}

impl fmt::Display for Normalization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Normalization::Auto => write!(f, "auto"),
            Normalization::None => write!(f, "none"),
            Normalization::MeanStd { mean, std } => write!(f, "{mean},{std}"),
        }
    }
}

impl FromStr for Normalization {
    type Err = String;

    fn from_str(text: &str) -> Result<Normalization, String> {
        let expected =
            || format!("expected `auto`, `none` or a mean and a deviation such as 0.5,0.5, found {text:?}");
        match text.trim() {
            "auto" => Ok(Normalization::Auto),
            "none" => Ok(Normalization::None),
            pair => {
                let (mean, std) = pair.split_once(',').ok_or_else(expected)?;
                let number = |word: &str| word.trim().parse::<f64>().ok().filter(|x| x.is_finite());
                let (Some(mean), Some(std)) = (number(mean), number(std)) else { return Err(expected()) };
                if std <= 0.0 {
                    return Err(format!("expected a deviation above 0, found {std}"));
                }
                Ok(Normalization::MeanStd { mean, std })
            }
        }
    }
}
