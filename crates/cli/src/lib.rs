//! The program `descent`: parse, dispatch, print.
//!
//! | command | what it does |
//! |---|---|
//! | `compare` | trains several optimizers alike and says which differences are real |
//! | `train` | trains one model |
//! | `evaluate`, `predict` | how good a trained model is; what it sees in a picture |
//! | `optimizers`, `explain` | what there is to choose from, and what each does |
//! | `schedule` | draws the course of a learning rate |
//! | `find-lr` | looks for a learning rate by a range test |
//! | `lessons` | the course: claims as experiments with verdicts (feature `lessons`) |
//! | `study` | tunes optimizers alike on several tasks and says what may be concluded (feature `store`) |
//! | `runs` | lists, shows, queries, replays and merges stored runs (feature `store`) |
//! | `data` | where the data sets are; fetches and checks them |
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
mod own;
mod picture;
mod progress;
mod stop;
mod text;
mod trained;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, Command};
use files::text::{visible, visible_lines};

use crate::failure::Failure;

/// Runs the program with these arguments, the first of which is its name, and returns its exit
/// code: 0 done, 1 failed, 2 used wrongly, 65 bad data, 66 missing input, 69 nothing reached, 73 cannot
/// create, 74 cannot write, 130 or 143 after a signal.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    stop::survive_file_limits();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = match command().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let error = visible_error(&arguments, error);
            // Help and version go to standard output with code 0, mistakes to standard error with 2.
            let code = error.exit_code();
            return match error.print() {
                Ok(()) => ExitCode::from(code as u8),
                // A mistake stays one although nobody reads it.
                Err(_) if error.use_stderr() => ExitCode::from(code as u8),
                Err(unread) => Failure::from(unread).report(),
            };
        }
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

/// The error of arguments that cannot be parsed, with characters written out that could steer a terminal.
fn visible_error(arguments: &[OsString], error: clap::Error) -> clap::Error {
    let shown = arguments.iter().map(|word| visible(&word.to_string_lossy()).into_owned());
    match command().try_get_matches_from(shown) {
        Err(same) if same.kind() == error.kind() => same,
        // Written out, the words would mean something else.
        _ => {
            let text = error.render().to_string();
            command().error(error.kind(), visible_lines(text.trim_start_matches("error: ").trim_end()))
        }
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
