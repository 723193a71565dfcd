mod budget;
mod looks;
mod results;
mod runner;
#[cfg(feature = "store")]
mod tasks;
mod tuning;
mod until;

use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, value_parser};
use lab::compare::recipe_names;
use lab::run_matrix::{KeptRuns, Settings, kept_in};
use lab::store::Holder;
use lab::study::Ruleset;
#[cfg(feature = "store")]
use lab::tasks::TaskSpec;
use lab::{Halt, RunMatrix, Store};
use optim::hyper::Value;
use train::{Budget, Event, Metric, Recipe, Record, Task};

use super::Command;
use crate::args::{ReportArgs, Seeds, TaskArgs, ThreadsArgs, TuiArgs};
use crate::console;
use crate::failure::Failure;
use crate::folders;
use crate::progress::Progress;
use crate::shell::quoted;
use crate::stop::Stop;
use crate::tensorboard::TensorBoardArgs;
use crate::tui::Screen;
use budget::Chosen;
use looks::Reached;
use results::Results;
use runner::{Places, Runner};
use tuning::Tuning;
use until::UntilArgs;

/// The notebook's optimizers with its learning rates.
const NOTEBOOK: [(&str, f64); 3] = [("sgd", 0.01), ("adam", 0.001), ("rmsprop", 0.001)];

/// Evaluations in each epoch: fine enough to see when 95% was reached, cheap enough not to matter.
const EVALUATIONS: u32 = 4;

#[derive(Args)]
#[command(
    about = "Trains several optimizers alike and says which differences are real",
    long_about = "Trains one network, if not told otherwise the notebook's, on the same data with each optimizer, \
        several times. Seed k gives every optimizer the same initial weights and the same batches, so that \
        differences between them are theirs and not luck's. Shows two tables, of the optimizers as they are set and \
        of the same with their learning rates tuned alike, and leaves a page with curves. Each run is kept as soon \
        as it is finished: after an interruption, the same command goes on.",
    after_help = "Examples:\n  descent compare\n  descent compare --quick\n  \
        descent compare --optimizers sgd,adamw --dataset fashion-mnist\n  \
        descent compare --optimizers 'sgd lr=0.1, sgd lr=0.1 momentum=0.9' --epochs 3\n  \
        descent compare --optimizers 'sam(adamw), cosine; adamw, cosine, clip=1'\n  \
        descent compare --tune full --trials 16 --seeds 10..20\n  \
        descent compare --budget 5min\n  \
        descent compare --until-ci 0.5 --most-seeds 60\n  \
        descent compare --tasks simplenn,mnist1d-conv,char-rnn --optimizers sgd,adam\n\n\
        A bare sgd, adam or rmsprop has the notebook's learning rate (0.01, 0.001,\n\
        0.001); every other one its own default. `descent optimizers` lists them all.\n\
        Where a recipe states its learning rate, or the task is a test function, nothing\n\
        is tuned unless --tune asks for it.\n\n\
        --until-ci looks at the results, adds half as many seeds again or more, and\n\
        looks again. The first look spends 2.5% of the 5% at which all is tested, the\n\
        second 0.83%, the k-th 5%/(k(k + 1)): so stopping when it suits does not raise\n\
        the chance of a false difference. Pairs that are still wide are named.",
    mut_arg("target", |target| target
        .requires(clap::builder::Resettable::Reset)
        .conflicts_with(clap::builder::Resettable::Reset)
        .allow_negative_numbers(true)
        .value_name("VALUE|COLUMN")
        .help("Count the time to this value of the metric [default: the task's; 0.95 of accuracy]; with --data, the column to learn")),
    mut_arg("json", |json| json.help("Print records and summary as JSON, one object a line, and nothing else")),
)]
pub(crate) struct Compare {
    /// Optimizers or whole recipes, between commas or ;: 'adam lr=0.01,sgd'
    #[arg(long, value_name = "LIST", default_value = OPTIMIZERS)]
    optimizers: String,
    /// Passes over the training set; hundreds of updates of a test function [default: the task's, or 5]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Seeds of each optimizer: N for 0 to N − 1, or FROM..TO without TO [default: 5; 1 of a test function]
    #[arg(long, value_name = "N|FROM..TO")]
    seeds: Option<Seeds>,
    /// Examples in a batch [default: the task's, or 64]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// Share finished runs with other comparisons and processes through this store [default: DESCENT_STORE, if set]
    #[cfg(feature = "store")]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Compare on these tasks, with ranks over all: names between commas; `descent tasks` lists them
    #[cfg(feature = "store")]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        conflicts_with_all = ["task", "data", "dataset", "model", "layers", "activation", "normalize", "target", "target_metric", "budget", "tensorboard", "until_ci", "most_seeds"],
    )]
    tasks: Vec<TaskSpec>,
    /// The same as --target VALUE, also with --data
    #[arg(long, value_name = "VALUE", allow_negative_numbers = true)]
    target_metric: Option<f64>,
    /// A first look: 1 epoch, 3 seeds, 8 trials (unless other flags say otherwise)
    #[arg(long)]
    quick: bool,
    /// Tune these settings of each alike: lr, full (all that are usually tuned), or names with + between
    #[arg(long, value_name = "WHICH", num_args = 0..=1, default_missing_value = "lr", conflicts_with = "untuned")]
    tune: Option<Ruleset>,
    /// Settings that are tried for each optimizer [default: 12]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000), conflicts_with = "untuned")]
    trials: Option<u32>,
    /// As many trials as fit into this time with all the rest, such as 60s or 5min; with --until-ci the usual trials and
    /// at most as many seeds as fit. Measured once, then kept
    #[arg(long, value_name = "TIME", conflicts_with_all = ["trials", "untuned"])]
    budget: Option<budget::TimeBudget>,
    /// Show the optimizers as they are set and tune nothing
    #[arg(long)]
    untuned: bool,
    #[command(flatten)]
    until: UntilArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    /// Folder for the results, and to go on from [default: a new one in results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    tensorboard: TensorBoardArgs,
    #[command(flatten)]
    tui: TuiArgs,
    #[command(flatten)]
    output: ReportArgs,
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
/// The same with --quick.
const QUICK_SEEDS: u32 = 3;
/// Trials of each recipe, and with --quick.
const TRIALS: u32 = 12;
const QUICK_TRIALS: u32 = 8;

