//! `cargo xtask bench`: the machine's peak, the speed of training and updates, and other libraries.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program prints")]

mod baselines;
mod child;
mod conv;
mod dense;
mod instructions;
mod optim;
mod options;
mod peak;
mod product;
mod serve;
mod step;
mod tasks;
mod threads;
mod tuning;
mod workload;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::Value;

use self::options::Subcommand;

/// Something to be timed: one call does `work` and returns its seconds.
struct Case {
    name: String,
    /// Floating-point operations in one call.
    operations: f64,
    /// Which peak its share is of.
    cores: usize,
    /// The share that it should reach; 0 if it is only looked at.
    target: f64,
    work: Box<dyn FnMut() -> f64>,
    seconds: Vec<f64>,
}

/// Something that makes one update a call.
type Step = Box<dyn FnMut() + Send>;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if let [word, recipe, folder @ ..] = &arguments[..]
        && word == child::FIRST_STEP
    {
        return finish(child::run(&recipe.to_string_lossy(), folder.first().map(PathBuf::from)));
    }
    if arguments.first().is_some_and(|word| word == threads::BUSY) {
        threads::be_busy();
    }
    if arguments.first().is_some_and(|word| word == instructions::WORD) {
        return finish(instructions::run_counted());
    }
    let options = match options::parse(&arguments) {
        Ok(options) => options,
        Err(message) => {
            let code = message.exit_code();
            let _ = message.print();
            return ExitCode::from(code as u8);
        }
    };
    let done = match &options.subcommand {
        Subcommand::Worker { data, threads, variant } => serve::serve(data, *threads, variant),
        Subcommand::Optim => optim::run(&options),
        Subcommand::Instructions => instructions::run(&options),
        Subcommand::Threads => threads::run(&options),
        Subcommand::Tuning { trials } => tuning::run(&options, *trials),
        Subcommand::Training if options.baselines => baselines::run(&options),
        Subcommand::Training => dense::run(&options),
    };
    finish(done)
}

fn finish(done: Result<(), String>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes figures to a file, whose folder is made where it is missing.
fn write_json(path: &Path, report: &Value) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = format!("{report:#}\n");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(())
}

/// The least, the middle and the greatest of sorted values.
fn quantiles(sorted: &[f64]) -> [f64; 3] {
    [sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]]
}

/// Seconds of one call.
fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
