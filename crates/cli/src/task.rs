//! The task that flags name, loaded.

use std::sync::Arc;

use data::Dataset;
use data::batches::Normalize;
use data::own::Normalization;
use lab::tasks::{Setup, TaskSpec};
use train::{InMemory, Task};

use crate::args::TaskArgs;
use crate::failure::Failure;
use crate::own;

impl TaskArgs {
    /// The task of the registry, on the data set that is named.
    fn listed(&self, spec: TaskSpec, validation: bool) -> Result<Task, Failure> {
        let spec = match &self.data.dataset {
            None => spec,
            Some(name) => spec.on(data::set(name)?).ok_or_else(|| {
                Failure::usage(
                    format!("--dataset {name} conflicts with --task {spec}: it has its own data"),
                    "leave out --dataset",
                )
            })?,
        };
        let mut setup = Setup::new(|set| self.data.place.load(set));
        if validation {
            setup = setup.with_validation();
        }
        Ok(spec.build(&mut setup)?)
    }

    /// Loads the data and puts the task together. What can be wrong in the flags is said first.
    pub(crate) fn load(&self) -> Result<Task, Failure> {
        self.load_with(false)
    }

    /// The same task with validation examples, on which settings are chosen.
    pub(crate) fn load_for_tuning(&self) -> Result<Task, Failure> {
        self.load_with(true)
    }

    fn load_with(&self, validation: bool) -> Result<Task, Failure> {
        if let Some(spec) = self.task {
            return self.listed(spec, validation);
        }
        let widths = self.model.widths()?;
        if self.data.own.is_given() {
            let data = own::Data::load(&self.data, None)?;
            let data = if validation { data.with_validation()? } else { data };
            return data.task(&self.model, widths.as_deref());
        }
        let dataset = self.data.load_set()?;
        let normalize = normalize(&dataset, self.data.normalize);
        let examples = InMemory::images(dataset);
        let examples = Arc::new(if validation { own::held_out(examples)? } else { examples });
        Ok(match widths {
            Some(widths) => Task::with_widths(examples, &widths, self.model.activation(), normalize)?,
            None => Task::supervised(examples, &self.model.architecture(), normalize)?,
        })
    }
}

/// Scale and offset from the pixels of a set to numbers.
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
