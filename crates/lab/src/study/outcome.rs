//! Results of a study: numbers and enums, from which tables, pages and sentences are made.
//!
//! An outcome is a function of the study and the scores of its runs. It has no seconds, so two that were made in
//! another order, on another number of machines or after a kill are the same bytes as JSON.

mod aa;
mod family;
mod over_tasks;
mod pilot;
mod reported;

use serde::Serialize;
use train::{Direction, Metric, Record};

use super::run::CellId;
use super::tuning::middle;
use crate::stats::{Interval, KaplanMeier, LrSensitivity, Pilot, TimeToTarget, TwoClusters, kaplan_meier};
use crate::store::{Error, Store};

pub use aa::AaCheck;
pub(super) use aa::checks;
pub use family::{Comparison, Decision, Pair, PairPilot, Relation, compare};
pub(super) use over_tasks::over_tasks;
pub use over_tasks::{EntryOverTasks, OverTasks, PairOverTasks};
pub use pilot::PilotOutcome;
pub(super) use reported::cell_outcome;

pub use super::tuning::{EdgeHit, FinalistOutcome, Tuning, TuningTrial};

/// Level at which scores are said to fall in two clusters.
const CLUSTERS: f64 = 0.01;

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// Results of a study.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Name of the study.
    pub study: String,
    /// SHA-256 of its definition.
    pub definition_sha256: String,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Tasks, in order.
    pub tasks: Vec<TaskOutcome>,
    /// Rulesets, in order.
    pub rulesets: Vec<String>,
    /// Names of the entries, in order.
    pub entries: Vec<String>,
    /// True if trials began with short runs.
    pub halving: bool,
    /// Trials of each cell, before any were added.
    pub trials: usize,
    /// Cells: task by task, ruleset by ruleset, entry by entry.
    pub cells: Vec<CellOutcome>,
    /// Comparisons of the entries of each task and ruleset whose cells are complete.
    pub comparisons: Vec<Comparison>,
    /// Entries that the study has twice, in each of those comparisons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aa: Vec<AaCheck>,
    /// Comparisons over tasks, for each ruleset whose cells are complete; none for a single task.
    pub over_tasks: Vec<OverTasks>,
}

/// A task of an outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskOutcome {
    /// Its name.
    pub name: String,
    /// The measure of the scores.
    pub metric: Metric,
    /// A value of it that is worth reaching.
    pub target: Option<f64>,
    /// Epochs of a run.
    pub epochs: u32,
    /// True if a seed changes anything.
    pub seeded: bool,
}

impl TaskOutcome {
    /// The direction of the metric.
    pub fn direction(&self) -> Direction {
        self.metric.direction()
    }
}

/// A cell: its tuning, and its reported runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CellOutcome {
    /// Its place.
    #[serde(flatten)]
    pub id: CellId,
    /// Its name: `simplenn/lr/adam`.
    pub name: String,
    /// The tuning; `None` where nothing is tuned.
    pub tuning: Option<Tuning>,
    /// Spelling of the reported recipe; `None` until it is chosen, or if every trial diverged.
    pub recipe: Option<String>,
    /// The settings that were chosen, `lr=0.03`; empty where nothing is tuned.
    pub settings: String,
    /// True if every trial diverged.
    pub hopeless: bool,
    /// True if nothing is left to be done.
    pub complete: bool,
    /// Reported runs that are there, in the order of the seeds.
    pub runs: Vec<ReportedRun>,
    /// Of those, runs that diverged.
    pub diverged: usize,
    /// Interval of the mean by Student's t, over finished runs.
    pub interval: Option<Interval>,
    /// Interval of the mean by the BCa bootstrap, over finished runs.
    pub bca: Option<Interval>,
    /// The two clusters in which the scores fall, if they do.
    pub clusters: Option<TwoClusters>,
    /// The spread on the seeds of the pilot, of the entry that the pilot is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pilot: Option<PilotOutcome>,
    /// Width of the basin of good learning rates, where only the rate was tuned.
    pub lr_sensitivity: Option<LrSensitivity>,
    /// Distance from the best score that counts as in the basin.
    pub lr_tolerance: Option<f64>,
    /// Expected best tuning score after 1, 2, … trials; `None` where it is not finite. Empty without tuning.
    pub expected_best: Vec<Option<f64>>,
    /// Median epochs to the target over all runs, misses as never; `None` if fewer than half reach it.
    pub epochs_to_target: Option<f64>,
    /// Runs that reach the target.
    pub reached: usize,
}

impl CellOutcome {
    /// Scores of the finished runs.
    pub fn scores(&self) -> Vec<f64> {
        self.runs.iter().filter_map(|run| run.score).collect()
    }

    /// Mean score of the finished runs; `None` without one.
    pub fn mean(&self) -> Option<f64> {
        let scores = self.scores();
        (!scores.is_empty()).then(|| crate::stats::mean(&scores))
    }

    /// Median score of all runs, diverged ones worst; `None` if that is one, or without a run.
    pub fn median(&self, direction: Direction) -> Option<f64> {
        middle(&self.runs.iter().map(|run| run.score).collect::<Vec<_>>(), direction)
    }

    /// Epochs to the target over the reported runs, those that missed it in all `epochs` too; `None` without a run.
    pub fn arrivals(&self, epochs: u32, confidence: f64) -> Option<KaplanMeier> {
        let missed = TimeToTarget::Missed(f64::from(epochs));
        let time = |run: &ReportedRun| run.epochs_to_target.map_or(missed, TimeToTarget::Reached);
        kaplan_meier(&self.runs.iter().map(time).collect::<Vec<_>>(), confidence)
    }

    /// The records of its reported runs.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn records(&self, store: &dyn Store) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        for run in &self.runs {
            records.extend(store.get(&run.key)?);
        }
        Ok(records)
    }
}

/// A reported run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportedRun {
    /// Its seed.
    pub seed: u64,
    /// Its key in the store.
    pub key: String,
    /// Its score; `None` if it diverged.
    pub score: Option<f64>,
    /// Updates of the weights.
    pub updates: u64,
    /// Gradients of a batch that it took, where they were counted.
    pub gradients: Option<u64>,
    /// Epochs until an evaluation reached the target; `None` if none did.
    pub epochs_to_target: Option<f64>,
}

impl Outcome {
    /// True if nothing is left to be done.
    pub fn is_complete(&self) -> bool {
        self.cells.iter().all(|cell| cell.complete)
    }

    /// The cells of a task and ruleset, entry by entry.
    pub fn cells_of(&self, task: usize, ruleset: usize) -> impl Iterator<Item = &CellOutcome> {
        self.cells.iter().filter(move |cell| cell.id.task == task && cell.id.ruleset == ruleset)
    }

    /// The spread of paired differences that the pilot of the study measured on a task under a ruleset.
    pub fn spread_of_pilot(&self, task: usize, ruleset: usize) -> Option<Pilot> {
        self.cells_of(task, ruleset).find_map(|cell| cell.pilot.as_ref()?.spread())
    }

    /// The outcome as one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }
}
