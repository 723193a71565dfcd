use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data::batches::Normalize;
use lab::{Comparison, RunMatrix};
use optim::hyper::Value;
use std::ops::ControlFlow;
use train::{Budget, InMemory, Recipe, Task};

use crate::console;
use crate::dataset;
use crate::failure::Failure;
use crate::folders;
use crate::model;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::threads;

/// The notebook's optimizers with its learning rates.
const NOTEBOOK: [(&str, f64); 3] = [("sgd", 0.01), ("adam", 0.001), ("rmsprop", 0.001)];

/// Evaluations in each epoch: fine enough to see when 95% was reached, cheap enough not to matter.
const EVALUATIONS: u32 = 4;

pub(crate) fn command() -> Command {
    let number = |name: &'static str, value: &'static str, default: &'static str, help: &'static str| {
        // More seeds could not even be listed.
        let parser = value_parser!(u32).range(1..=if name == "seeds" { 100_000 } else { u32::MAX.into() });
        Arg::new(name).long(name).value_name(value).value_parser(parser).default_value(default).help(help)
    };
    Command::new("compare")
        .about("Trains several optimizers alike and says which differences are real")
        .long_about(
            "Trains one network, if not told otherwise the notebook's, on the same data with each optimizer, several times. Seed k \
             gives every optimizer the same initial weights and the same batches, so that differences \
             between them are theirs and not luck's. Shows a table, and leaves a page with curves.",
        )
        .after_help(
            "Examples:\n  descent compare\n  descent compare --quick\n  \
             descent compare --optimizers sgd,adamw --dataset fashion-mnist\n  \
             descent compare --optimizers 'sgd lr=0.1, sgd lr=0.1 momentum=0.9' --epochs 3\n  \
             descent compare --optimizers 'sam(adamw), cosine; adamw, cosine, clip=1'\n\n\
             A bare sgd, adam or rmsprop has the notebook's learning rate (0.01, 0.001,\n\
             0.001); every other one its own default. `descent optimizers` lists them all.",
        )
        .arg(
            Arg::new("optimizers")
                .long("optimizers")
                .value_name("LIST")
                .default_value("sgd,adam,rmsprop")
                .help("Optimizers or whole recipes, between commas or ;: 'adam lr=0.01,sgd'"),
        )
        .arg(model::argument())
        .args(dataset::arguments())
        .arg(number("epochs", "N", "5", "Passes over the training set"))
        .arg(number("seeds", "N", "5", "Runs of each optimizer, with seeds 0 to N − 1"))
        .arg(number("batch-size", "N", "64", "Images in a batch"))
        .arg(threads::argument("Threads in all [default and most: one a core]"))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("Folder for the results [default: a new one in results]"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print records and summary as JSON, one object a line, and nothing else"),
        )
        .arg(
            Arg::new("quick")
                .long("quick")
                .action(ArgAction::SetTrue)
                .help("A first look: 1 epoch, 3 seeds (unless --epochs or --seeds say otherwise)"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let number = |name: &str| *matches.get_one::<u32>(name).expect("it has a default");
    let given = |name| matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine);
    let quick =
        |name, quick: u32| if matches.get_flag("quick") && !given(name) { quick } else { number(name) };
    let (epochs, seeds) = (quick("epochs", 1), quick("seeds", 3));
    let threads = threads::of(matches);
    let recipes =
        recipes(matches.get_one::<String>("optimizers").expect("it has a default"), number("batch-size"))?;
    let json = matches.get_flag("json");
    let out = matches.get_one::<PathBuf>("out");
    out.map_or(Ok(()), |folder| files::claim_folder(folder, "--out"))?;

    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let examples = Arc::new(InMemory::images(dataset::load(matches)?));
    let task = Task::image_classifier(examples, &model::of(matches), Normalize::HALF)?;
    let task = Task { target: Some(0.95), ..task };
    let stop = Stop::listen()?;
    let folder = folder(matches)?;
    let budget = Budget { epochs, evaluations: EVALUATIONS };
    let matrix = RunMatrix { task: &task, recipes, seeds: (0..seeds.into()).collect(), budget, threads };

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
    let stopped = AtomicBool::new(false);
    let records = matrix.run(&|place, event| {
        progress.read(place, event);
        if stop.asked() {
            stopped.store(true, Ordering::Relaxed);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    progress.finish();

    let kept = records.len();
    let comparison = Comparison::new(records, task.target, command_line(matches, epochs, seeds));
    let written = write(&folder, &comparison);
    // The table is shown in any case.
    show(&folder, &comparison, json)?;
    written?;
    match stop.code() {
        Some(code) if stopped.load(Ordering::Relaxed) => {
            let message = format!("stopped: {kept} of {} runs were finished and are kept", matrix.runs());
            Err(Failure::signal(code, message))
        }
        _ => Ok(()),
    }
}

/// One recipe for each optimizer of the list.
fn recipes(list: &str, batch: u32) -> Result<Vec<Recipe>, Failure> {
    let mut recipes: Vec<Recipe> = Vec::new();
    for (mut recipe, text) in Recipe::list(list, batch as usize)? {
        let optimizer = text.split(',').next().unwrap_or_default().trim();
        if let Some((_, lr)) = NOTEBOOK.iter().find(|(name, _)| *name == optimizer) {
            recipe.method.rule.set("lr", Value::Number(*lr))?;
        }
        if recipes.contains(&recipe) {
            return Err(Failure::usage(
                format!("`{}` is there twice", recipe.method),
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

/// The folder for results: the one that was named, or a new one.
fn folder(matches: &ArgMatches) -> Result<PathBuf, Failure> {
    match matches.get_one::<PathBuf>("out") {
        Some(folder) => Ok(folder.clone()),
        None => {
            let dataset = matches.get_one::<String>("dataset").expect("it has a default");
            folders::make_next(Path::new("results"), &format!("compare-{dataset}"))
        }
    }
}

/// The command that makes this comparison again.
fn command_line(matches: &ArgMatches, epochs: u32, seeds: u32) -> String {
    let text = |name: &str| matches.get_one::<String>(name).expect("it has a default").clone();
    let mut command = "cargo xtask compare".to_string();
    if text("optimizers") != "sgd,adam,rmsprop" {
        command += &format!(" --optimizers '{}'", text("optimizers"));
    }
    if text("model") != "mlp" {
        command += &format!(" --model {}", text("model"));
    }
    if text("dataset") != "mnist" {
        command += &format!(" --dataset {}", text("dataset"));
    }
    let batch = *matches.get_one::<u32>("batch-size").expect("it has a default");
    for (name, value, default) in [("epochs", epochs, 5), ("seeds", seeds, 5), ("batch-size", batch, 64)] {
        if value != default {
            command += &format!(" --{name} {value}");
        }
    }
    command
}

/// Leaves the page, the picture and the records, each whole or not at all.
fn write(folder: &Path, comparison: &Comparison) -> Result<(), Failure> {
    for (name, text) in [
        ("report.html", report::page(comparison)),
        ("curves.svg", report::curves_svg(comparison)),
        ("results.csv", report::csv(&comparison.runs)),
        ("results.jsonl", report::jsonl(&comparison.runs)),
    ] {
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
            "verdict": comparison.verdict,
            "warnings": comparison.warnings,
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
