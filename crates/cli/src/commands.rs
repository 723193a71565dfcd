//! The commands, one file each.

mod compare;
mod data;
mod evaluate;
mod explain;
mod find_lr;
mod optimizers;
mod predict;
mod schedule;
mod train;

use clap::ArgMatches;

use crate::failure::Failure;

pub(crate) use explain::rule as explain_rule;

/// A command of the program.
pub(crate) struct Command {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// Its arguments and help.
    pub(crate) declare: fn() -> clap::Command,
    /// What it does.
    pub(crate) run: fn(&ArgMatches) -> Result<(), Failure>,
}

/// All of them, in the order of the help.
pub(crate) const ALL: [Command; 9] = [
    Command { name: "compare", declare: compare::command, run: compare::run },
    Command { name: "train", declare: train::command, run: train::run },
    Command { name: "evaluate", declare: evaluate::command, run: evaluate::run },
    Command { name: "predict", declare: predict::command, run: predict::run },
    Command { name: "optimizers", declare: optimizers::command, run: optimizers::run },
    Command { name: "explain", declare: explain::command, run: explain::run },
    Command { name: "schedule", declare: schedule::command, run: schedule::run },
    Command { name: "find-lr", declare: find_lr::command, run: find_lr::run },
    Command { name: "data", declare: data::command, run: data::run },
];
