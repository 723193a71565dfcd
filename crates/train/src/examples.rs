//! Data of a task: splits, batches and origin.

use std::fmt;
use std::sync::OnceLock;

use data::samples::{Holdout, Samples, SamplesFault};
use data::{Dataset, Origin};
use serde::{Deserialize, Serialize};

/// Inputs and targets of the examples of one update.
pub type Batch = Samples;

/// A part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Examples to learn from.
    Train,
    /// Examples to choose settings by.
    Validation,
    /// Examples to report on, looked at once.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// Name in curves and on the command line: `test`.
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Data that a task is trained and measured on.
pub trait Examples: fmt::Debug + Send + Sync {
    /// Number of examples of a split.
    fn len(&self, split: Split) -> usize;

    /// Copies the examples with these indices into `batch`, whose buffers are reused.
    ///
    /// # Panics
    /// If an index is out of range.
    fn gather(&self, split: Split, indices: &[u32], batch: &mut Batch);

    /// Name and origin.
    fn info(&self) -> &DataInfo;

    /// SHA-256 of the content of all splits, in hexadecimal.
    fn sha256(&self) -> &str;

    /// True for a split without examples, as of a test function.
    fn is_empty(&self, split: Split) -> bool {
        self.len(split) == 0
    }
}

/// Name and origin of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataInfo {
    /// Name, such as `mnist`.
    pub name: String,
    /// Origin of the bytes, in words.
    pub origin: String,
    /// True for the embedded sample of a larger set.
    pub sample: bool,
}

/// Examples in memory.
#[derive(Debug)]
pub struct InMemory {
    info: DataInfo,
    splits: [Samples; 3],
    sha256: OnceLock<String>,
}

impl InMemory {
    /// Training, validation and test examples.
    pub fn new(info: DataInfo, train: Samples, validation: Samples, test: Samples) -> InMemory {
        InMemory { info, splits: [train, validation, test], sha256: OnceLock::new() }
    }

    /// Images and labels of a set without validation examples.
    pub fn images(dataset: Dataset) -> InMemory {
        let info = DataInfo {
            name: dataset.name.to_string(),
            origin: dataset.origin.to_string(),
            sample: dataset.origin == Origin::Sample,
        };
        let (train, test) = dataset.into_samples();
        let none = train.select(&[]);
        InMemory::new(info, train, none, test)
    }

    /// Holds out validation examples from the training examples, stratified by class.
    ///
    /// # Errors
    /// If the training split is smaller.
    pub fn with_validation(self, holdout: Holdout, seed: u64) -> Result<InMemory, SamplesFault> {
        let [train, _, test] = self.splits;
        let (train, validation) = train.split(holdout, seed)?;
        Ok(InMemory::new(self.info, train, validation, test))
    }

    /// The examples of a split.
    pub fn split(&self, split: Split) -> &Samples {
        &self.splits[split as usize]
    }
}

impl Examples for InMemory {
    fn len(&self, split: Split) -> usize {
        self.split(split).len()
    }

    #[track_caller]
    fn gather(&self, split: Split, indices: &[u32], batch: &mut Batch) {
        self.split(split).gather(indices, batch);
    }

    fn info(&self) -> &DataInfo {
        &self.info
    }

    fn sha256(&self) -> &str {
        self.sha256.get_or_init(|| {
            let splits: Vec<String> = self.splits.iter().map(Samples::sha256).collect();
            crate::checksum::sha256(splits.join("\n").as_bytes())
        })
    }
}

/// No examples: the loss is a function of the parameters alone.
#[derive(Debug)]
pub struct NoExamples {
    info: DataInfo,
}

impl NoExamples {
    /// For the function of this name.
    pub fn new(name: &str) -> NoExamples {
        NoExamples { info: DataInfo { name: name.into(), origin: "a formula".into(), sample: false } }
    }
}

impl Examples for NoExamples {
    fn len(&self, _: Split) -> usize {
        0
    }

    fn gather(&self, _: Split, indices: &[u32], _: &mut Batch) {
        assert!(indices.is_empty(), "expected no indices into no examples, found {}", indices.len());
    }

    fn info(&self) -> &DataInfo {
        &self.info
    }

    fn sha256(&self) -> &str {
        ""
    }
}
