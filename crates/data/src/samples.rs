//! Examples of any kind in memory: inputs as bytes, numbers or tokens, targets as classes, numbers,
//! tokens or none.
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

/// One split of a data set: an input and a target for each example.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// Examples to compute from.
    pub inputs: Inputs,
    /// Answers to compute, one for each input.
    pub targets: Targets,
}

/// Samples to train on, to choose by, and to measure with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Splits {
    /// Examples to learn from.
    pub train: Samples,
    /// Examples to choose hyperparameters by.
    pub validation: Samples,
    /// Examples to measure with, once.
    pub test: Samples,
}

/// Inputs of one shape, example after example, each in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub enum Inputs {
    /// Images and the like, as bytes; a quantization says which numbers they stand for.
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
    /// Indices of symbols, such as characters of a text.
    Tokens {
        /// Shape of one example; `[length]` for sequences.
        shape: Vec<usize>,
        /// `len × shape` tokens, each less than `vocabulary`.
        values: Vec<u32>,
        /// Number of different symbols.
        vocabulary: usize,
    },
}

/// Targets of one kind, example after example.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Targets {
    /// One class for each example.
    Classes {
        /// `len` labels, each less than the number of names.
        labels: Vec<u32>,
        /// Name of each class, by label.
        names: Vec<String>,
    },
    /// One or more numbers for each example.
    Numbers {
        /// Numbers for one example.
        width: usize,
        /// `len × width` numbers.
        values: Vec<f32>,
    },
    /// Tokens for each example, from the vocabulary of the inputs.
    Tokens {
        /// Shape of one example's targets.
        shape: Vec<usize>,
        /// `len × shape` tokens.
        values: Vec<u32>,
    },
    /// None: for models that explain the inputs themselves.
    #[default]
    None,
}

/// Inputs and targets that do not fit each other or themselves, or a split that cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SamplesFault {
    /// A size of 0 within an example.
    #[error("expected sizes of 1 or more within an example, found shape {shape:?}")]
    EmptyShape {
        /// Shape of one example.
        shape: Vec<usize>,
    },
    /// Values that do not fill a whole number of examples.
    #[error("expected a multiple of {size} {what} (shape {shape:?}), found {}", grouped(*.found as u64))]
    Ragged {
        /// `input values` or `target values`.
        what: &'static str,
        /// Shape of one example.
        shape: Vec<usize>,
        /// Values of one example.
        size: usize,
        /// Values that are there.
        found: usize,
    },
    /// Another number of targets than of inputs.
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
    /// A label or token beyond the last name or symbol.
    #[error("expected {what} below {limit}, found {found} in example {example}")]
    OutOfRange {
        /// `labels`, `tokens` or `target tokens`.
        what: &'static str,
        /// Number of classes, or size of the vocabulary.
        limit: usize,
        /// The first value beyond it.
        found: u32,
        /// The example that has it, counted from 0.
        example: usize,
    },
    /// A part to hold out that is more than there is, or no fraction.
    #[error("expected {expected} to hold out, found {found}")]
    Holdout {
        /// Amounts that can be held out.
        expected: String,
        /// The amount asked for.
        found: Holdout,
    },
}

impl Samples {
    /// Puts inputs and targets together, checked.
    pub fn new(inputs: Inputs, targets: Targets) -> Result<Samples, SamplesFault> {
        let samples = Samples { inputs, targets };
        samples.check()?;
        Ok(samples)
    }

    /// Checks that values fill whole examples, that there is a target for each input, and that
    /// labels and tokens are in range.
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

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.values() / size(self.shape()).max(1)
    }

    /// True without examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of values of all examples.
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
    /// Number of classes, where the targets are classes.
    pub fn classes(&self) -> Option<usize> {
        match self {
            Targets::Classes { names, .. } => Some(names.len()),
            _ => None,
        }
    }

    /// Number of examples; none where there are no targets to count.
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

/// Images as `[rows, columns, 1]`, and classes named by their numbers up to the largest label.
impl From<Images> for Samples {
    fn from(images: Images) -> Samples {
        let names = (0..=images.labels.iter().copied().max().unwrap_or(0)).map(|class| class.to_string());
        named(images, names.collect())
    }
}

impl Dataset {
    /// Training and test split as samples, with the names of the classes.
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
