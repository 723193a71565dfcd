//! The store of runs: what is in it, questions to it, and its upkeep.

mod check;
mod export;
mod filter;
mod gc;
mod import;
mod list;
mod merge;
mod place;
mod recorded;
mod replay;
mod show;
mod sql;

use clap::{Args, Subcommand};

pub(super) use place::{StoreArgs, find, of_environment, open};
#[cfg(feature = "lessons")]
pub(super) use recorded::task_and_recipe;

use super::Command;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Lists, shows, queries, replays and merges the runs of a store",
    long_about = "Works on a store of runs: one SQLite file, which --store names, or DESCENT_STORE, or else \
        descent/runs.db in your folder for state. Its tables and views are documented in docs/store.md. A name that \
        ends in .jsonl is a store as JSON lines.",
    after_help = "Examples:\n  descent runs import results/compare-mnist-1/results.jsonl\n  descent runs list --optimizer adam\n  \
        descent runs show 3f2a9c01\n  descent runs replay 3f2a9c01\n  \
        descent runs sql \"SELECT recipe, avg(value) FROM results GROUP BY recipe\"",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Runs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(list::List),
    Show(show::Show),
    Sql(sql::Sql),
    Export(export::Export),
    Import(import::Import),
    Replay(replay::Replay),
    Merge(merge::Merge),
    Check(check::Check),
    Gc(gc::Gc),
}

impl Command for Runs {
    const NAME: &'static str = "runs";

    fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::List(list) => list.run(),
            Action::Show(show) => show.run(),
            Action::Sql(sql) => sql.run(),
            Action::Export(export) => export.run(),
            Action::Import(import) => import.run(),
            Action::Replay(replay) => replay.run(),
            Action::Merge(merge) => merge.run(),
            Action::Check(check) => check.run(),
            Action::Gc(gc) => gc.run(),
        }
    }
}
