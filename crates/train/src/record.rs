//! What a run leaves behind: plain data, written as one JSON object a line.

use serde::{Deserialize, Serialize};

/// The version of the record's JSON form, in its field `schema`.
pub const SCHEMA: u32 = 1;

/// Everything one run did: one optimizer, one seed, one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// [`SCHEMA`] when the record was written.
    pub schema: u32,
    /// The data set's name, such as `mnist`.
    pub dataset: String,
    /// Where its bytes came from, in words for a person.
    pub origin: String,
    /// Whether it was the embedded sample rather than the whole set.
    pub sample: bool,
    /// Training and test images.
    pub train_images: usize,
    /// Test images.
    pub test_images: usize,
    /// The model's layer widths, such as `784-128-64-10`, or its name, such as `2c2d`.
    pub model: String,
    /// Number of trained weights.
    pub weights: usize,
    /// The optimizer's name, such as `adam`.
    pub optimizer: String,
    /// The canonical spelling of all settings: `adam lr=0.001, batch=64`.
    pub recipe: String,
    /// The seed of initial weights and batches.
    pub seed: u64,
    /// Examples in one batch.
    pub batch: usize,
    /// Bytes of optimizer state for each weight.
    pub state_bytes_per_weight: usize,
    /// Threads inside this run.
    pub threads: usize,
    /// The instruction set that the kernels used: `avx512`, `avx2`, `portable`.
    pub kernel: String,
    /// Gradients of a batch taken in all; a record from before they were counted has none.
    #[serde(default)]
    pub gradient_calls: Option<u64>,
    /// How the run ended.
    pub status: Status,
    /// Whole epochs, in order; a diverged run has those before it diverged.
    pub epochs: Vec<EpochRecord>,
    /// The mean training loss of short stretches, ten an epoch, for curves.
    pub train_curve: Vec<TrainPoint>,
    /// Measurements on the test set, the first before any training.
    pub evaluations: Vec<Evaluation>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Status {
    /// All epochs were trained.
    Finished,
    /// Loss or weights stopped being finite. A result, not an error.
    Diverged {
        /// The batch at which it was noticed, counted from 1.
        step: u64,
    },
}

/// One pass over the training set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Counted from 1.
    pub epoch: u32,
    /// Updates made since the start of the run.
    pub steps: u64,
    /// Mean over the epoch's batches of the batch's mean loss, as it was before each update.
    #[serde(with = "crate::json_number")]
    pub train_loss: f64,
    /// Seconds of training, without evaluation.
    #[serde(with = "crate::json_number")]
    pub seconds: f64,
}

/// The training loss of a stretch of batches that ends here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainPoint {
    /// Passes over the training set so far, with a fraction.
    #[serde(with = "crate::json_number")]
    pub epoch: f64,
    /// Mean loss over the stretch.
    #[serde(with = "crate::json_number")]
    pub loss: f64,
}

/// The model on the test set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Passes over the training set so far, with a fraction.
    #[serde(with = "crate::json_number")]
    pub epoch: f64,
    /// Seconds of training so far, without evaluations.
    #[serde(with = "crate::json_number")]
    pub seconds: f64,
    /// Mean cross-entropy in nats.
    #[serde(with = "crate::json_number")]
    pub test_loss: f64,
    /// Share of test images classified rightly, 0 to 1.
    #[serde(with = "crate::json_number")]
    pub test_accuracy: f64,
}

impl RunRecord {
    /// The last epoch's training loss; `None` if there is none or the run diverged.
    pub fn final_train_loss(&self) -> Option<f64> {
        self.finished().then(|| self.epochs.last().map(|e| e.train_loss)).flatten()
    }

    /// The last test accuracy; `None` if the run diverged.
    pub fn final_accuracy(&self) -> Option<f64> {
        self.finished().then(|| self.evaluations.last().map(|e| e.test_accuracy)).flatten()
    }

    /// Gradients taken for each batch: more than 1 where a method asks for others at other weights.
    pub fn gradients_per_batch(&self) -> Option<f64> {
        let per_epoch = self.train_images.div_ceil(self.batch.max(1));
        let batches = match self.status {
            Status::Finished => (self.epochs.len() * per_epoch) as u64,
            Status::Diverged { step } => step,
        };
        self.gradient_calls.filter(|_| batches > 0).map(|calls| calls as f64 / batches as f64)
    }

    /// Whether all epochs were trained.
    pub fn finished(&self) -> bool {
        self.status == Status::Finished
    }
}
