//! The task: data and a network.

use std::sync::Arc;

use clap::Args;
use data::batches::Normalize;
use train::{InMemory, Task};

use super::{DataArgs, ModelArgs};
use crate::failure::Failure;

/// Flags that say what is to be learned, and by which network.
#[derive(Args, Debug, Clone)]
pub(crate) struct TaskArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

impl TaskArgs {
    /// Name of the task's data in messages and in names of folders.
    pub(crate) fn name(&self) -> &str {
        self.data.name()
    }

    /// Loads the data and puts the task together. What can be wrong in the flags is said first.
    pub(crate) fn load(&self) -> Result<Task, Failure> {
        let widths = self.model.widths()?;
        let examples = Arc::new(InMemory::images(self.data.load()?));
        Ok(match widths {
            Some(widths) => Task::with_widths(examples, &widths, self.model.activation(), Normalize::HALF)?,
            None => Task::image_classifier(examples, &self.model.architecture(), Normalize::HALF)?,
        })
    }

    /// The flags that name the same task, each after a space; empty where all is as by default.
    pub(crate) fn flags(&self) -> String {
        self.data.flags() + &self.model.flags()
    }
}
