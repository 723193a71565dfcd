//! Flags that say which runs are meant.

use clap::Args;
use lab::store::Filter;

/// Flags that choose runs; all of them must hold.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Which runs")]
pub(crate) struct FilterArgs {
    /// Runs of this task, such as mlp
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Runs on this data set
    #[arg(long, value_name = "SET")]
    dataset: Option<String>,
    /// Runs of this optimizer, such as sam(adam)
    #[arg(long, value_name = "NAME")]
    optimizer: Option<String>,
    /// Runs with this in their recipe, such as lr=0.1
    #[arg(long, value_name = "TEXT")]
    recipe: Option<String>,
    /// Runs with this seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Runs that ended like this
    #[arg(long, value_name = "STATUS", value_parser = ["finished", "diverged"])]
    status: Option<String>,
    /// Runs of this study
    #[arg(long, value_name = "NAME")]
    study: Option<String>,
}

impl FilterArgs {
    /// The filter that the flags make.
    pub(crate) fn filter(&self) -> Filter {
        let FilterArgs { task, dataset, optimizer, recipe, seed, status, study } = self.clone();
        Filter { key: None, task, data: dataset, optimizer, recipe, seed, status, study }
    }
}
