//! Training in a separate process: time to its first step, and its maximum memory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use data::{Dataset, Images, Request};
use std::ops::ControlFlow;
use train::{Budget, Recipe, Task, Training};

/// Updates until the memory is looked at: from the second on nothing large is allocated.
const STEPS: u64 = 3;

/// The word that starts [`run`] instead of a bench; no user needs it.
pub(super) const FIRST_STEP: &str = "first-step";

/// Figures of a separate process.
pub(super) struct Measured {
    /// Seconds from its start to the end of its first update.
    pub(super) first_step: f64,
    /// Most bytes that were resident at a time.
    pub(super) peak: f64,
    /// The data set, 1.5 times weights, gradients, state and activations, and 30 MB.
    pub(super) allowed: f64,
}

/// Runs this program again with [`run`].
pub(super) fn measure(recipe: &str, batch: usize, data_dir: Option<&Path>) -> Result<Measured, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args([FIRST_STEP, &format!("{recipe}, batch={batch}")]);
    if let Some(folder) = data_dir {
        command.arg(folder);
    }
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the process cannot be started: {error}"))?;
    let mut lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
    let first = lines.next();
    let first_step = start.elapsed().as_secs_f64();
    let second = lines.next();
    child.wait().map_err(|error| error.to_string())?;
    let (Some(Ok(_)), Some(Ok(figures))) = (first, second) else {
        return Err("it needs MNIST (cargo xtask fetch mnist) and /proc".to_string());
    };
    let mut numbers = figures.split(' ').filter_map(|number| number.parse::<f64>().ok());
    let (Some(peak), Some(allowed)) = (numbers.next(), numbers.next()) else {
        return Err(format!("it said `{figures}`"));
    };
    Ok(Measured { first_step, peak, allowed })
}

/// Makes a few updates on MNIST as it lies on this machine; prints a line after the first, then
/// the greatest memory and what is allowed, in bytes.
pub(super) fn run(recipe: &str, data_dir: Option<PathBuf>) -> Result<(), String> {
    let recipe: Recipe = recipe.parse().map_err(|error: train::Error| error.to_string())?;
    let mut request = Request::new(data::set("mnist").map_err(|error| error.to_string())?);
    (request.data_dir, request.offline, request.allow_sample) = (data_dir, true, false);
    let dataset = data::load(&request, &mut |_| ()).map_err(|error| error.to_string())?;
    let data = bytes(&dataset);
    let task = Task::notebook(dataset);
    let budget = Budget { epochs: STEPS as u32, evaluations: 1 };
    let mut training = Training::new(&task, &recipe, 0, budget).map_err(|error| error.to_string())?;
    training.run(&mut |training| match training.progress().steps {
        1 => {
            println!("first step");
            ControlFlow::Continue(())
        }
        STEPS => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let weights = task.model.layout().len();
    let numbers = 2 * weights + recipe.batch * numbers_an_example(&task);
    let state = weights * training.optimizer().state_bytes_per_weight();
    let allowed = data as f64 + 1.5 * (4 * numbers + state) as f64 + 30e6;
    let peak = peak_resident().ok_or("this system does not say how much memory was resident")?;
    println!("{peak} {allowed}");
    Ok(())
}

/// Numbers that the forward pass keeps of one example: the inputs, though they stay bytes, and each layer before
/// and after its activation.
fn numbers_an_example(task: &Task) -> usize {
    let entries = task.model.layout().entries();
    let outputs = entries.iter().filter(|entry| entry.shape.rank() == 1).map(|entry| entry.shape.len());
    let inputs = entries.first().map_or(0, |entry| entry.shape[entry.shape.rank() - 1]);
    inputs + 2 * outputs.sum::<usize>()
}

fn bytes(dataset: &Dataset) -> usize {
    let of = |split: &Images| split.pixels.len() + split.labels.len();
    of(&dataset.train) + of(&dataset.test)
}

/// Most bytes that this process has had resident.
fn peak_resident() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok().map(|kilobytes: f64| 1024.0 * kilobytes)
}
