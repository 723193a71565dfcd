//! The result of a run: plain data, written as one JSON object a line.

mod histogram;
mod schema1;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tensor::simd;

use crate::budget::Budget;
use crate::checksum::sha256;
use crate::examples::{DataInfo, Split};
use crate::metric::{Direction, Metric};
use crate::recipe::Recipe;

pub use histogram::Histogram;

/// The version of the record's JSON form, in its field `schema`. [`Record::parse`] reads older ones too.
pub const SCHEMA: u32 = 2;

/// The version of the numbers: records of two versions may differ in their last bits.
pub const NUMBERS: u32 = 1;

/// Everything one run did: task × recipe × seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`SCHEMA`] when the record was written.
    pub schema: u32,
    /// Task.
    pub task: TaskRecord,
    /// The optimizer's name, such as `sam(adam)`.
    pub optimizer: String,
    /// The canonical spelling of all settings: `adam lr=0.001, batch=64`.
    pub recipe: String,
    /// The seed of initial weights and batches.
    pub seed: u64,
    /// Examples in one batch.
    pub batch: usize,
    /// Length of the run and number of evaluations.
    pub budget: Budget,
    /// End of the run.
    pub status: Status,
    /// Work that was done.
    pub counts: Counts,
    /// Bytes of optimizer state for each weight.
    pub state_bytes_per_weight: usize,
    /// The machine and the program.
    pub environment: Environment,
    /// Measurements by name: [`Record::TRAIN_LOSS`], [`Record::EPOCH_LOSS`], and of each split that was
    /// evaluated its loss and metric, such as `test_loss` and `test_accuracy`.
    pub curves: BTreeMap<String, Vec<Point>>,
    /// Measurements on request, by name.
    #[serde(default)]
    pub diagnostics: BTreeMap<String, Vec<Point>>,
    /// With diagnostics, the final weights of each parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub histograms: BTreeMap<String, Histogram>,
    /// Changes of the recipe by hand while the run was under way, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

/// A change by hand while a run was under way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Batches trained on before.
    pub batches: u64,
    /// Factor of every learning rate from then on, on top of schedules.
    #[serde(with = "crate::json_number")]
    pub lr_scale: f64,
}

/// A task as a record names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// Name, such as `simplenn`.
    pub name: String,
    /// Name and origin of the data.
    pub data: DataInfo,
    /// SHA-256 of the data, in hexadecimal; empty if there is none, or the record is older.
    #[serde(default)]
    pub sha256: String,
    /// Number of examples of each split.
    pub examples: BTreeMap<Split, usize>,
    /// The model in words: `784-128-64-10`, `2c2d`.
    pub model: String,
    /// Number of trained weights.
    pub weights: usize,
    /// Name of the loss: `cross-entropy`.
    pub loss: String,
    /// Other settings that numbers depend on, where they are not the usual ones: `order` → `fixed`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
    /// The measure by which recipes are compared.
    pub metric: Metric,
    /// A value of the metric that is worth reaching.
    #[serde(default)]
    pub target: Option<f64>,
}

/// Work that a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Batches trained on.
    pub batches: u64,
    /// Updates of the weights.
    pub updates: u64,
    /// Gradients of a batch taken in all; `None` in records that did not count them.
    pub gradients: Option<u64>,
    /// Training examples seen, each as often as it was.
    pub examples: u64,
}

/// The machine and the program of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The instruction set that the kernels used: `avx512`, `avx2`, `portable`.
    pub kernel: String,
    /// Threads inside the run.
    pub threads: usize,
    /// Version of the program; empty in older records.
    #[serde(default)]
    pub version: String,
    /// [`NUMBERS`] when the run was made; 1 in older records.
    #[serde(default = "first_numbers")]
    pub numbers: u32,
}

/// End of a run.
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

/// A measurement during a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Passes over the training set so far, with a fraction.
    #[serde(with = "crate::json_number")]
    pub epoch: f64,
    /// Updates of the weights so far.
    pub updates: u64,
    /// Seconds of training so far, without evaluations.
    #[serde(with = "crate::json_number")]
    pub seconds: f64,
    /// The measured value.
    #[serde(with = "crate::json_number")]
    pub value: f64,
}

impl Record {
    /// Mean training loss since the last point, ten points an epoch.
    pub const TRAIN_LOSS: &'static str = "train_loss";

    /// Mean training loss of each whole epoch, of each batch as it was before its update.
    pub const EPOCH_LOSS: &'static str = "epoch_train_loss";

    /// The curve of this name; empty if it was not measured.
    pub fn curve(&self, name: &str) -> &[Point] {
        self.curves.get(name).map_or(&[], Vec::as_slice)
    }

    /// Name of the curve of a measure on a split: `test_accuracy`.
    pub fn curve_name(split: Split, measure: &str) -> String {
        format!("{split}_{measure}")
    }

