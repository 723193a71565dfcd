//! The length of a run.

use serde::{Deserialize, Serialize};

/// Length of a run, and the number of its evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Passes over the training set; of a task without examples, hundreds of updates.
    pub epochs: u32,
    /// Evaluations in each epoch, evenly spread, the last at its end; with 0 there is none, not even at the
    /// start. On the validation examples where a task has them, with the test examples once at the end; on
    /// the test examples otherwise.
    pub evaluations: u32,
}
