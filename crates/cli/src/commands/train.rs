use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data::batches::Normalize;
use files::Output;
use lab::run_matrix::RunId;
use nn::{Activation, Architecture};
use optim::{Clip, LrSchedule, rules};
use std::ops::ControlFlow;
use tensor::parallel::Threads;
use train::record::{Point, Status};
use train::{Budget, Event, InMemory, Keeper, Metric, Recipe, Record, Split, Task, Training, weights};

use crate::console;
use crate::dataset;
use crate::failure::Failure;
use crate::hyper_flags;
use crate::model;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::threads;

pub(crate) fn command() -> Command {
    let command = Command::new("train")
        .about("Trains one model")
        .long_about(
            "Trains a network with one optimizer. The same settings and seed give the same \
             weights, bit for bit, on any number of threads and after any interruption.",
        )
        .after_help(
            "Examples:\n  descent train --optimizer adam --save digits.safetensors\n  \
             descent train --layers 784,256,10 --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov\n  \
             descent train --model 2c2d --batch-size 128                   a convolutional net\n  \
             descent train --optimizer sgd --lr 0.001 --batch-size 1       pure SGD\n  \
             descent train --optimizer sgd --lr 0.5 --batch-size all       batch gradient descent\n  \
             descent train --schedule 'cosine warmup=5%' --clip-norm 1\n  \
             descent train --epochs 50 --checkpoint-every 1000   then, after Ctrl-C or a crash:\n  \
             descent train --epochs 50 --checkpoint-every 1000 --resume\n\n\
             `descent explain NAME` tells what an optimizer's hyperparameters do.",
        )
        .arg(
            option("optimizer", "NAME", "The update rule; `descent optimizers` lists them")
                .default_value("adam"),
        )
        .arg(
            option(
                "recipe",
                "RECIPE",
                "All settings in one: 'sam(adamw lr=3e-3), cosine warmup=5%, clip=1, batch=64'",
            )
            .conflicts_with_all(["optimizer", "schedule", "clip-norm", "batch-size"]),
        )
        .arg(model::argument())
        .arg(
            Arg::new("layers")
                .long("layers")
                .value_name("W,W,…")
                .value_delimiter(',')
                .value_parser(value_parser!(u32).range(1..=65_536))
                .help("Layer widths of an mlp, pixels to classes [default: the notebook's 784,128,64,10]"),
        )
        .arg(
            option("activation", "NAME", "The nonlinearity between the layers of an mlp")
                .value_parser(Activation::ALL.map(|(name, _)| name))
                .default_value("relu"),
        )
        .args(dataset::arguments())
        .arg(option(
            "schedule",
            "SCHEDULE",
            "The course of the learning rate: 'cosine warmup=5%', 'wsd decay=30%'; see `descent explain`",
        ))
        .arg(
            Arg::new("clip-norm")
                .long("clip-norm")
                .value_name("NORM")
                .value_parser(value_parser!(f64))
                .help("Scale gradients whose norm over all weights is greater down to this"),
        )
        .arg(
            option("batch-size", "N|all", "Images in a batch: 1 is pure SGD, all is batch gradient descent")
                .default_value("64"),
        )
        .arg(
            Arg::new("epochs")
                .long("epochs")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..))
                .default_value("5")
                .help("Passes over the training set"),
        )
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .default_value("0")
                .help("Of initial weights and batches"),
        )
        .arg(threads::argument("Threads; the result does not depend on it [default and most: one a core]"))
        .arg(path("save", "Write the trained weights here, for `evaluate`, `predict` and PyTorch"))
        .arg(path("checkpoint", "Where checkpoints go").default_value("checkpoint.safetensors"))
        .arg(
            Arg::new("checkpoint-every")
                .long("checkpoint-every")
                .value_name("N")
                .value_parser(value_parser!(u64).range(1..))
                .help("Write a checkpoint every N updates, and when stopped by Ctrl-C or SIGTERM"),
        )
        .arg(switch("resume", "Go on from the checkpoint, and keep writing it"))
        .arg(switch("force", "Resume although the checkpoint has other settings"))
        .arg(switch("json", "Print the run's record as JSON and nothing else"));
    let hyperparameters = hyper_flags::arguments(&command);
    command.args(hyperparameters)
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    // Everything that can be wrong in the settings is said before any data is fetched.
    let mut recipe = recipe(matches)?;
    let checkpoint = matches.get_one::<PathBuf>("checkpoint").expect("it has a default");
    let (every, resume) = (matches.get_one::<u64>("checkpoint-every").copied(), matches.get_flag("resume"));
    let keeps = resume || every.is_some();
    let save = matches.get_one::<PathBuf>("save").map(|path| Output::claim(path, "--save")).transpose()?;
    let kept = keeps.then(|| Output::claim(checkpoint, "--checkpoint")).transpose()?;
    if let Some(save) = &save {
        save.differs_from(checkpoint, "--checkpoint")?;
    }
    let threads = Threads::start(threads::of(matches))?;
    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let dataset = dataset::load(matches)?;
    let stop = Stop::listen()?;
    if batch(matches) == Some("all") {
        recipe.batch = dataset.train.len();
    }
    let task = task(matches, dataset)?;
    let budget = Budget { epochs: *matches.get_one("epochs").expect("it has a default"), evaluations: 1 };
    let seed = *matches.get_one::<u64>("seed").expect("it has a default");
    let mut training = Training::new(&task, &recipe, seed, budget)?;

    training.warnings().iter().for_each(|warning| console::note(&format!("warning: {warning}")));

    if resume && checkpoint.exists() {
        training.resume(checkpoint, matches.get_flag("force"))?;
        let done = training.progress().steps;
        console::note(&format!("going on from {} at update {done}", files::text::path(checkpoint)));
    } else if resume {
        console::note(&format!(
            "there is no checkpoint {} yet: starting from the beginning",
            files::text::path(checkpoint)
        ));
    }

    let json = matches.get_flag("json");
    let progress = Progress::new(1, training.total_steps() - training.progress().steps, 1, json);
    let place = RunId { recipe: 0, seed, worker: 0 };
    let (mut keeper, mut failed, mut written) = (Keeper::new(every), None, false);
    threads.run(|| {
        training.run_events(&mut |training, event| {
            progress.read(place, event);
            if !matches!(event, Event::Progress { .. }) {
                return ControlFlow::Continue(());
            }
            let asked = stop.asked();
            if let Some(output) = &kept
                && let Some(bytes) = keeper.after_step(training, asked)
            {
                failed = output.commit(&bytes).err();
                written = failed.is_none() && asked;
            }
            if asked || failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
    });
    progress.finish();
    if let Some(error) = failed {
        return Err(error.into());
    }
    if let Some(code) = stop.code().filter(|_| !training.is_over()) {
        let kept = match (keeps, written) {
            (true, true) => format!("{} is written: go on with --resume", files::text::path(checkpoint)),
            (true, false) => format!("{} is as it was", files::text::path(checkpoint)),
            (false, _) => "nothing is kept: --checkpoint-every keeps checkpoints".to_string(),
        };
        let done = training.progress().steps;
        return Err(Failure::signal(
            code,
            format!("stopped at update {done} of {}; {kept}", training.total_steps()),
        ));
    }
    finish(save.as_ref(), kept.as_ref(), &training, &task, json)
}

/// Saves the weights and says how it went; weights that were asked for and are not there are a failure.
fn finish(
    save: Option<&Output>,
    kept: Option<&Output>,
    training: &Training<'_>,
    task: &Task,
    json: bool,
) -> Result<(), Failure> {
    let record = training.record();
    let diverged = match record.status {
        Status::Diverged { step } => Some(step),
        _ => None,
    };
    let saved = match save.filter(|_| diverged.is_none()) {
        Some(output) => {
            let mut notes = task.notes.clone();
            notes.insert("recipe".to_string(), record.recipe.clone());
            notes.insert("seed".to_string(), record.seed.to_string());
            let (weights, buffers) = (training.evaluation_weights(), training.buffers());
            output.commit(&weights::model(&weights, buffers, &notes)).map(|()| Some(output.path()))
        }
        None => Ok(None),
    };
    // What was measured is shown in any case; what was asked for is saved even if nobody reads on.
    let shown = show(&record, saved.as_ref().ok().copied().flatten(), json);
    saved?;
    shown?;
    let (Some(output), Some(step)) = (save, diverged) else { return Ok(()) };
    let hint = match kept {
        Some(kept) if kept.path().exists() => format!(
            "go on from the last good checkpoint, {}, with --resume --force and a smaller learning rate",
            files::text::path(kept.path())
        ),
        _ => "try a smaller learning rate, or --clip-norm 1".to_string(),
    };
    let path = files::text::path(output.path());
    Err(Failure::failed(format!("--save {path} was not written: the run diverged at update {step}"), hint))
}

/// Prints the record, and where the weights are.
fn show(record: &Record, saved: Option<&Path>, json: bool) -> Result<(), Failure> {
    if json {
        return Ok(console::print(&report::jsonl(std::slice::from_ref(record)))?);
    }
    console::print(&format!("{}, {} weights, seed {}", record.recipe, record.task.weights, record.seed))?;
    for (epoch, seconds) in record.curve(Record::EPOCH_LOSS).iter().zip(record.epoch_seconds()) {
        console::print(&epoch_line(record, epoch, seconds))?;
    }
    if let Status::Diverged { step } = record.status {
        console::print(&format!("diverged at update {step}: try a smaller learning rate, or --clip-norm 1"))?;
    }
    if let Some(path) = saved {
        console::print(&format!("weights: {}", files::text::path(path)))?;
    }
    Ok(())
}

/// One line of an epoch: its training loss, and what was measured at its end.
fn epoch_line(record: &Record, epoch: &Point, seconds: f64) -> String {
    let at_end = |curve: &[Point]| curve.iter().rev().find(|point| point.epoch == epoch.epoch).copied();
    let mut line = format!("epoch {:>3}: training loss {:.4}", epoch.epoch, epoch.value);
    let metric = record.task.metric;
    for split in [Split::Validation, Split::Test] {
        if let Some(loss) = at_end(record.loss_curve(split)) {
            line += &format!(", {split} loss {:.4}", loss.value);
        }
        match at_end(record.metric_curve(split)) {
            Some(score) if metric.is_fraction() => {
                line += &format!(", {split} {} {:.2}%", metric.name(), 100.0 * score.value);
            }
            Some(score) if metric != Metric::Loss => {
                line += &format!(", {split} {} {:.4}", metric.name(), score.value);
            }
            _ => {}
        }
    }
    line + &format!(", {seconds:.2} s")
}

/// What the flags say of the recipe; a batch of `all` is filled in when the data is known.
fn recipe(matches: &ArgMatches) -> Result<Recipe, Failure> {
    let mut recipe = match matches.get_one::<String>("recipe") {
        Some(text) => text.parse::<Recipe>()?,
        None => {
            let name = matches.get_one::<String>("optimizer").expect("it has a default");
            Recipe::new(rules::parse(name)?)
        }
    };
    hyper_flags::apply(matches, &mut *recipe.method.rule)?;
    if let Some(text) = matches.get_one::<String>("schedule") {
        recipe.method.schedule = text.parse::<LrSchedule>()?;
    }
    if let Some(norm) = matches.get_one::<f64>("clip-norm") {
        recipe.method.clip = Some(Clip::Norm(*norm));
    }
    match batch(matches) {
        None | Some("all") => {}
        Some(text) => match text.parse() {
            Ok(batch) if batch > 0 => recipe.batch = batch,
            _ => {
                return Err(Failure::usage(
                    format!("--batch-size {text} is not a number of images"),
                    "a whole number from 1, or all for the whole training set",
                ));
            }
        },
    }
    recipe.check()?;
    Ok(recipe)
}

/// `--batch-size`, unless a recipe says it.
fn batch(matches: &ArgMatches) -> Option<&str> {
    let by_recipe = matches.contains_id("recipe");
    matches.get_one::<String>("batch-size").map(String::as_str).filter(|_| !by_recipe)
}

fn task(matches: &ArgMatches, dataset: data::Dataset) -> Result<Task, Failure> {
    let examples = Arc::new(InMemory::images(dataset));
    let name = matches.get_one::<String>("activation").expect("it has a default");
    let chosen = Activation::by_name(name).expect("only known names parse");
    let widths: Option<Vec<usize>> =
        matches.get_many::<u32>("layers").map(|widths| widths.map(|&width| width as usize).collect());
    Ok(match (model::of(matches), widths) {
        (Architecture::Mlp { .. }, Some(widths)) => {
            Task::with_widths(examples, &widths, chosen, Normalize::HALF)?
        }
        (Architecture::Mlp { hidden, .. }, None) => {
            let mlp = Architecture::Mlp { hidden, activation: chosen };
            Task::image_classifier(examples, &mlp, Normalize::HALF)?
        }
        (named, Some(_)) => {
            let message = format!("--layers are widths of an mlp, and --model is {named}");
            return Err(Failure::usage(message, "leave out one of the two"));
        }
        (named, None) => Task::image_classifier(examples, &named, Normalize::HALF)?,
    })
}

fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

fn path(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE").value_parser(value_parser!(PathBuf)).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}
