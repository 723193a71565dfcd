//! Our search and Optuna's on the same spaces: best validation score by number of trials.

mod optuna;
mod searcher;
mod searchers;
mod summary;

use std::ops::ControlFlow;

use lab::search::{Point, Space, at_point, declared};
use lab::tasks::{Setup, TaskSpec, without_test};
use serde_json::{Value, json};
use train::{Budget, Recipe, Task, Training};

use self::searcher::Searcher;
use self::searchers::SEARCHERS;
use super::baselines::{optuna_python, read};
use super::options::Options;
use super::write_json;

/// Tunings of each workload by each searcher.
const REPETITIONS: u32 = 20;

/// A task with a recipe whose declared space is searched.
struct Workload {
    task: &'static str,
    recipe: &'static str,
    epochs: u32,
}

const WORKLOADS: [Workload; 4] = [
    Workload { task: "rosenbrock", recipe: "adam", epochs: 2 },
    Workload { task: "friedman1", recipe: "adamw", epochs: 2 },
    Workload { task: "mnist1d-logreg", recipe: "sgd, batch=100", epochs: 2 },
    Workload { task: "simplenn", recipe: "adam, batch=256", epochs: 1 },
];

impl Workload {
    fn name(&self) -> String {
        format!("{}, {}, epochs={}", self.task, self.recipe, self.epochs)
    }

    /// The task as tuning sees it.
    fn load(&self, options: &Options) -> Result<Task, String> {
        let spec: TaskSpec = self.task.parse().expect("a task of the registry");
        let setup = Setup::new(|set| {
            let request = data::Request { data_dir: options.data_dir.clone(), ..data::Request::new(set) };
            data::load(&request, &mut |_| ())
        });
        let task = spec.build(&mut setup.with_validation()).map_err(|error| error.to_string());
        task.map(without_test)
    }
}

/// One tuning: trials in their order, with what each scored.
struct Tuning<'t> {
    task: &'t Task,
    recipe: Recipe,
    epochs: u32,
    /// Seed of weights and batches; the same for all trials and all searchers.
    seed: u64,
}

impl Tuning<'_> {
    /// Validation scores of all trials, not finite where one diverged.
    fn run(&self, searcher: &mut dyn Searcher, trials: usize) -> Result<Vec<f64>, String> {
        let (mut points, mut scores) = (Vec::new(), Vec::new());
        while scores.len() < trials {
            let point = searcher.next(&points, &scores)?;
            scores.push(self.score(&point)?);
            points.push(point);
        }
        Ok(scores)
    }

    fn score(&self, point: &Point) -> Result<f64, String> {
        let recipe = at_point(&self.recipe, point).map_err(|error| error.to_string())?;
        let recipe = Recipe { batch: self.recipe.batch, ..recipe };
        let budget = Budget { epochs: self.epochs, evaluations: 1 };
        let training = Training::new(self.task, &recipe, self.seed, budget);
        let mut training = training.map_err(|error| error.to_string())?;
        training.run(&mut |_| ControlFlow::Continue(()));
        Ok(training.record().final_metric().unwrap_or(f64::NAN))
    }
}

/// Tunes with every searcher, and shows all that was measured so far.
pub(super) fn run(options: &Options, trials: u32) -> Result<(), String> {
    let wanted: Vec<&Workload> = WORKLOADS.iter().filter(|work| options.wants(&work.name())).collect();
    let path = options.json_or("results/bench-tuning.json");
    let repetitions = options.rounds_or(REPETITIONS) as usize;
    if wanted.is_empty() {
        return Err(options.nothing());
    }
    if repetitions > 0 {
        let python = optuna_python(options.python.as_ref())?;
        for work in wanted {
            let figures = measure(work, options, repetitions, trials as usize, &python)?;
            let mut report = read(&path);
            report["workloads"][work.name()] = figures;
            write_json(&path, &report)?;
        }
    }
    summary::show(&read(&path))
}

fn measure(
    work: &Workload,
    options: &Options,
    repetitions: usize,
    trials: usize,
    python: &std::path::Path,
) -> Result<Value, String> {
    let task = work.load(options)?;
    let recipe: Recipe = work.recipe.parse().expect("a recipe");
    let space: Space = declared(&recipe);
    eprintln!("{}: {space}", work.name());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count = repetitions * SEARCHERS.len();
    let done = |done: usize| {
        eprint!("\r{done} of {count} tunings");
        ControlFlow::Continue(())
    };
    let scores = lab::jobs(count, cores, &done, |job| {
        let (kind, seed) = (&SEARCHERS[job % SEARCHERS.len()], (job / SEARCHERS.len()) as u64);
        let tuning = Tuning { task: &task, recipe: recipe.clone(), epochs: work.epochs, seed };
        let tuned = kind
            .start(&tuning.recipe, &space, seed, task.metric.direction(), trials, python)
            .and_then(|mut searcher| tuning.run(&mut *searcher, trials));
        Ok(tuned)
    });
    eprintln!();
    let scores = scores.map_err(|error| error.to_string())?.expect("it is not stopped");
    let scores: Vec<Vec<f64>> = scores.into_iter().collect::<Result<_, String>>()?;
    let of = |kind: usize| -> Vec<Vec<Option<f64>>> {
        let mine = scores.iter().skip(kind).step_by(SEARCHERS.len());
        mine.map(|scores| scores.iter().map(|score| Some(*score).filter(|x| x.is_finite())).collect())
            .collect()
    };
    let searchers: serde_json::Map<String, Value> =
        SEARCHERS.iter().enumerate().map(|(place, kind)| (kind.name.to_string(), json!(of(place)))).collect();
    Ok(json!({
        "space": space.to_string(),
        "measure": task.metric.name(),
        "direction": match task.metric.direction() {
            lab::stats::Direction::Maximize => "max",
            lab::stats::Direction::Minimize => "min",
        },
        "scores": searchers,
    }))
}