impl Command for Compare {
    const NAME: &'static str = "compare";

    fn run(self) -> Result<(), Failure> {
        self.tui.check()?;
        if self.tune == Some(Ruleset::Default) {
            let message = "--tune: expected settings to tune, found `default`, which tunes nothing";
            return Err(Failure::usage(
                message,
                "such as --tune lr; --untuned shows the optimizers as they are set",
            ));
        }
        #[cfg(feature = "store")]
        if !self.tasks.is_empty() {
            return tasks::run(&self);
        }
        run(&self)
    }
}

/// Numbers of a comparison, from flags and defaults.
struct Numbers {
    epochs: u32,
    seeds: Range<u64>,
    threads: usize,
}

fn run(compare: &Compare) -> Result<(), Failure> {
    let (numbers, target) = (compare.numbers(), compare.target()?);
    let batch = compare.batch_size.map_or(compare.task.batch(BATCH), |batch| batch as usize);
    let recipes = recipes(&compare.optimizers, batch)?;
    compare.until.check(&numbers.seeds, recipes.len(), compare.task.is_seeded())?;
    if !compare.task.is_seeded() && compare.seeds.as_ref().is_some_and(|seeds| seeds.range().count() > 1) {
        console::note("no seed changes a test function: each optimizer runs once, with the first of --seeds");
    }
    let (json, wanted) = (compare.output.json(), compare.output.wanted()?);
    compare.out.as_ref().map_or(Ok(()), |folder| files::claim_folder(folder, "--out"))?;
    let board = compare.tensorboard.claim()?;

    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let task = load(compare, target)?;
    let tuning = tuning::study(compare, &task, &recipes, &numbers)?;
    let Numbers { epochs, seeds, threads } = numbers;
    let budget = Budget { epochs, evaluations: EVALUATIONS };
    let matrix = RunMatrix { task: &task, recipes, seeds: seeds.clone().collect(), budget, threads };
    let (folder, kept) = open_folder(compare, &matrix, tuning.as_ref())?;
    let stop = Stop::listen()?;
    warn(&matrix);

    let screen = compare.tui.open(&format!("compare on {}", task.name), false, &stop)?;
    let chosen = tuning.as_ref().and_then(|tuning| tuning.chosen.as_ref());
    chosen.map_or(Ok(()), |chosen| chosen.keep(&folder))?;
    let runner = Runner {
        compare,
        places: Places { kept: &kept, board: board.as_ref() },
        stop: &stop,
        screen: screen.as_ref(),
        command: command_line(compare, epochs, &seeds, chosen),
    };
    let looks = compare.until.first(&task, &seeds, most_seeds(compare, chosen));
    let Reached { comparison, tuned, stopped, runs } = looks::run(&runner, tuning.as_ref(), matrix, looks)?;
    let ended = screen.map_or(Vec::new(), Screen::finish);

    let shown = tuned.as_ref().filter(|tuned| tuned.has_result());
    let results = Results { folder: &folder, comparison: &comparison, tuned: shown };
    let written = results.write();
    let events = board.map_or(Ok(()), |board| board.write(&results.runs()));
    // They are shown in any case.
    results.show(json, wanted)?;
    written.and(events)?;
    match stop.code() {
        Some(code) if stopped => {
            let message = format!(
                "stopped: {} of {} runs were finished and are kept; the same command goes on with them",
                comparison.runs.len(),
                runs
            );
            Err(Failure::signal(code, message))
        }
        Some(code) if tuned.is_some_and(|tuned| !tuned.is_complete()) => Err(Failure::signal(
            code,
            "stopped while tuning: what is finished is kept, and the same command goes on with it",
        )),
        _ if !ended.is_empty() => Err(Failure::ended(&ended, "the same command trains what is missing")),
        _ => Ok(()),
    }
}

