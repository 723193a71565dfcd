use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, value_parser};
use lab::run_matrix::{KeptRuns, Plan, kept_in};
use lab::store::Holder;
use lab::{Comparison, RunMatrix, Store};
use optim::hyper::Value;
use std::ops::ControlFlow;
use train::{Budget, Event, Recipe};

use super::Command;
use crate::args::{OutputArgs, TaskArgs, ThreadsArgs};
use crate::console;
use crate::failure::Failure;
use crate::folders;
use crate::progress::Progress;
use crate::stop::Stop;

/// The notebook's optimizers with its learning rates.
const NOTEBOOK: [(&str, f64); 3] = [("sgd", 0.01), ("adam", 0.001), ("rmsprop", 0.001)];

/// Evaluations in each epoch: fine enough to see when 95% was reached, cheap enough not to matter.
const EVALUATIONS: u32 = 4;

/// The files that a comparison leaves, in the order in which they are written.
const RESULTS: [&str; 4] = ["report.html", "curves.svg", "results.csv", "results.jsonl"];

#[derive(Args)]
#[command(
    about = "Trains several optimizers alike and says which differences are real",
    long_about = "Trains one network, if not told otherwise the notebook's, on the same data with each optimizer, \
        several times. Seed k gives every optimizer the same initial weights and the same batches, so that \
        differences between them are theirs and not luck's. Shows a table, and leaves a page with curves. Each run \
        is kept as soon as it is finished: after an interruption, the same command goes on.",
    after_help = "Examples:\n  descent compare\n  descent compare --quick\n  \
        descent compare --optimizers sgd,adamw --dataset fashion-mnist\n  \
        descent compare --optimizers 'sgd lr=0.1, sgd lr=0.1 momentum=0.9' --epochs 3\n  \
        descent compare --optimizers 'sam(adamw), cosine; adamw, cosine, clip=1'\n\n\
        A bare sgd, adam or rmsprop has the notebook's learning rate (0.01, 0.001,\n\
        0.001); every other one its own default. `descent optimizers` lists them all.",
    mut_arg("json", |json| json.help("Print records and summary as JSON, one object a line, and nothing else")),
)]
pub(crate) struct Compare {
    /// Optimizers or whole recipes, between commas or ;: 'adam lr=0.01,sgd'
    #[arg(long, value_name = "LIST", default_value = OPTIMIZERS)]
    optimizers: String,
    /// Passes over the training set; hundreds of updates of a test function [default: the task's, or 5]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Runs of each optimizer, with seeds 0 to N − 1 [default: 5; 1 of a test function]
    // More could not even be listed.
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    seeds: Option<u32>,
    /// Examples in a batch [default: the task's, or 64]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// Share finished runs with other comparisons and processes through this store [default: DESCENT_STORE, if set]
    #[cfg(feature = "store")]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// A first look: 1 epoch, 3 seeds (unless --epochs or --seeds say otherwise)
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    threads: ThreadsArgs,
    /// Folder for the results, and to go on from [default: a new one in results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    task: TaskArgs,
}

/// The optimizers where none are named.
const OPTIMIZERS: &str = "sgd,adam,rmsprop";

/// Examples in a batch where nothing is said.
const BATCH: usize = 64;

/// Epochs, and runs of each optimizer, where nothing is said.
const EPOCHS: u32 = 5;
const SEEDS: u32 = 5;

impl Command for Compare {
    const NAME: &'static str = "compare";

    fn run(self) -> Result<(), Failure> {
        run(&self)
    }
}

