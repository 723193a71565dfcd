//! The task: data and a network.

use std::sync::Arc;

use clap::Args;
use data::Dataset;
use data::batches::Normalize;
use data::own::Normalization;
use lab::tasks::{Data, Setup, TaskSpec};
use train::{InMemory, Task};

use super::{DataArgs, ModelArgs, OwnArgs};
use crate::failure::Failure;
use crate::own;

/// Flags that say what is to be learned, and by which network.
#[derive(Args, Debug, Clone)]
#[command(mut_arg("target", |target| target.conflicts_with_all(["task", "dataset"])))]
pub(crate) struct TaskArgs {
    /// A task of the registry, with its own data, network, loss and metric; `descent tasks` lists them
    #[arg(
        long,
        value_name = "NAME",
        conflicts_with_all = ["data", "model", "layers", "activation", "normalize"],
        conflicts_with_all = OwnArgs::OPTIONS,
    )]
    pub(crate) task: Option<TaskSpec>,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

impl TaskArgs {
    /// Name of the task's data in messages and in names of folders.
    pub(crate) fn name(&self) -> String {
        match self.task {
            Some(spec) => spec.to_string().replace(':', "-"),
            None => self.data.name(),
        }
    }

    /// Epochs of a run where nothing is said: those of the task, or `usual`.
    pub(crate) fn epochs(&self, usual: u32) -> u32 {
        self.task.map_or(usual, |spec| spec.info.budget.epochs)
    }

    /// Examples in a batch where nothing is said: those of the task, or `usual`.
    pub(crate) fn batch(&self, usual: usize) -> usize {
        self.task.map_or(usual, |spec| spec.info.batch)
    }

    /// Runs of a recipe where nothing is said: one of a test function, whose start no seed changes, or `usual`.
    pub(crate) fn seeds(&self, usual: u32) -> u32 {
        match self.task {
            Some(spec) if matches!(spec.info.data, Data::Formula(_)) => 1,
            _ => usual,
        }
    }

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

    /// The flags that name the same task, each after a space; empty where all is as by default.
    pub(crate) fn flags(&self) -> String {
        let task = self.task.map_or(String::new(), |spec| format!(" --task {spec}"));
        task + &self.data.flags() + &self.model.flags()
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
