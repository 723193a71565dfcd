//! The course: its lessons listed, one run, all as a book.

mod all;
mod list;
mod one;
mod watch;

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

pub(super) use watch::Watch;

use super::Command;
use crate::args::{OutputArgs, PlaceArgs, ThreadsArgs};
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Runs the course on optimizers: every claim an experiment with a verdict",
    long_about = "Lists the lessons in the order of the course, each with its answer as it was recorded with the last \
        whole book. `lessons run ID` makes the experiment here and now: the claim, a question to answer before, the \
        numbers next to what theory predicts, a picture, and the verdict. `lessons --all --html DIR` makes all of \
        them and writes the book: an index and a page per lesson, each one file that makes no request.",
    after_help = "Examples:\n  descent lessons\n  descent lessons run adam-diverges\n  \
        descent lessons run momentum --quiz\n  descent lessons --all --html book --quick\n  \
        descent lessons --only momentum,saddles --html book",
    args_conflicts_with_subcommands = true,
    group(ArgGroup::new("which").args(["all", "only"]))
)]
pub(crate) struct Lessons {
    #[command(subcommand)]
    action: Option<Action>,
    /// Run every lesson
    #[arg(long, requires = "html")]
    all: bool,
    /// Run these lessons; the index has the recorded verdicts of the others
    #[arg(long, value_name = "ID,…", value_delimiter = ',', requires = "html")]
    only: Vec<String>,
    /// Write the book into this folder
    #[arg(long, value_name = "DIR", requires = "which")]
    html: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Subcommand)]
enum Action {
    Run(one::Run),
}

/// `--quick`.
#[derive(Args, Debug, Clone, Copy)]
struct SizeArgs {
    /// Fewer repetitions and smaller data: the whole course in less than a minute
    #[arg(long)]
    quick: bool,
}

impl Command for Lessons {
    const NAME: &'static str = "lessons";

    fn run(self) -> Result<(), Failure> {
        let Lessons { action, only, html, size, place, threads, output, .. } = self;
        match (action, html) {
            (Some(Action::Run(run)), _) => run.run(),
            (None, Some(folder)) => all::write(&folder, &only, size.quick, &place, threads, output.json),
            (None, None) => list::print(output.json),
        }
    }
}

impl From<lessons::Error> for Failure {
    fn from(error: lessons::Error) -> Failure {
        let hint = error.hint().unwrap_or_default();
        match error {
            lessons::Error::Lab(error) => error.into(),
            lessons::Error::Unknown { .. } => Failure::usage(error.to_string(), hint),
            lessons::Error::Stopped => Failure::signal(130, "stopped"),
        }
    }
}
