//! Examples in memory: inputs are bytes, numbers or tokens; targets are classes, numbers, tokens or none.
//!
//! ```
//! use data::samples::{Holdout, Inputs, Samples, Targets};
//!
//! let inputs = Inputs::Numbers { shape: vec![2], values: vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0] };
//! let targets = Targets::Numbers { width: 1, values: vec![1.0, 5.0, 9.0] };
//! let table = Samples::new(inputs, targets)?;
//! assert_eq!(table.len(), 3);
//!
//! let mut batch = Samples::default(); // keeps its buffers from one batch to the next
//! table.gather(&[2, 0], &mut batch);
//! assert_eq!(batch.targets, Targets::Numbers { width: 1, values: vec![9.0, 1.0] });
//!
//! let (train, validation) = table.split(Holdout::Count(1), 7)?;
//! assert_eq!((train.len(), validation.len()), (2, 1));
//! # Ok::<(), data::samples::SamplesFault>(())
//! ```

mod digest;
mod gather;
mod holdout;
mod statistics;

pub(crate) use gather::gather_rows;
pub use holdout::Holdout;
pub use statistics::{Per, Standardization};

use crate::dataset::{Dataset, Images};
use crate::text::grouped;

/// Split of a data set: one input and one target per example.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// Inputs.
    pub inputs: Inputs,
    /// Targets, one per input.
    pub targets: Targets,
}

/// Training, validation and test samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Splits {
    /// Training examples.
    pub train: Samples,
    /// Validation examples, for choosing hyperparameters.
    pub validation: Samples,
    /// Test examples, for the final measurement.
    pub test: Samples,
}

/// Inputs of one shape, contiguous, each example row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// Bytes, such as pixels; a quantization gives their values.
    Bytes {
        /// Shape of one example; `[height, width, channels]` for images.
        shape: Vec<usize>,
        /// `len × shape` bytes.
        values: Vec<u8>,
    },
    /// Features of a table, signals.
    Numbers {
        /// Shape of one example; `[features]` for tables.
        shape: Vec<usize>,
        /// `len × shape` numbers.
        values: Vec<f32>,
    },
    /// Token indices, such as characters of a text.
    Tokens {
        /// Shape of one example; `[length]` for sequences.
        shape: Vec<usize>,
        /// `len × shape` tokens, each less than `vocabulary`.
        values: Vec<u32>,
        /// Number of distinct tokens.
        vocabulary: usize,
    },
}

/// Targets of one kind, contiguous.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Targets {
    /// One class per example.
    Classes {
        /// `len` labels, each less than the number of names.
        labels: Vec<u32>,
        /// Name of each class, by label.
        names: Vec<String>,
    },
    /// One or more numbers per example.
    Numbers {
        /// Numbers per example.
        width: usize,
        /// `len × width` numbers.
        values: Vec<f32>,
    },
    /// Tokens per example, from the vocabulary of the inputs.
    Tokens {
        /// Shape of one example's targets.
        shape: Vec<usize>,
        /// `len × shape` tokens.
        values: Vec<u32>,
    },
    /// No targets, for models of the inputs themselves.
    #[default]
    None,
}

/// Inconsistent inputs and targets, or an impossible split.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplesFault {
    /// A dimension of size 0 within an example.
    #[error("expected sizes of 1 or more within an example, found shape {shape:?}")]
    EmptyShape {
        /// Shape of one example.
        shape: Vec<usize>,
    },
    /// The number of values is not a multiple of the example size.
    #[error("expected a multiple of {size} {what} (shape {shape:?}), found {}", grouped(*.found as u64))]
    Ragged {
        /// `input values` or `target values`.
        what: &'static str,
        /// Shape of one example.
        shape: Vec<usize>,
        /// Values of one example.
        size: usize,
        /// Number of values.
        found: usize,
    },
    /// The numbers of inputs and targets differ.
    #[error(
        "expected a target for each of {} inputs, found {} targets",
        grouped(*.inputs as u64),
        grouped(*.targets as u64)
    )]
    Counts {
        /// Number of inputs.
        inputs: usize,
        /// Number of targets.
        targets: usize,
    },
    /// A label or token is out of range.
    #[error("expected {what} below {limit}, found {found} in example {example}")]
    OutOfRange {
        /// `labels`, `tokens` or `target tokens`.
        what: &'static str,
        /// Number of classes, or size of the vocabulary.
        limit: usize,
        /// First value out of range.
        found: u32,
        /// Its example, from 0.
        example: usize,
    },
    /// The part to hold out is larger than the split, or not a fraction.
    #[error("expected {expected} to hold out, found {found}")]
    Holdout {
        /// Possible amounts.
        expected: String,
        /// Requested amount.
        found: Holdout,
    },
}

