use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, value_parser};
use files::Output;
use lab::run_matrix::RunId;
use lab::store::Summary;
use optim::{LrSchedule, clips};
use report::document::Format;
use train::record::{Point, Status};
use train::{Budget, Event, Keeper, Metric, Recipe, Record, Split, Task, Training, weights};

use super::Command;
use crate::args::{Count, DEFAULT_OPTIMIZER, DiagnosticsArgs, OutputArgs, TaskArgs, ThreadsArgs, TuiArgs};
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;
use crate::hyper_flags::HyperFlags;
use crate::own;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::tensorboard::{TensorBoard, TensorBoardArgs};
use crate::text;

#[derive(Args)]
#[command(
    about = "Trains one model",
    long_about = "Trains a network with one optimizer. The same settings and seed give the same \
        weights, bit for bit, on any number of threads and after any interruption.",
    after_help = "Examples:\n  descent train --optimizer adam --save digits.safetensors\n  \
        descent train --layers 784,256,10 --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov\n  \
        descent train --model 2c2d --batch-size 128                   a convolutional net\n  \
        descent train --task char-lstm                `descent tasks` lists the others\n  \
        descent train --optimizer sgd --lr 0.001 --batch-size 1       pure SGD\n  \
        descent train --optimizer sgd --lr 0.5 --batch-size all       batch gradient descent\n  \
        descent train --schedule 'cosine warmup=5%' --clip-norm 1\n  \
        descent train --epochs 50 --checkpoint-every 1000   then, after Ctrl-C or a crash:\n  \
        descent train --epochs 50 --checkpoint-every 1000 --resume\n\n\
        `descent explain NAME` tells what an optimizer's hyperparameters do.",
    mut_arg("json", |json| json.help("Print the run's record as JSON and nothing else")),
)]
pub(crate) struct Train {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Passes over the training set; hundreds of updates of a test function [default: the task's, or 5]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Of initial weights and batches
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    threads: ThreadsArgs,
    /// Write the trained weights here, for `evaluate`, `predict` and PyTorch
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Write a checkpoint here when stopped by Ctrl-C or SIGTERM, and at the end [default: checkpoint.safetensors,
    /// with --checkpoint-every or --resume]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Write a checkpoint every N updates too
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..))]
    checkpoint_every: Option<u64>,
    /// Go on from the checkpoint, and keep writing it
    #[arg(long)]
    resume: bool,
    /// Resume although the checkpoint has other settings
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    diagnostics: DiagnosticsArgs,
    #[command(flatten)]
    tensorboard: TensorBoardArgs,
    /// Write the page of the run here: its curves, and with --diagnostics histograms of its weights
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    tui: TuiArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    task: TaskArgs,
    #[command(flatten)]
    hyper: HyperFlags,
}

/// Flags for the optimizer and all around it but for its hyperparameters.
#[derive(Args)]
struct RecipeArgs {
    /// The update rule; `descent optimizers` lists them
    #[arg(long, value_name = "NAME", default_value = DEFAULT_OPTIMIZER)]
    optimizer: String,
    /// All settings in one: 'sam(adamw lr=3e-3), cosine warmup=5%, clip=1, batch=64'
    #[arg(long, value_name = "RECIPE", conflicts_with_all = ["optimizer", "schedule", "clip_norm", "batch_size"])]
    recipe: Option<String>,
    /// The learning rate over the run: 'cosine warmup=5%', 'wsd decay=30%'; see `descent explain`
    #[arg(long, value_name = "SCHEDULE")]
    schedule: Option<String>,
    /// Scale gradients whose norm over all weights is greater down to this
    #[arg(long, value_name = "NORM")]
    clip_norm: Option<f64>,
    /// Examples in a batch: 1 is pure SGD, all is batch gradient descent [default: the task's, or 64]
    #[arg(long, value_name = "N|all")]
    batch_size: Option<Count>,
}

/// Checkpoint where no other file is named.
const CHECKPOINT: &str = "checkpoint.safetensors";

/// Epochs where nothing is said.
const EPOCHS: u32 = 5;

impl Command for Train {
    const NAME: &'static str = "train";

    fn run(self) -> Result<(), Failure> {
        run(&self)
    }
}

