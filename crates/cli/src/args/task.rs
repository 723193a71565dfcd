//! The task: data and a network.

use clap::Args;
use lab::tasks::{Data, TaskSpec};

use super::{DataArgs, ModelArgs, OwnArgs};

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

    /// True if seeds change the runs of the task: those of a test function are the same for all.
    pub(crate) fn is_seeded(&self) -> bool {
        self.task.is_none_or(|spec| !matches!(spec.info.data, Data::Formula(_)))
    }

    /// Runs of a recipe where nothing is said: one where no seed changes anything, or `usual`.
    pub(crate) fn seeds(&self, usual: u32) -> u32 {
        if self.is_seeded() { usual } else { 1 }
    }

    /// The flags that name the same task, each after a space; empty where all is as by default.
    pub(crate) fn flags(&self) -> String {
        let task = self.task.map_or(String::new(), |spec| format!(" --task {spec}"));
        task + &self.data.flags() + &self.model.flags()
    }
}