impl Samples {
    /// Combines inputs and targets and checks them.
    pub fn new(inputs: Inputs, targets: Targets) -> Result<Samples, SamplesFault> {
        let samples = Samples { inputs, targets };
        samples.check()?;
        Ok(samples)
    }

    /// Checks that values fill whole examples, that every input has a target, and that labels and tokens are in
    /// range.
    pub fn check(&self) -> Result<(), SamplesFault> {
        let (inputs, targets) = (self.inputs.checked_len()?, self.targets.checked_len()?);
        match targets {
            Some(targets) if targets != inputs => return Err(SamplesFault::Counts { inputs, targets }),
            _ => {}
        }
        if let Inputs::Tokens { shape, values, vocabulary } = &self.inputs {
            below("tokens", *vocabulary, values, size(shape))?;
            if let Targets::Tokens { shape, values } = &self.targets {
                below("target tokens", *vocabulary, values, size(shape))?;
            }
        }
        if let Targets::Classes { labels, names } = &self.targets {
            below("labels", names.len(), labels, 1)?;
        }
        Ok(())
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// True without examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Inputs {
    /// Shape of one example.
    pub fn shape(&self) -> &[usize] {
        match self {
            Inputs::Bytes { shape, .. } | Inputs::Numbers { shape, .. } | Inputs::Tokens { shape, .. } => {
                shape
            }
        }
    }

    /// Number of distinct tokens; `None` for other inputs.
    pub fn vocabulary(&self) -> Option<usize> {
        match self {
            Inputs::Tokens { vocabulary, .. } => Some(*vocabulary),
            _ => None,
        }
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.values() / size(self.shape()).max(1)
    }

    /// True without examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Total number of values.
    fn values(&self) -> usize {
        match self {
            Inputs::Bytes { values, .. } => values.len(),
            Inputs::Numbers { values, .. } => values.len(),
            Inputs::Tokens { values, .. } => values.len(),
        }
    }

    fn checked_len(&self) -> Result<usize, SamplesFault> {
        checked_len("input values", self.shape(), self.values())
    }
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs::Bytes { shape: Vec::new(), values: Vec::new() }
    }
}

impl Targets {
    /// Number of classes; `None` for other targets.
    pub fn classes(&self) -> Option<usize> {
        match self {
            Targets::Classes { names, .. } => Some(names.len()),
            _ => None,
        }
    }

    /// Number of examples; `None` without targets.
    fn checked_len(&self) -> Result<Option<usize>, SamplesFault> {
        match self {
            Targets::Classes { labels, .. } => Ok(Some(labels.len())),
            Targets::Numbers { width, values } => {
                checked_len("target values", &[*width], values.len()).map(Some)
            }
            Targets::Tokens { shape, values } => checked_len("target values", shape, values.len()).map(Some),
            Targets::None => Ok(None),
        }
    }
}

/// Converts images to shape `[rows, columns, 1]`, with classes named by their numbers up to the largest label.
impl From<Images> for Samples {
    fn from(images: Images) -> Samples {
        let names = (0..=images.labels.iter().copied().max().unwrap_or(0)).map(|class| class.to_string());
        named(images, names.collect())
    }
}

impl Dataset {
    /// Converts the training and test images to samples with class names.
    pub fn into_samples(self) -> (Samples, Samples) {
        let names: Vec<String> = self.class_names.iter().map(|name| name.to_string()).collect();
        (named(self.train, names.clone()), named(self.test, names))
    }
}

fn named(images: Images, names: Vec<String>) -> Samples {
    let Images { pixels, labels, rows, cols } = images;
    Samples {
        inputs: Inputs::Bytes { shape: vec![rows, cols, 1], values: pixels },
        targets: Targets::Classes { labels: labels.into_iter().map(u32::from).collect(), names },
    }
}

/// Values of one example.
fn size(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn checked_len(what: &'static str, shape: &[usize], found: usize) -> Result<usize, SamplesFault> {
    match shape.iter().try_fold(1_usize, |size, &n| size.checked_mul(n)) {
        Some(0) => Err(SamplesFault::EmptyShape { shape: shape.into() }),
        Some(size) if found.is_multiple_of(size) => Ok(found / size),
        size => {
            Err(SamplesFault::Ragged { what, shape: shape.into(), size: size.unwrap_or(usize::MAX), found })
        }
    }
}

fn below(what: &'static str, limit: usize, values: &[u32], size: usize) -> Result<(), SamplesFault> {
    match values.iter().position(|&value| value as usize >= limit) {
        Some(i) => Err(SamplesFault::OutOfRange { what, limit, found: values[i], example: i / size }),
        None => Ok(()),
    }
}