fn run(train: &Train) -> Result<(), Failure> {
    // Everything that can be wrong in the settings is said before any data is fetched.
    train.tui.check()?;
    let mut recipe = train.recipe.read(&train.hyper)?;
    let Outputs { save, kept, page, board } = Outputs::claim(train)?;
    let checkpoint = train.checkpoint();
    let threads = train.threads.start()?;
    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let task = train.task.load()?;
    let stop = Stop::listen()?;
    train.fill_batch(&mut recipe, &task);
    let epochs = train.epochs.unwrap_or(train.task.epochs(EPOCHS));
    let (budget, seed) = (Budget { epochs, evaluations: 1 }, train.seed);
    let mut training = Training::new(&task, &recipe, seed, budget)?;
    if let Some(diagnostics) = train.diagnostics.diagnostics() {
        training = training.with_diagnostics(diagnostics);
    }

    training.warnings().iter().for_each(|warning| console::note(&format!("warning: {warning}")));

    if train.resume {
        go_on(&mut training, checkpoint, train.force)?;
    }

    let json = train.output.json;
    let screen = train.tui.open(&format!("train {}, {recipe}", task.name), true, &stop)?;
    let batches = training.total_steps() - training.progress().steps;
    let progress = Progress::new(1, batches, 1, json || screen.is_some()).on(
        screen.as_ref(),
        "",
        training.total_steps(),
    );
    let place = RunId { recipe: 0, seed, worker: 0 };
    let mut events = board.map(|board| board.begin(&training)).transpose()?;
    let mut keeper = Keeper::new(train.checkpoint_every);
    let written = threads.run(|| {
        keep(&mut training, &mut keeper, kept.as_ref(), &mut |training, event| {
            let ended = progress.read(place, event).is_break();
            events.iter_mut().for_each(|events| events.read(training, event));
            ended || stop.asked()
        })
    });
    progress.finish();
    if let Some(screen) = screen {
        screen.finish();
    }
    let events = events.map_or(Ok(()), |events| events.finish(&training));
    let written = written?;
    if let Some(code) = stop.code().filter(|_| !training.is_over()) {
        return Err(signaled(code, &training, kept.as_ref(), written));
    }
    let page = page.map_or(Ok(()), |page| write_page(&page, &training.record()));
    finish(save.as_ref(), kept.as_ref(), &training, &task, json)?;
    page?;
    events
}

