//! Names of the parts of a study: a cell, and a run of it.

use serde::{Deserialize, Serialize};

/// A task with an entry under a ruleset, by their places in the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CellId {
    /// Place of the task.
    pub task: usize,
    /// Place of the ruleset.
    pub ruleset: usize,
    /// Place of the entry.
    pub entry: usize,
}

/// Purpose of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// A trial on a tuning seed.
    Tuning,
    /// One of the best trials on a further tuning seed.
    Choosing,
    /// The chosen settings on a reporting seed.
    Reporting,
    /// The chosen settings on a seed that measures their spread.
    Pilot,
}

/// A run of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// Its purpose.
    pub phase: Phase,
    /// The trial whose settings it has; `None` for those of the recipe.
    pub trial: Option<usize>,
    /// Epochs: fewer than the whole budget on a rung of halving.
    pub epochs: u32,
    /// The seed.
    pub seed: u64,
}
