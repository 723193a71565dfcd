//! What a forward pass is for.

use tensor::{Bundle, Real};

/// Training or evaluation, with what the layers that tell them apart need.
///
/// Running statistics are a bundle beside the weights: no optimizer touches them, and a checkpoint
/// holds them.
#[derive(Debug)]
pub enum Mode<'a, T: Real = f32> {
    /// Dropout leaves numbers out, and batch norm goes by the batch and moves the running statistics.
    Train {
        /// The seed of the run.
        seed: u64,
        /// The update that this pass is for, counted from 0.
        step: u64,
        /// The running statistics, from [`Model::running`](crate::Model::running) and earlier passes.
        running: &'a mut Bundle<T>,
    },
    /// Dropout passes everything on, and batch norm goes by the running statistics.
    Evaluate {
        /// The running statistics.
        running: &'a Bundle<T>,
    },
}

impl<T: Real> Mode<'_, T> {
    /// The running statistics.
    pub fn running(&self) -> &Bundle<T> {
        match self {
            Mode::Train { running, .. } => running,
            Mode::Evaluate { running } => running,
        }
    }
}
