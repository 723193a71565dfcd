//! Context of a forward pass: training or evaluation.

use tensor::random::Stream;
use tensor::{Kernels, ParamVec};

/// Training or evaluation, with the state that dropout and batch norm need.
///
/// Running statistics are a second parameter vector, saved in checkpoints but never updated by an optimizer.
#[derive(Debug)]
pub enum Context<'a, T: Kernels = f32> {
    /// Dropout is active; batch norm uses the batch's statistics and updates the running ones.
    Train {
        /// Seed of the run.
        seed: u64,
        /// Index of the update that this pass is for, from 0.
        step: u64,
        /// Running statistics, from [`Model::buffers`](crate::Model::buffers) and earlier passes.
        buffers: &'a mut ParamVec<T>,
    },
    /// Dropout is the identity; batch norm uses the running statistics.
    Evaluate {
        /// Running statistics.
        buffers: &'a ParamVec<T>,
    },
}

impl<T: Kernels> Context<'_, T> {
    /// Running statistics.
    pub fn buffers(&self) -> &ParamVec<T> {
        match self {
            Context::Train { buffers, .. } => buffers,
            Context::Evaluate { buffers } => buffers,
        }
    }

    /// Random stream of the module of this name: in training a function of the run's seed, the name and the step, so
    /// that a resumed run draws the same numbers as an uninterrupted one; in evaluation a function of the name.
    pub fn stream(&self, name: &str) -> Stream {
        match self {
            Context::Train { seed, step, .. } => Stream::new(*seed, &format!("{name} of step {step}")),
            Context::Evaluate { .. } => Stream::new(0, name),
        }
    }
}
