//! A comparison: what several runs of several optimizers say together.

use serde::{Deserialize, Serialize};

use crate::record::RunRecord;

/// Records and everything computed from them; all that a report needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Settings that all runs share, in the order to show them: (`"data set"`, `"mnist, 60,000 …"`).
    pub settings: Vec<(String, String)>,
    /// The accuracy that `to_target` counts to, 0 to 1.
    pub target: f64,
    /// One row an optimizer, in the order given by the user.
    pub rows: Vec<Row>,
    /// Every pair of optimizers, the better one first.
    pub pairs: Vec<Pair>,
    /// One sentence: which differences the paired seeds can and cannot tell apart.
    pub verdict: String,
    /// What a reader must know before believing the numbers (sample data, one seed, diverged runs).
    pub warnings: Vec<String>,
    /// All runs.
    pub runs: Vec<RunRecord>,
}

/// A mean over seeds with its 95% confidence interval (Student's t); `low` and `high` are
/// `None` with fewer than two values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Arithmetic mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// How many values.
    pub n: usize,
}

/// One optimizer over all its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The optimizer's name; unique among the rows.
    pub optimizer: String,
    /// Canonical spelling of its settings.
    pub recipe: String,
    /// Runs in all, and runs that diverged.
    pub runs: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Training loss of the last epoch, over finished runs; `None` if all diverged.
    pub train_loss: Option<Estimate>,
    /// Test accuracy at the end, 0 to 1.
    pub accuracy: Option<Estimate>,
    /// Runs that reached the target accuracy.
    pub reached: usize,
    /// Median epochs to the target, over all runs (a run that never got there counts as
    /// infinite); `None` if fewer than half reached it.
    pub epochs_to_target: Option<f64>,
    /// Median training seconds to the target, likewise.
    pub seconds_to_target: Option<f64>,
    /// Median seconds of training an epoch.
    pub seconds_per_epoch: Option<f64>,
    /// Bytes of optimizer state for each weight.
    pub state_bytes_per_weight: usize,
    /// Training loss over epochs: mean and band over seeds.
    pub train_curve: Vec<CurvePoint>,
    /// Test accuracy over epochs: mean and band over seeds.
    pub accuracy_curve: Vec<CurvePoint>,
}

/// A point of a curve over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Passes over the training set.
    pub epoch: f64,
    /// Mean over seeds and its band; `low`/`high` are the least and greatest seed.
    pub mean: f64,
    /// The least of the seeds.
    pub low: f64,
    /// The greatest of the seeds.
    pub high: f64,
}

/// Two optimizers on the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The one with the higher mean accuracy.
    pub better: String,
    /// The other.
    pub worse: String,
    /// Mean of the paired differences in accuracy, with its 95% interval.
    pub difference: Estimate,
    /// Two-sided p-value of the paired t-test, Holm-corrected over all pairs; `None` with fewer
    /// than two pairs of seeds.
    pub p_value: Option<f64>,
    /// Whether the seeds tell the two apart at the 5% level.
    pub distinct: bool,
}
