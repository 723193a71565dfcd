//! The project's own commands: `cargo xtask compare`, `fetch`, `bench`, `fixtures`, `torture`, `test-slurm`,
//! `test-browser`, `test-readers`, `wasm`, `ci`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program prints")]

mod book;
mod browser;
mod cargo;
mod ci;
mod command;
mod debian;
mod fixtures;
mod readers;
mod slurm;
mod torture;
mod wasm;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use cargo::cargo;

const HELP: &str = "\
cargo xtask COMMAND

  compare [options]     trains SGD, Adam and RMSprop on MNIST and compares them
                        (the same as `descent compare`; --help lists the options)
  fetch [set…]          gets data sets: --from DIR|URL, --offline, --data-dir DIR
                        (the same as `descent data fetch`)
  bench [optim]         measures this machine's peak and how near to it training or updates
                        come; --baselines: PyTorch, JAX, candle and burn too (--help)
  bench instructions    counts the instructions of steps and updates by valgrind
  bench tuning          the search of studies and Optuna's TPE on the same spaces
  book [ID…] [--quick]  runs every lesson, or these, and writes the course to target/book;
                        without --quick refreshes docs/lessons and the recorded verdicts
  fixtures              records again what other implementations compute, for the tests
  torture [--short]     kills, faults and odd files against every command that writes (--help)
  test-slurm            a study on a real Slurm on this machine, with kills (--help)
  test-browser [NAME…]  the pages in a real Chromium: clicks, zoom, phone, paper (--help)
  test-readers          pandas, polars, TensorBoard and MLflow read what is written (--help)
  wasm [--bless]        builds the kernels of pages for browsers, and compares them with the
                        committed file; --bless writes it
  descent …             the program itself
  ci                    what a submission must pass: format, lints, docs, tests, pages
";

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<OsString> = arguments.collect();
    let descent = |words: &[&str]| {
        let start = ["descent"].iter().chain(words).map(OsString::from);
        cli::main(start.chain(rest.iter().cloned()))
    };
    match command.to_str() {
        Some("compare") => descent(&["compare"]),
        Some("fetch") => descent(&["data", "fetch"]),
        Some("bench") => bench(&rest),
        Some("book") => book::run(&rest),
        Some("descent") => descent(&[]),
        Some("torture") => torture::run(&rest),
        Some(torture::fetch::WORD) => torture::fetch::child(&rest),
        Some("test-slurm") => slurm::run(&rest),
        Some("test-browser") => browser::run(&rest),
        Some("test-readers") => readers::run(&rest),
        Some("fixtures") => fixtures::run(&rest),
        Some("wasm") => wasm::run(&rest),
        Some("ci") => ci::run(),
        Some("help" | "--help" | "-h") => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        _ => {
            eprint!("error: `{}` is no command of xtask\n\n{HELP}", command.display());
            ExitCode::from(2)
        }
    }
}

/// Starts the program `bench`, which only a measurement has to build.
fn bench(arguments: &[OsString]) -> ExitCode {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace");
    let mut command = cargo();
    command.args(["run", "--release", "--package", "bench", "--manifest-path"]);
    command.arg(workspace.join("Cargo.toml")).arg("--").args(arguments);
    match command.status() {
        Ok(status) => ExitCode::from(status.code().and_then(|code| code.try_into().ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("error: cargo cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
