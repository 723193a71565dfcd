//! The program `descent`: parse, dispatch, print.
//!
//! | command | what it does |
//! |---|---|
//! | `compare` | trains several optimizers alike and says which differences are real |
//! | `train` | trains one model |
//! | `evaluate`, `predict` | how good a trained model is; what it sees in a picture |
//! | `export` | a trained model as ONNX |
//! | `tasks` | lists the tasks, and everything about some |
//! | `optimizers`, `explain` | what there is to choose from, and what each does |
//! | `schedule` | draws the course of a learning rate |
//! | `find-lr` | looks for a learning rate by a range test |
//! | `lessons` | the course: claims as experiments with verdicts (feature `lessons`) |
//! | `race`, `landscape` | draws optimizers on a test function, or the loss around trained networks (feature `lessons`) |
//! | `serve` | the live page: runs under way, races and studies in a browser (feature `serve`) |
//! | `study` | tunes optimizers alike on several tasks and says what may be concluded (feature `store`) |
//! | `runs` | lists, shows, queries, replays and merges stored runs (feature `store`) |
//! | `data` | where the data sets are; fetches and checks them |
//! | `completions`, `man` | completions of shells, man pages |
//!
//! Data goes to standard output, progress and notes to standard error. Only this crate and
//! `xtask` print.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the crate that prints")]

pub mod any_rule;
mod args;
mod chart;
mod commands;
mod console;
mod dataset;
mod facts;
mod failure;
mod folders;
mod glossary;
mod grid;
mod hyper_flags;
#[cfg(feature = "mlflow")]
mod mlflow;
mod own;
mod picture;
mod progress;
mod shell;
mod stop;
mod task;
mod tensorboard;
mod text;
mod trained;
#[cfg_attr(not(feature = "tui"), path = "tui/absent.rs")]
mod tui;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::failure::Failure;

/// Runs the program with these arguments, the first of which is its name, and returns its exit
/// code: 0 done, 1 failed, 2 used wrongly, 65 bad data, 66 missing input, 69 nothing reached, 73 cannot
/// create, 74 cannot write, 130 or 143 after a signal.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    stop::survive_file_limits();
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut command = command();
    let mut parsed = command.try_get_matches_from_mut(&arguments);
    if parsed.as_ref().is_err_and(usage::is_help_about_help) {
        arguments.retain(|word| word != "--help" && word != "-h");
        parsed = command.try_get_matches_from_mut(&arguments);
    }
    let matches = match parsed {
        Ok(matches) => matches,
        Err(help) if usage::is_help(&help) => {
            // Where it was asked for, it goes to standard output with code 0.
            let code = ExitCode::from(help.exit_code() as u8);
            return match help.print() {
                Ok(()) => code,
                // A missing command stays a mistake although nobody reads the help.
                Err(_) if help.use_stderr() => code,
                Err(unread) => Failure::from(unread).report(),
            };
        }
        Err(error) => return usage::failure(&error, &command, &arguments).report(),
    };
    // Asked for another arithmetic, the program does not go on with its own.
    if let Err(why) = tensor::simd::forced() {
        return Failure::usage(why, "leave DESCENT_KERNEL out for the widest that this machine has").report();
    }
    match dispatch(&matches) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// The whole command line.
fn command() -> Command {
    Command::new("descent")
        .max_term_width(80)
        .version(env!("CARGO_PKG_VERSION"))
        .about("Trains neural networks on the CPU and finds out which optimizer serves which task")
        .after_help(
            "Start with:\n  descent compare              the notebook's experiment on MNIST\n  \
             descent explain adam         what an optimizer does, with its formula\n  \
             descent train --optimizer adam --save digits.safetensors\n  \
             descent predict --model digits.safetensors --index 7",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(commands::ALL.iter().map(|entry| (entry.declare)()))
}

fn dispatch(matches: &ArgMatches) -> Result<(), Failure> {
    let (name, arguments) = matches.subcommand().expect("a command is required");
    let entry = commands::ALL.iter().find(|entry| entry.name == name).expect("only listed commands parse");
    (entry.run)(arguments)
}