/// The task with the value of the metric that time is counted to.
fn load(compare: &Compare, target: Option<f64>) -> Result<Task, Failure> {
    let task = compare.task.load()?;
    let usual = match (compare.task.task, task.metric) {
        (None, Metric::Accuracy) => Some(0.95),
        _ => task.target,
    };
    Ok(Task { target: target.or(usual), ..task })
}

/// The folder for results with the runs that it has; says so where there are some.
fn open_folder(
    compare: &Compare,
    matrix: &RunMatrix<'_>,
    tuning: Option<&Tuning>,
) -> Result<(PathBuf, KeptRuns), Failure> {
    let most = most_seeds(compare, tuning.and_then(|tuning| tuning.chosen.as_ref()));
    let (tuning, until) = (tuning.map(Tuning::sentence), compare.until.rule(most));
    let settings = Settings { tuning, until, ..matrix.settings()? };
    let folder = folder(compare, &settings)?;
    let place = files::text::path(&folder);
    let kept = KeptRuns::open(&folder, &settings, &results::FILES, &mut || {
        console::note(&format!("waiting for another process that writes {place}"));
    })?;
    if !kept.is_empty() {
        let all = if compare.until.is_given() { String::new() } else { format!(" of {}", matrix.runs()) };
        console::note(&format!("going on with {place}: {}{all} runs are there", kept.len()));
    }
    Ok((folder, kept))
}

/// The most seeds that --until-ci goes to: those of the flag, or fewer by a budget.
fn most_seeds(compare: &Compare, chosen: Option<&Chosen>) -> u32 {
    chosen.and_then(|chosen| chosen.most_seeds).unwrap_or(compare.until.most())
}

impl Compare {
    /// The value of the metric that is asked for; with data of a user's own, --target is a column.
    fn target(&self) -> Result<Option<f64>, Failure> {
        let own = &self.task.data.own;
        let Some(text) = own.target.as_ref().filter(|_| !own.is_given()) else {
            return Ok(self.target_metric);
        };
        match text.parse() {
            Ok(value) if f64::is_finite(value) => Ok(Some(value)),
            _ => Err(Failure::usage(
                format!("--target: expected a number, found `{}`", files::text::name(text)),
                "such as --target 0.97; a column to learn needs --data",
            )),
        }
    }

    /// True if a recipe of the list states its learning rate.
    fn states_rates(&self) -> bool {
        self.optimizers.contains("lr=")
    }

    /// Settings that are tuned, if any: those of --tune, or learning rates if trials are asked for, or by default where
    /// no recipe states one and the task has examples to hold out.
    fn ruleset(&self, has_examples: bool) -> Option<Ruleset> {
        let by_default = has_examples && !self.untuned && !self.states_rates();
        let asked = self.trials.is_some() || self.budget.is_some();
        self.tune.clone().or((by_default || asked).then_some(Ruleset::Lr))
    }

    /// Trials of each recipe, where no budget gives their number.
    fn trials(&self) -> usize {
        self.trials.unwrap_or(if self.quick { QUICK_TRIALS } else { TRIALS }) as usize
    }

    /// The numbers that flags give, or else the task and --quick.
    fn numbers(&self) -> Numbers {
        let quick = |usual, quick| if self.quick { quick } else { usual };
        let quick_seeds = if self.until.is_given() { until::FEWEST } else { QUICK_SEEDS };
        let usual = self.task.seeds(quick(SEEDS, quick_seeds)).into();
        let mut seeds = self.seeds.as_ref().map_or(0..usual, Seeds::range);
        if !self.task.is_seeded() {
            seeds.end = seeds.start + 1;
        }
        Numbers {
            epochs: self.epochs.unwrap_or(quick(self.task.epochs(EPOCHS), 1)),
            seeds,
            threads: self.threads.count(),
        }
    }
}

/// Says which settings leave weights untrained.
fn warn(matrix: &RunMatrix<'_>) {
    for recipe in &matrix.recipes {
        let per_epoch = matrix.task.steps_per_epoch(recipe.batch);
        for warning in recipe.warnings(per_epoch, matrix.budget.epochs) {
            console::note(&format!("warning: {warning}"));
        }
    }
}