/// Trains to the end or until `read`, which gets every event, asks for a stop, and writes checkpoints. True if the stop
/// was followed by one.
fn keep(
    training: &mut Training<'_>,
    keeper: &mut Keeper,
    kept: Option<&Output>,
    read: &mut dyn FnMut(&Training<'_>, &Event) -> bool,
) -> Result<bool, Failure> {
    let (mut failed, mut written) = (None, false);
    training.run_events(&mut |training, event| {
        let asked = read(training, event);
        if !matches!(event, Event::Progress { .. }) {
            return ControlFlow::Continue(());
        }
        if let Some(output) = kept
            && let Some(bytes) = keeper.after_step(training, asked)
        {
            failed = output.commit(&bytes).err();
            written = failed.is_none() && asked;
        }
        if asked || failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    failed.map_or(Ok(written), |error| Err(error.into()))
}

/// The end of a run that a signal stopped.
fn signaled(code: u8, training: &Training<'_>, kept: Option<&Output>, written: bool) -> Failure {
    let kept = match kept.map(|output| files::text::path(output.path())) {
        Some(path) if written => format!("{path} is written: go on with --resume"),
        Some(path) => format!("{path} is as it was"),
        None => "nothing is kept: --checkpoint-every keeps checkpoints".to_string(),
    };
    let (done, total) = (training.progress().steps, training.total_steps());
    Failure::signal(code, format!("stopped at update {done} of {total}; {kept}"))
}

/// Files that a run writes, tried before any work.
struct Outputs {
    /// The weights at the end.
    save: Option<Output>,
    /// The checkpoint.
    kept: Option<Output>,
    page: Option<Output>,
    board: Option<TensorBoard>,
}

impl Outputs {
    fn claim(train: &Train) -> Result<Outputs, Failure> {
        let claim =
            |path: &Option<PathBuf>, flag| path.as_ref().map(|path| Output::claim(path, flag)).transpose();
        let keeps = train.resume || train.checkpoint_every.is_some() || train.checkpoint.is_some();
        let checkpoint = train.checkpoint();
        let (save, page) = (claim(&train.save, "--save")?, claim(&train.html, "--html")?);
        let kept = keeps.then(|| Output::claim(checkpoint, "--checkpoint")).transpose()?;
        for output in save.iter().chain(&page) {
            output.differs_from(checkpoint, "--checkpoint")?;
        }
        if let (Some(page), Some(save)) = (&page, &save) {
            page.differs_from(save.path(), "--save")?;
        }
        save.iter().chain(&kept).chain(&page).try_for_each(|output| train.task.data.is_spared_by(output))?;
        Ok(Outputs { save, kept, page, board: train.tensorboard.claim()? })
    }
}

impl Train {
    /// Fills in a batch that the flags leave to the task, or that has all of its examples.
    fn fill_batch(&self, recipe: &mut Recipe, task: &Task) {
        match self.recipe.batch_size {
            Some(Count::All) => recipe.batch = task.examples.len(Split::Train),
            None if self.recipe.recipe.is_none() => recipe.batch = self.task.batch(recipe.batch),
            _ => {}
        }
    }

    /// The checkpoint that is named, or the usual one.
    fn checkpoint(&self) -> &Path {
        self.checkpoint.as_deref().unwrap_or(Path::new(CHECKPOINT))
    }
}

/// Goes on from the checkpoint, if it is there.
fn go_on(training: &mut Training<'_>, checkpoint: &Path, force: bool) -> Result<(), Failure> {
    let path = files::text::path(checkpoint);
    if checkpoint.exists() {
        training.resume(checkpoint, force)?;
        console::note(&format!("going on from {path} at update {}", training.progress().steps));
    } else {
        console::note(&format!("no checkpoint {path} yet: starting from the beginning"));
    }
    Ok(())
}

/// Writes the page of the run.
fn write_page(page: &Output, record: &Record) -> Result<(), Failure> {
    let summary = Summary::new(record.key(), record, 0);
    page.commit(report::run_document(&summary, record).render(Format::Html).as_bytes())?;
    console::note(&format!("page: {}", files::text::path(page.path())));
    Ok(())
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
    let trouble = trouble(training, &record);
    if trouble.is_none() && training.warnings().is_empty() {
        hardly_trained(training).iter().for_each(|warning| console::note(&format!("warning: {warning}")));
    }
    let saved = match save.filter(|_| trouble.is_none()) {
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
    let shown = show(&record, task, trouble.as_ref(), saved.as_ref().ok().copied().flatten(), json);
    saved?;
    shown?;
    let (Some(trouble), Some(lost)) = (trouble, save.or(kept)) else { return Ok(()) };
    // The checkpoint is of the last good state, which a run that diverges at once does not have.
    let hint = match kept {
        Some(kept) if kept.path().exists() => format!(
            "go on from the last good checkpoint, {}, with --resume --force and a smaller learning rate",
            files::text::path(kept.path())
        ),
        _ => trouble.advice,
    };
    let (option, path) = (lost.flag(), files::text::path(lost.path()));
    Err(Failure::failed(format!("{option} {path} was not written: the run {}", trouble.what), hint))
}

/// Change of the largest weight below which a run has trained next to nothing: a few times the spacing of `f32`.
const HARDLY: f64 = 1e-6;

/// Note on a run whose end is its start.
fn hardly_trained(training: &Training<'_>) -> Option<String> {
    let change = training.largest_change();
    let settings = "look at the learning rate, its schedule and the clipping";
    match change {
        0.0 => Some(format!("no weight has changed: nothing was trained; {settings}")),
        _ if change < HARDLY => Some(format!(
            "no weight has changed by more than {change:.1e} of the largest: next to nothing was trained; \
             {settings}"
        )),
        _ => None,
    }
}

/// Next step where the weights have exploded.
const SMALLER: &str = "try a smaller learning rate, or --clip-norm 1";

/// The reason why the weights at the end are of no use.
struct Trouble {
    /// After "the run".
    what: String,
    /// Next step, after the setting that may be to blame.
    advice: String,
}

fn trouble(training: &Training<'_>, record: &Record) -> Option<Trouble> {
    let advice = match training.warnings().first() {
        Some(warning) => format!("{warning}; otherwise {SMALLER}"),
        None => SMALLER.to_string(),
    };
    let first = training.progress().first_loss;
    if let Status::Diverged { step } = record.status
        && !first.is_finite()
        && step <= 1
    {
        let what = "began with a loss that is not finite, before any update".to_string();
        let advice =
            "look for huge numbers in the data; --normalize and --normalize-targets standard scale them";
        return Some(Trouble { what, advice: advice.to_string() });
    }
    if let Status::Diverged { step } = record.status {
        return Some(Trouble { what: format!("diverged at update {step}"), advice });
    }
    let last = training.exploded()?;
    let what = format!("exploded: its loss went from {} to {}", text::loss(first), text::loss(last));
    Some(Trouble { what, advice })
}

/// Prints the record, and where the weights are.
fn show(
    record: &Record,
    task: &Task,
    trouble: Option<&Trouble>,
    saved: Option<&Path>,
    json: bool,
) -> Result<(), Failure> {
    if json {
        return Ok(console::print(&report::jsonl(std::slice::from_ref(record)))?);
    }
    let width = console::width();
    let heading = format!("{}, {} weights, seed {}", record.recipe, record.task.weights, record.seed);
    console::print(&text::paragraph(&heading, 0, width))?;
    for normalization in own::normalization(task) {
        console::print(&text::paragraph(&normalization, 0, width))?;
    }
    for (epoch, seconds) in record.curve(Record::EPOCH_LOSS).iter().zip(record.epoch_seconds()) {
        let (start, measured) = epoch_line(record, epoch, seconds);
        console::print(&text::hanging(&start, &measured, width))?;
    }
    if !record.diagnostics.is_empty() {
        let of_all_weights = record.diagnostics.iter().filter(|(name, _)| !name.contains('/'));
        console::print(&Grid::of_curves(of_all_weights).lines(width).join("\n"))?;
        console::print("each parameter's are in the record: --json")?;
    }
    if let Some(Trouble { what, advice }) = trouble {
        console::print(&text::paragraph(&format!("{what}: {advice}"), 0, width))?;
    }
    if let Some(path) = saved {
        console::print(&format!("weights: {}", files::text::path(path)))?;
    }
    Ok(())
}

/// One line of an epoch: its number, then its training loss, and what was measured at its end.
fn epoch_line(record: &Record, epoch: &Point, seconds: f64) -> (String, String) {
    let at_end = |curve: &[Point]| curve.iter().rev().find(|point| point.epoch == epoch.epoch).copied();
    let mut line = format!("training loss {}", text::loss(epoch.value));
    let metric = record.task.metric;
    for split in [Split::Validation, Split::Test] {
        if let Some(point) = at_end(record.loss_curve(split)) {
            line += &format!(", {split} loss {}", text::loss(point.value));
        }
        match at_end(record.metric_curve(split)) {
            Some(score) if metric.is_fraction() => {
                line += &format!(", {split} {} {:.2}%", metric.name(), 100.0 * score.value);
            }
            Some(score) if metric != Metric::Loss => {
                line += &format!(", {split} {} {}", metric.name(), text::loss(score.value));
            }
            _ => {}
        }
    }
    (format!("epoch {:>3}: ", epoch.epoch), line + &format!(", {seconds:.2} s"))
}

impl RecipeArgs {
    /// The recipe by these flags; a batch of `all` is filled in when the data is known.
    fn read(&self, hyper: &HyperFlags) -> Result<Recipe, Failure> {
        let mut recipe = match &self.recipe {
            Some(text) => text.parse::<Recipe>()?,
            None => Recipe::new(optim::parse_rule(&self.optimizer)?),
        };
        hyper.apply(&mut *recipe.spec.rule)?;
        if let Some(text) = &self.schedule {
            recipe.spec.schedule = text.parse::<LrSchedule>()?;
        }
        if let Some(norm) = self.clip_norm {
            recipe.spec.clip = Some(Box::new(clips::Norm { max_norm: norm }));
        }
        if let Some(Count::Of(count)) = self.batch_size {
            recipe.batch = count;
        }
        recipe.check()?;
        Ok(recipe)
    }
}
