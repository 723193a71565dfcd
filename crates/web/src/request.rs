//! Requests for runs.

use lab::tasks::TaskSpec;
use train::{Budget, Recipe};

/// A run that a page asked for.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Name of the task, with its data set where it is not the usual one.
    pub(crate) task: TaskSpec,
    pub(crate) recipe: Recipe,
    pub(crate) seed: u64,
    pub(crate) budget: Budget,
}