    /// The metric on a split over the run.
    pub fn metric_curve(&self, split: Split) -> &[Point] {
        self.curve(&Record::curve_name(split, self.task.metric.name()))
    }

    /// The loss on a split over the run.
    pub fn loss_curve(&self, split: Split) -> &[Point] {
        self.curve(&Record::curve_name(split, "loss"))
    }

    /// The last epoch's training loss; `None` if there is none or the run diverged.
    pub fn final_train_loss(&self) -> Option<f64> {
        self.finished().then(|| Some(self.curve(Record::EPOCH_LOSS).last()?.value)).flatten()
    }

    /// The metric at the end, on the test examples or else the validation examples; `None` if the run
    /// diverged or neither was measured.
    pub fn final_metric(&self) -> Option<f64> {
        let measured = |split| Some(self.metric_curve(split).last()?.value);
        self.finished().then(|| measured(Split::Test).or_else(|| measured(Split::Validation))).flatten()
    }

    /// Seconds of training of each whole epoch.
    pub fn epoch_seconds(&self) -> Vec<f64> {
        let ends = self.curve(Record::EPOCH_LOSS).iter().map(|point| point.seconds);
        let begins = std::iter::once(0.0).chain(ends.clone());
        ends.zip(begins).map(|(end, begin)| end - begin).collect()
    }

    /// Gradients taken for each batch: more than 1 where an optimizer asks for others at other weights.
    pub fn gradients_per_batch(&self) -> Option<f64> {
        let batches = self.counts.batches;
        self.counts.gradients.filter(|_| batches > 0).map(|gradients| gradients as f64 / batches as f64)
    }

    /// Number of examples of a split.
    pub fn examples(&self, split: Split) -> usize {
        self.task.examples.get(&split).copied().unwrap_or(0)
    }

    /// Direction of the metric.
    pub fn direction(&self) -> Direction {
        self.task.metric.direction()
    }

    /// True if all epochs were trained.
    pub fn finished(&self) -> bool {
        self.status == Status::Finished
    }

    /// Identifies the run: a hash of task, recipe, seed, budget, kernel, version of the numbers, and changes by hand
    /// if there are any. Two runs with the same key have the same results.
    pub fn key(&self) -> String {
        let Environment { kernel, numbers, .. } = &self.environment;
        let plain = key(&self.task, &self.recipe, self.seed, self.budget, kernel, *numbers);
        match &self.changes[..] {
            [] => plain,
            changes => sha256(&serde_json::to_vec(&(plain, changes)).expect("plain data")),
        }
    }

    /// The [`key`](Record::key) of a run on this machine, which has not begun.
    ///
    /// ```
    /// # use train::{Budget, Recipe, Record, Task, Training};
    /// # let request = data::Request::embedded(data::set("mnist")?);
    /// # let task = Task::notebook(data::load(&request, &mut |_| ())?.first(500, 100));
    /// let (recipe, budget): (Recipe, _) = ("adam".parse()?, Budget { epochs: 1, evaluations: 1 });
    /// let training = Training::new(&task, &recipe, 7, budget)?;
    /// assert_eq!(Record::key_of(&task.record(), &recipe, 7, budget), training.record().key());
    /// # Ok::<(), train::Error>(())
    /// ```
    pub fn key_of(task: &TaskRecord, recipe: &Recipe, seed: u64, budget: Budget) -> String {
        key(task, &recipe.to_string(), seed, budget, simd::path().name(), NUMBERS)
    }

    /// Reads a record of this schema or an older one.
    ///
    /// # Errors
    /// If it is none, or of a newer schema.
    pub fn parse(json: &str) -> Result<Record, ParseError> {
        // Most are of this schema, and ten thousand of them need not be read twice.
        let newest = serde_json::from_str::<Record>(json);
        if newest.as_ref().is_ok_and(|record| record.schema == SCHEMA) {
            return Ok(newest?);
        }
        let Version { schema } = serde_json::from_str(json)?;
        match schema {
            1 => Ok(serde_json::from_str::<schema1::RunRecord>(json)?.into()),
            2 => Ok(newest?),
            found => Err(ParseError::Schema { found }),
        }
    }
}

/// A text that is not a record.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON, or a field is missing or of another type.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Written by a newer version.
    #[error("expected record schema 1 to {SCHEMA}, found {found}")]
    Schema {
        /// The schema that it names.
        found: u64,
    },
}

/// Read first, so that a newer record is told from a broken one.
#[derive(Deserialize)]
struct Version {
    schema: u64,
}

fn key(task: &TaskRecord, recipe: &str, seed: u64, budget: Budget, kernel: &str, numbers: u32) -> String {
    let TaskRecord { name, sha256: data, examples, model, loss, metric, settings, .. } = task;
    let parts = (
        (name, &task.data.name, data, examples, model, loss, metric, settings),
        (recipe, seed, budget, kernel, numbers),
    );
    sha256(&serde_json::to_vec(&parts).expect("plain data"))
}

fn first_numbers() -> u32 {
    1
}
