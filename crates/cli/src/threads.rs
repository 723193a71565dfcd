//! Threads for commands that train or evaluate.

use clap::{Arg, ArgMatches, value_parser};
use tensor::parallel::{self, Threads};

use crate::failure::Failure;

/// `--threads N`.
pub(crate) fn argument(help: &'static str) -> Arg {
    let parser = value_parser!(u32).range(1..=1024);
    Arg::new("threads").long("threads").value_name("N").value_parser(parser).help(help)
}

/// The number of threads to use: those asked for, as far as there are cores for them. More would only wait
/// for each other, and no result depends on it.
pub(crate) fn of(matches: &ArgMatches) -> usize {
    let cores = parallel::cores();
    matches.get_one::<u32>("threads").map_or(cores, |&asked| (asked as usize).min(cores))
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
