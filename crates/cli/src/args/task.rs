//! The task: data and a network.

use std::sync::Arc;

use clap::Args;
use data::Dataset;
use data::batches::Normalize;
use data::own::Normalization;
use train::{InMemory, Task};

use super::{DataArgs, ModelArgs};
use crate::failure::Failure;
use crate::own;

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
    pub(crate) fn name(&self) -> String {
        self.data.name()
    }

    /// Loads the data and puts the task together. What can be wrong in the flags is said first.
    pub(crate) fn load(&self) -> Result<Task, Failure> {
        let widths = self.model.widths()?;
        if self.data.own.is_given() {
            return own::Data::load(&self.data, None)?.task(&self.model, widths.as_deref());
        }
        let dataset = self.data.load_set()?;
        let normalize = normalize(&dataset, self.data.normalize);
        let examples = Arc::new(InMemory::images(dataset));
        Ok(match widths {
            Some(widths) => Task::with_widths(examples, &widths, self.model.activation(), normalize)?,
            None => Task::image_classifier(examples, &self.model.architecture(), normalize)?,
        })
    }

    /// The flags that name the same task, each after a space; empty where all is as by default.
    pub(crate) fn flags(&self) -> String {
        self.data.flags() + &self.model.flags()
    }
}

/// The numbers that the pixels of a set stand for.
fn normalize(dataset: &Dataset, asked: Option<Normalization>) -> Normalize {
    match asked {
        None => Normalize::HALF,
        Some(Normalization::None) => Normalize { mean: 0.0, std: 1.0 },
        Some(Normalization::MeanStd { mean, std }) => Normalize { mean, std },
        Some(Normalization::Auto) => {
            let (mean, std) = dataset.mean_std;
            Normalize { mean, std }
        }
    }
}