/// Runs the recipes as they are set; true if a signal stopped it.
fn as_they_are(runner: &Runner<'_>, matrix: &RunMatrix<'_>) -> Result<(Vec<Record>, bool), Failure> {
    let Runner { compare, places, stop, screen, .. } = runner;
    let store = open_store(compare)?;
    let steps = |recipe: &Recipe| matrix.task.steps_per_epoch(recipe.batch);
    let steps = matrix.recipes.iter().map(steps).sum::<u64>() * u64::from(matrix.budget.epochs);
    let batches = steps * matrix.seeds.len() as u64;
    let keep_claims = || store.iter().for_each(|store| drop(lab::store::keep_claims(&**store)));
    let quiet = compare.output.json() || screen.is_some();
    let progress = Progress::new(matrix.runs(), batches, matrix.workers(), quiet)
        .with_names(recipe_names(&matrix.recipes))
        .meanwhile(&keep_claims)
        .on(*screen, "as they are set", batches);
    let (stopped, unkept) = (AtomicBool::new(false), Once::new());
    let known = |key: &str| places.kept.get(key);
    let watch = |place, event: &Event| {
        let word = progress.read(place, event);
        if let Event::RunFinished { record } = event
            && let Err(error) = places.put(record)
        {
            // All is written once more at the end; by then there may be room.
            unkept.call_once(|| console::note(&format!("warning: finished runs are not kept: {error}")));
        }
        if stop.asked() {
            stopped.store(true, Ordering::Relaxed);
            return ControlFlow::Break(Halt::All);
        }
        word
    };
    let told = Once::new();
    let waiting = |holder: &Holder| {
        if !holder.is_of_this_process() {
            told.call_once(|| console::note(&format!("waiting for runs of {holder}")));
        }
        stopped.store(stop.asked(), Ordering::Relaxed);
        stop.flow()
    };
    let records = match &store {
        Some(store) => matrix.run_in(&**store, &known, &watch, &waiting)?,
        None => matrix.run_others(&known, &watch)?,
    };
    progress.finish();
    Ok((records, stopped.into_inner()))
}

/// One recipe for each optimizer of the list.
fn recipes(list: &str, batch: usize) -> Result<Vec<Recipe>, Failure> {
    let mut recipes: Vec<Recipe> = Vec::new();
    for (mut recipe, text) in Recipe::list(list, batch)? {
        let optimizer = text.split(',').next().unwrap_or_default().trim();
        if let Some((_, lr)) = NOTEBOOK.iter().find(|(name, _)| *name == optimizer) {
            recipe.spec.rule.set("lr", Value::Number(*lr))?;
        }
        if recipes.contains(&recipe) {
            return Err(Failure::usage(
                format!("duplicate `{}`", recipe.spec),
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
    path.map(|path| super::runs::open(&path)).transpose()
}

/// No store: the program was built without.
#[cfg(not(feature = "store"))]
fn open_store(_: &Compare) -> Result<Option<Box<dyn Store>>, Failure> {
    Ok(None)
}

/// The folder for results: the one that was named, the last one of this comparison, or a new one.
fn folder(compare: &Compare, settings: &Settings) -> Result<PathBuf, Failure> {
    if let Some(folder) = &compare.out {
        return Ok(folder.clone());
    }
    let (parent, name) = (Path::new("results"), folder_name(compare));
    let ours = |folder: &PathBuf| kept_in(folder, settings).is_some();
    match folders::numbered(parent, &name).into_iter().find(ours) {
        Some(folder) => Ok(folder),
        None => folders::make_next(parent, &name),
    }
}

/// Name of new folders, before their numbers.
fn folder_name(compare: &Compare) -> String {
    format!("compare-{}", compare.task.name())
}

/// The command that makes this comparison again; `chosen` is what a budget gave.
fn command_line(compare: &Compare, epochs: u32, seeds: &Range<u64>, chosen: Option<&Chosen>) -> String {
    let mut command = "descent compare".to_string();
    if compare.optimizers != OPTIMIZERS {
        command += &format!(" --optimizers {}", quoted(&compare.optimizers));
    }
    command += &compare.task.flags();
    if epochs != compare.task.epochs(EPOCHS) {
        command += &format!(" --epochs {epochs}");
    }
    match seeds.start {
        0 if seeds.end == u64::from(compare.task.seeds(SEEDS)) => {}
        0 => command += &format!(" --seeds {}", seeds.end),
        from => command += &format!(" --seeds {from}..{}", seeds.end),
    }
    if let Some(batch) = compare.batch_size.filter(|&batch| batch as usize != compare.task.batch(BATCH)) {
        command += &format!(" --batch-size {batch}");
    }
    if let Ok(Some(target)) = compare.target() {
        command += &format!(" --target-metric {target}");
    }
    let most = chosen.and_then(|chosen| chosen.most_seeds);
    command + &compare.until.flags(most) + &tuning::flags(compare, chosen.map(|chosen| chosen.trials))
}
