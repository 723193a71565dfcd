//! Threads for commands that train or evaluate.

use clap::Args;
use tensor::parallel::{self, Threads};

use crate::failure::Failure;

/// `--threads`.
#[derive(Args, Debug, Clone, Copy)]
pub(crate) struct ThreadsArgs {
    /// Threads in all; the result does not depend on it [default and most: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
}

impl ThreadsArgs {
    /// The number that was asked for, at most one a core.
    pub(crate) fn given(self) -> Option<usize> {
        self.threads.map(|asked| (asked as usize).min(parallel::cores()))
    }

    /// The number of threads to use: those asked for, as far as there are cores for them. More would only
    /// wait for each other, and no result depends on it.
    pub(crate) fn count(self) -> usize {
        self.given().unwrap_or_else(parallel::cores)
    }

    /// Starts the threads.
    pub(crate) fn start(self) -> Result<Threads, Failure> {
        Ok(Threads::start(self.count())?)
    }
}

/// One thread a core, or where the system refuses them, the caller's: for commands that are asked for no number.
pub(crate) fn all_that_start() -> Threads {
    Threads::start(parallel::cores()).or_else(|_| Threads::start(1)).expect("one thread is the caller's")
}

impl From<parallel::StartError> for Failure {
    fn from(error: parallel::StartError) -> Failure {
        Failure::failed(error.to_string(), error.hint())
    }
}
