//! The purpose of a forward pass.

use tensor::random::Stream;
use tensor::{Kernels, ParamVec};

/// Training or evaluation, with what the layers that tell them apart need.
///
/// Running statistics are a second parameter vector: no optimizer touches them, and a checkpoint
/// holds them.
#[derive(Debug)]
pub enum Context<'a, T: Kernels = f32> {
    /// Dropout leaves numbers out, and batch norm goes by the batch and moves the running statistics.
    Train {
        /// The seed of the run.
        seed: u64,
        /// The update that this pass is for, counted from 0.
        step: u64,
        /// The running statistics, from [`Model::buffers`](crate::Model::buffers) and earlier passes.
        buffers: &'a mut ParamVec<T>,
    },
    /// Dropout passes everything on, and batch norm goes by the running statistics.
    Evaluate {
        /// The running statistics.
        buffers: &'a ParamVec<T>,
    },
}

impl<T: Kernels> Context<'_, T> {
    /// The running statistics.
    pub fn buffers(&self) -> &ParamVec<T> {
        match self {
            Context::Train { buffers, .. } => buffers,
            Context::Evaluate { buffers } => buffers,
        }
    }

    /// Random numbers for the module of this name: in training a function of the run's seed, the name and
    /// the step, so that a resumed run draws what an uninterrupted one does; in evaluation of the name.
    pub fn stream(&self, name: &str) -> Stream {
        match self {
            Context::Train { seed, step, .. } => Stream::new(*seed, &format!("{name} of step {step}")),
            Context::Evaluate { .. } => Stream::new(0, name),
        }
    }
}