fn run(compare: &Compare) -> Result<(), Failure> {
    let quick =
        |number: Option<u32>, usual, quick| number.unwrap_or(if compare.quick { quick } else { usual });
    let (epochs, seeds) = (
        quick(compare.epochs, compare.task.epochs(EPOCHS), 1),
        quick(compare.seeds, compare.task.seeds(SEEDS), compare.task.seeds(3)),
    );
    let threads = compare.threads.count();
    let batch = compare.batch_size.map_or(compare.task.batch(BATCH), |batch| batch as usize);
    let recipes = recipes(&compare.optimizers, batch)?;
    let json = compare.output.json;
    compare.out.as_ref().map_or(Ok(()), |folder| files::claim_folder(folder, "--out"))?;

    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let mut task = compare.task.load()?;
    if compare.task.task.is_none() {
        task.target = Some(0.95);
    }
    let budget = Budget { epochs, evaluations: EVALUATIONS };
    let matrix = RunMatrix { task: &task, recipes, seeds: (0..seeds.into()).collect(), budget, threads };
    let plan = matrix.plan()?;
    let folder = folder(compare, &plan)?;
    let shown = files::text::path(&folder);
    let kept = KeptRuns::open(&folder, &plan, &RESULTS, &mut || {
        console::note(&format!("waiting for another process that writes {shown}"));
    })?;
    if !kept.is_empty() {
        console::note(&format!("going on with {shown}: {} of {} runs are there", kept.len(), matrix.runs()));
    }
    let store = open_store(compare)?;
    let stop = Stop::listen()?;

    let steps = matrix
        .recipes
        .iter()
        .map(|recipe| task.steps_per_epoch(recipe.batch) * u64::from(epochs))
        .sum::<u64>();
    for recipe in &matrix.recipes {
        let per_epoch = task.steps_per_epoch(recipe.batch);
        let [total, per_epoch] =
            [per_epoch * u64::from(epochs), per_epoch].map(|batches| recipe.method.updates(batches));
        for warning in recipe.method.warnings(total, per_epoch) {
            console::note(&format!("warning: {warning}"));
        }
    }
    let progress = Progress::new(matrix.runs(), steps * u64::from(seeds), matrix.workers(), json);
    let (stopped, unkept) = (AtomicBool::new(false), Once::new());
    let known = |key: &str| kept.get(key);
    let watch = |place, event: &Event| {
        progress.read(place, event);
        if let Event::RunFinished { record } = event
            && let Err(error) = kept.put(record)
        {
            // All is written once more at the end; by then there may be room.
            unkept.call_once(|| console::note(&format!("warning: finished runs are not kept: {error}")));
        }
        if stop.asked() {
            stopped.store(true, Ordering::Relaxed);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let told = Once::new();
    let waiting = |holder: &Holder| {
        told.call_once(|| console::note(&format!("waiting for runs of {holder}")));
        stopped.store(stop.asked(), Ordering::Relaxed);
        if stop.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let records = match &store {
        Some(store) => matrix.run_in(&**store, &known, &watch, &waiting)?,
        None => matrix.run_others(&known, &watch)?,
    };
    progress.finish();

    let finished = records.len();
    let comparison = Comparison::new(records, task.target, command_line(compare, epochs, seeds));
    let written = write(&folder, &comparison);
    // The table is shown in any case.
    show(&folder, &comparison, json)?;
    written?;
    match stop.code() {
        Some(code) if stopped.load(Ordering::Relaxed) => {
            let message = format!(
                "stopped: {finished} of {} runs were finished and are kept; the same command goes on with them",
                matrix.runs()
            );
            Err(Failure::signal(code, message))
        }
        _ => Ok(()),
    }
}

/// One recipe for each optimizer of the list.
fn recipes(list: &str, batch: usize) -> Result<Vec<Recipe>, Failure> {
    let mut recipes: Vec<Recipe> = Vec::new();
    for (mut recipe, text) in Recipe::list(list, batch)? {
        let optimizer = text.split(',').next().unwrap_or_default().trim();
        if let Some((_, lr)) = NOTEBOOK.iter().find(|(name, _)| *name == optimizer) {
            recipe.method.rule.set("lr", Value::Number(*lr))?;
        }
        if recipes.contains(&recipe) {
            return Err(Failure::usage(
                format!("duplicate `{}`", recipe.method),
                "name each optimizer once, or give them different settings",
            ));
        }
        recipes.push(recipe);
    }
    if recipes.is_empty() {
        return Err(Failure::usage("--optimizers names none", "for example --optimizers sgd,adam,rmsprop"));
    }
    Ok(recipes)
}

/// The store of `--store` or of the environment, if either names one.
#[cfg(feature = "store")]
fn open_store(compare: &Compare) -> Result<Option<Box<dyn Store>>, Failure> {
    let path = compare.store.clone().or_else(super::runs::of_environment);
    Ok(path.map(|path| store::open(&path)).transpose()?)
}

/// No store: the program was built without.
#[cfg(not(feature = "store"))]
fn open_store(_: &Compare) -> Result<Option<Box<dyn Store>>, Failure> {
    Ok(None)
}

/// The folder for results: the one that was named, the last one of this comparison, or a new one.
fn folder(compare: &Compare, plan: &Plan) -> Result<PathBuf, Failure> {
    if let Some(folder) = &compare.out {
        return Ok(folder.clone());
    }
    let (parent, name) = (Path::new("results"), format!("compare-{}", compare.task.name()));
    let ours = |folder: &PathBuf| kept_in(folder, plan).is_some();
    match folders::numbered(parent, &name).into_iter().find(ours) {
        Some(folder) => Ok(folder),
        None => folders::make_next(parent, &name),
    }
}

/// The command that makes this comparison again.
fn command_line(compare: &Compare, epochs: u32, seeds: u32) -> String {
    let mut command = "cargo xtask compare".to_string();
    if compare.optimizers != OPTIMIZERS {
        command += &format!(" --optimizers '{}'", compare.optimizers);
    }
    command += &compare.task.flags();
    for (name, value, default) in
        [("epochs", epochs, compare.task.epochs(EPOCHS)), ("seeds", seeds, compare.task.seeds(SEEDS))]
    {
        if value != default {
            command += &format!(" --{name} {value}");
        }
    }
    if let Some(batch) = compare.batch_size.filter(|&batch| batch as usize != compare.task.batch(BATCH)) {
        command += &format!(" --batch-size {batch}");
    }
    command
}

/// Leaves the page, the picture and the records, each whole or not at all.
fn write(folder: &Path, comparison: &Comparison) -> Result<(), Failure> {
    let texts = [
        report::page(comparison),
        report::curves_svg(comparison),
        report::csv(&comparison.runs),
        report::jsonl(&comparison.runs),
    ];
    for (name, text) in RESULTS.iter().zip(texts) {
        files::atomic_write(&folder.join(name), text.as_bytes()).map_err(|error| error.with_flag("--out"))?;
    }
    Ok(())
}

/// The table for a person, or everything as JSON lines.
fn show(folder: &Path, comparison: &Comparison, json: bool) -> Result<(), Failure> {
    if json {
        let summary = serde_json::json!({
            "schema": crate::console::SCHEMA,
            "kind": "comparison",
            "command": comparison.command,
            "target": comparison.target,
            "rows": comparison.rows,
            "pairs": comparison.pairs,
            "verdict": report::prose::verdict(comparison),
            "warnings": report::prose::warnings(comparison),
            "folder": folder.to_string_lossy(),
        });
        console::print(&format!("{}{summary}", report::jsonl(&comparison.runs)))?;
        return Ok(());
    }
    let table = report::table(comparison, console::width(), report::Style::Ansi);
    console::print(&format!("\n{table}"))?;
    console::print(&format!(
        "\nThe page for this: {}\nBeside it: curves.svg, results.csv, results.jsonl",
        files::text::path(&folder.join("report.html"))
    ))?;
    Ok(())
}
