//! Events of a run as data: what progress bars, stores and pages read.

use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::examples::Split;
use crate::metric::Metric;
use crate::recipe::Recipe;
use crate::record::Record;
use crate::task::Task;

/// Something that happened in a run. [`Training::run_events`](crate::Training::run_events) emits them in order:
/// one start, then for each batch the evaluations that followed it and its progress, and one end.
///
/// Events are plain data: a stream that was kept, for example as a JSON object a line, tells readers the same
/// as the run did.
///
/// ```
/// use std::ops::ControlFlow;
/// use train::{Budget, Event, Task, Training};
/// let request = data::Request::embedded(data::set("mnist")?);
/// let task = Task::notebook(data::load(&request, &mut |_| ())?.first(500, 100));
/// let recipe = "sgd lr=0.1".parse()?;
/// let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 1, evaluations: 1 })?;
/// let mut lines = Vec::new();
/// training.run_events(&mut |_, event| {
///     lines.push(serde_json::to_string(event).expect("plain data"));
///     ControlFlow::Continue(())
/// });
/// let last: Event = serde_json::from_str(&lines[lines.len() - 1]).expect("as written");
/// assert_eq!(last, Event::RunFinished { record: Box::new(training.record()) });
/// # Ok::<(), train::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A run begins, or goes on from a checkpoint.
    RunStarted {
        /// The run.
        run: RunInfo,
        /// Batches trained on before, in the process that wrote the checkpoint.
        batches: u64,
    },
    /// A batch was trained on.
    Progress {
        /// Batches so far.
        batches: u64,
        /// Examples so far, each as often as it was seen.
        examples: u64,
        /// Seconds of training so far, without evaluations.
        #[serde(with = "crate::json_number")]
        seconds: f64,
        /// Mean loss over the batch, before its update.
        #[serde(with = "crate::json_number")]
        loss: f64,
        /// Learning rate of its update, outside of all groups; `None` of a rule without one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        learning_rate: Option<f64>,
    },
    /// A split was evaluated; an evaluation whose loss is not finite ends the run instead.
    Evaluated {
        /// The split.
        split: Split,
        /// Batches so far.
        batches: u64,
        /// Mean loss over the examples of the split.
        #[serde(with = "crate::json_number")]
        loss: f64,
        /// The task's metric.
        #[serde(with = "crate::json_number")]
        metric: f64,
    },
    /// A run is over: trained to the end, or diverged. A run that was stopped has no such event.
    RunFinished {
        /// Its result.
        record: Box<Record>,
    },
}

/// A run as its first event names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The task's name.
    pub task: String,
    /// The measure that [`Event::Evaluated`] tells.
    pub metric: Metric,
    /// The optimizer's name.
    pub optimizer: String,
    /// The canonical spelling of all settings.
    pub recipe: String,
    /// The seed of initial weights and batches.
    pub seed: u64,
    /// Passes over the training examples in the whole run.
    pub epochs: u32,
    /// Batches in each of them.
    pub batches_per_epoch: u64,
}

impl RunInfo {
    /// The run of a recipe with a seed.
    pub fn new(task: &Task, recipe: &Recipe, seed: u64, budget: Budget) -> RunInfo {
        RunInfo {
            task: task.name.clone(),
            metric: task.metric,
            optimizer: recipe.name(),
            recipe: recipe.to_string(),
            seed,
            epochs: budget.epochs,
            batches_per_epoch: task.steps_per_epoch(recipe.batch),
        }
    }

    /// Batches in the whole run.
    pub fn total_batches(&self) -> u64 {
        self.batches_per_epoch * u64::from(self.epochs)
    }
}
