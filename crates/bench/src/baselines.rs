//! Descent and other libraries: the same training from the same start, in turns.

mod comparison;
mod install;
mod load;
mod start;
mod summary;
mod targets;
mod worker;

use std::path::PathBuf;
use std::process::Command;

use data::Dataset;

pub(super) use self::comparison::{Comparison, read};
pub(super) use self::install::{Tools, optuna_python, python, scripts};
pub(super) use self::start::WIDTHS;
#[cfg(test)]
pub(super) use self::start::write_to;
pub(super) use self::summary::{busy, machines};
pub(super) use self::targets::Target;
use super::options::Options;
use super::workload::Workload;

/// A library that takes part, or one way of using it.
pub(super) struct Baseline {
    /// In tables and files.
    pub(super) name: &'static str,
    /// At the head of a narrow column.
    pub(super) short: &'static str,
    program: Program,
    variant: &'static str,
}

/// Program of a baseline.
#[derive(Clone, Copy)]
pub(super) enum Program {
    /// This program.
    Descent,
    /// A script of scripts/baselines.
    Script(&'static str),
    /// The program of scripts/baselines/rust.
    Rust,
}

impl Baseline {
    pub(super) const fn new(
        name: &'static str,
        short: &'static str,
        program: Program,
        variant: &'static str,
    ) -> Baseline {
        Baseline { name, short, program, variant }
    }

    /// Where it writes what is no answer, seen from this workspace.
    fn log(&self, threads: usize) -> String {
        format!("target/baselines/{}-{threads}.log", self.name.replace([' ', ','], "-"))
    }

    /// Command that starts it, or the reason why it cannot be started.
    fn command(&self, tools: &Tools, threads: usize) -> Result<Command, String> {
        let mut command = match self.program {
            Program::Descent => {
                let this = std::env::current_exe().map_err(|error| format!("this program: {error}"))?;
                let mut command = Command::new(this);
                command.arg("worker");
                command
            }
            Program::Script(script) => {
                let mut command = Command::new(tools.python.as_ref().map_err(String::clone)?);
                command.arg(install::scripts().join(script));
                command
            }
            Program::Rust => Command::new(tools.rust.as_ref().map_err(String::clone)?),
        };
        let count = threads.to_string();
        command.arg("--data").arg(&tools.data);
        command.args(["--threads", &count, "--variant", self.variant]);
        for name in ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"] {
            command.env(name, &count);
        }
        command.env("TORCHINDUCTOR_CACHE_DIR", install::folder().join("inductor"));
        Ok(command)
    }
}

/// Everyone, Descent first: all ratios are to it.
const BASELINES: [Baseline; 8] = [
    Baseline::new("Descent", "Descent", Program::Descent, "training"),
    Baseline::new("PyTorch, DataLoader", "loader", Program::Script("pytorch.py"), "loader"),
    Baseline::new("PyTorch eager", "eager", Program::Script("pytorch.py"), "eager"),
    Baseline::new("PyTorch eager, fused", "fused", Program::Script("pytorch.py"), "fused"),
    Baseline::new("PyTorch compiled", "comp.", Program::Script("pytorch.py"), "compiled"),
    Baseline::new("JAX, one jit", "JAX", Program::Script("jax_epoch.py"), "jit"),
    Baseline::new("candle", "candle", Program::Rust, "candle"),
    Baseline::new("burn, flex", "burn", Program::Rust, "flex"),
];

/// Trains with every library that can be had.
pub(super) fn run(options: &Options) -> Result<(), String> {
    let dataset = load(options)?;
    let workloads: Vec<Workload> =
        workloads(dataset.train.len()).into_iter().filter(|work| options.wants(&work.name())).collect();
    if workloads.is_empty() {
        return Err(options.nothing());
    }
    let path = options.json_or("results/bench-baselines.json");
    if options.rounds_or(5) > 0 {
        let tools = Tools {
            data: start::write(&dataset)?,
            python: install::python(options.python.as_ref()),
            rust: install::rust(),
        };
        let comparison = Comparison {
            baselines: &BASELINES,
            tools: &tools,
            rounds: options.rounds_or(5),
            seconds: options.seconds,
            tolerance: 0.02,
            targets: targets::training,
        };
        comparison.run(&workloads, &path)?;
    }
    summary::show(&path, &BASELINES)
}

/// The whole grid: SimpleNN by optimizer, batch and threads, then the convolutional net.
fn workloads(examples: usize) -> Vec<Workload> {
    let mut workloads = Vec::new();
    for threads in [1, 2] {
        for batch in [64, 512, 1, 60_000] {
            for optimizer in ["sgd", "adam", "rmsprop"] {
                // An epoch, or a number of single examples or of whole sets.
                let updates = match batch {
                    1 => 2_000,
                    60_000 => 5,
                    _ => examples.div_ceil(batch),
                };
                let words = format!("simplenn {optimizer} batch={batch}");
                workloads.push(Workload { words, updates, warm: 0, threads });
            }
        }
        workloads.push(Workload { words: "2c2d adam batch=128".into(), updates: 5, warm: 0, threads });
        workloads.extend(crate::tasks::workloads(threads));
    }
    workloads
}

fn load(options: &Options) -> Result<Dataset, String> {
    let mut request = data::Request::new(data::set("mnist").expect("it is in the registry"));
    request.data_dir = options.data_dir.clone();
    data::load(&request, &mut |event| eprintln!("{event}"))
        .map_err(|error| format!("{error}\nhint: {}", error.hint()))
}

/// Where the data and the installed baselines are kept, below the workspace's target folder.
pub(super) fn data_folder() -> PathBuf {
    install::folder().join("data")
}
