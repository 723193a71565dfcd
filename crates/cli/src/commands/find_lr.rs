use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, value_parser};
use files::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::LrFinder;
use lab::lr_finder::{Across, Ended, RangeTest, Start, Step, Sweep};
use report::prose;
use std::ops::ControlFlow;
use train::Recipe;

use super::Command;
use crate::args::{DEFAULT_OPTIMIZER, OutputArgs, TaskArgs, ThreadsArgs};
use crate::chart;
use crate::console;
use crate::failure::Failure;
use crate::grid::Grid;
use crate::stop::Stop;
use crate::text;
use crate::trained::Trained;

#[derive(Args)]
#[command(
    about = "Looks for a learning rate by a range test",
    long_about = "Trains copies of a network for a few moments while the learning rate rises from far too small to far \
        too great (the range test of Smith 2017), draws the smoothed loss over the rate, and says which rate \
        it would choose, why, and when not to trust it. The recipe's schedule does not act while the rate rises.",
    after_help = "Examples:\n  descent find-lr --optimizer adam\n  \
        descent find-lr --optimizer 'sgd momentum=0.9, clip=1, batch=128' --seeds 9\n  \
        descent find-lr --optimizer rmsprop --dataset fashion-mnist --svg rmsprop.svg\n  \
        descent find-lr --weights digits.safetensors --from 1e-6 --to 1    to train on\n\n\
        The rate that is chosen is printed as a recipe for `descent train --recipe`.",
    mut_arg("json", |json| json.help("Print all that was found as JSON and nothing else")),
)]
pub(crate) struct FindLr {
    /// The update rule with all settings: 'adamw weight_decay=0.1, clip=1, batch=128'
    #[arg(long, visible_alias = "recipe", value_name = "RECIPE", default_value = DEFAULT_OPTIMIZER)]
    optimizer: String,
    /// Begin with these weights, as `descent train --save` writes them; the file is only read
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "layers", "activation"])]
    weights: Option<PathBuf>,
    /// Sweeps, with seeds 0 to N − 1 for weights and batches
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1000), default_value_t = 5)]
    seeds: u32,
    /// The first rate
    #[arg(long, value_name = "X", default_value = "1e-7", allow_negative_numbers = true)]
    from: f64,
    /// The last rate
    #[arg(long, value_name = "X", default_value = "10", allow_negative_numbers = true)]
    to: f64,
    /// Updates of a sweep, each with its own rate
    #[arg(long, value_name = "N", default_value_t = 200)]
    steps: u32,
    /// Fraction of the smoothed loss that is kept at each update
    #[arg(long, value_name = "X", default_value = "0.9", allow_negative_numbers = true)]
    smoothing: f64,
    #[command(flatten)]
    threads: ThreadsArgs,
    /// Write a picture here, and the numbers under the same name with .csv and .json
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    task: TaskArgs,
}

impl Command for FindLr {
    const NAME: &'static str = "find-lr";

    fn run(self) -> Result<(), Failure> {
        run(&self)
    }
}

fn run(find: &FindLr) -> Result<(), Failure> {
    // Everything that can be wrong in the settings is said before any data is fetched.
    let recipe: Recipe = find.optimizer.parse()?;
    let sweep = sweep(find);
    sweep.check()?;
    lab::lr_finder::check(&recipe)?;
    let outputs = claim(find)?;
    let trained = find.weights.clone().map(Trained::read).transpose()?;

    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let task = match &trained {
        Some(trained) => trained.examine(&find.task.data)?.task,
        None => find.task.load()?,
    };
    let stop = Stop::listen()?;
    let mut finder = LrFinder::new(&task, &recipe);
    finder.sweep = sweep;
    finder.seeds = (0..u64::from(find.seeds)).collect();
    finder.threads = find.threads.count();
    if let Some(trained) = &trained {
        finder.start = Start::Weights(trained.weights());
    }

    let json = find.output.json;
    let watch = Watch::new(finder.seeds.len() as u64 * u64::from(sweep.steps), u64::from(sweep.steps), json);
    let test = finder.run(&|step| {
        watch.step(step);
        if stop.asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    watch.finish();
    if let Some(code) = stop.code().filter(|_| test.sweeps.len() < finder.seeds.len()) {
        let done =
            format!("stopped after {} of {} sweeps; nothing is kept", test.sweeps.len(), finder.seeds.len());
        return Err(Failure::signal(code, done));
    }

    let object = report::range_test_json(&test) + "\n";
    let texts = [report::range_test_svg(&test), report::range_test_csv(&test), object.clone()];
    let written = outputs.iter().zip(&texts).try_for_each(|(output, text)| output.commit(text.as_bytes()));
    // What was found is shown in any case.
    let svg = find.svg.as_ref().filter(|_| written.is_ok());
    console::print(&if json { object } else { page(&test, find, svg, console::width()) })?;
    Ok(written?)
}

/// The picture, its table and its numbers; none where no picture is asked for.
fn claim(find: &FindLr) -> Result<Vec<Output>, Failure> {
    let Some(path) = &find.svg else { return Ok(Vec::new()) };
    // The table and the numbers take the picture's name with their own endings.
    let files = [path.clone(), path.with_extension("csv"), path.with_extension("json")];
    let outputs = files.iter().map(|path| Output::claim(path, "--svg")).collect::<Result<Vec<_>, _>>()?;
    for other in &outputs[1..] {
        outputs[0].differs_from(other.path(), "--svg").map_err(|_| {
            let path = files::text::path(path);
            Failure::usage(
                format!("--svg {path}: expected a name for a picture, found one for its table"),
                "name a picture, for example --svg range.svg; the table is written under range.csv",
            )
        })?;
    }
    for output in &outputs {
        if let Some(weights) = &find.weights {
            output.differs_from(weights, "--weights")?;
        }
        find.task.data.is_spared_by(output)?;
    }
    Ok(outputs)
}

fn sweep(find: &FindLr) -> Sweep {
    let &FindLr { from, to, steps, smoothing, .. } = find;
    Sweep { from, to, steps, smoothing, ..Sweep::default() }
}

/// The drawing, the table and what they say.
fn page(test: &RangeTest, find: &FindLr, svg: Option<&PathBuf>, width: usize) -> String {
    let seeds = if test.sweeps.len() == 1 { "1 seed".into() } else { format!("{} seeds", test.sweeps.len()) };
    let what = format!("{}, {}, {}, {seeds}", test.dataset, test.model, test.start);
    let mut page = text::paragraph(&test.recipe, 0, width) + &text::paragraph(&what, 0, width) + "\n";
    page += &chart::losses(test, &marks(test), width);
    page += &text::paragraph(
        "smoothed loss over the learning rate, median of the seeds; under it c: chosen, e: edge of divergence, \
         s: steepest descent, t: a tenth of the rate of the lowest loss",
        2,
        width,
    );
    page.push('\n');
    page += &table(test).lines(width - 2).iter().map(|line| format!("  {line}\n")).collect::<String>();
    page += &format!("\n{}", text::paragraph(&prose::reason(test), 0, width));
    for doubt in prose::doubts(test) {
        page += &format!("\n{}", text::paragraph(&format!("DOUBT: {doubt}"), 0, width));
    }
    for departure in &test.departures {
        let note = prose::departure(departure);
        page += &format!("\n{}", text::paragraph(&format!("NOTE: {note}"), 0, width));
    }
    if let (Some(chosen), Some(flags)) = (&test.chosen, train_flags(find)) {
        let command = format!("descent train{flags} --recipe '{chosen}'");
        page += &format!("\nTrain with it:\n{}", text::command(&command, 2, width));
    }
    if let Some(path) = svg {
        page += &format!("\npicture: {}\n", files::text::path(path));
    }
    page
}

/// The flags that `train` needs on top of the recipe; `None` where it cannot begin with the same weights.
fn train_flags(find: &FindLr) -> Option<String> {
    find.weights.is_none().then(|| find.task.flags())
}

/// Letters under the drawing, the most important first.
fn marks(test: &RangeTest) -> Vec<(char, f64)> {
    let median = |across: Option<Across>| across.map(|across| across.median);
    let letters = [
        ('c', test.choice),
        ('e', median(test.edge)),
        ('s', median(test.steepest)),
        ('t', median(test.tenth)),
    ];
    letters.into_iter().filter_map(|(letter, rate)| Some((letter, rate?))).collect()
}

/// One row a seed, then their median and how far they spread.
fn table(test: &RangeTest) -> Grid {
    let head = ["seed", "steepest", "lowest/10", "would choose", "edge", "ended at"];
    let mut rows = Vec::new();
    for sweep in &test.sweeps {
        let reading = &sweep.reading;
        let ended = match sweep.ended {
            Ended::LastRate => "last rate".to_string(),
            Ended::Rose => format!("{} × lowest loss", test.sweep.stop),
            Ended::NotFinite => "not finite".to_string(),
        };
        let [steepest, tenth, choice, edge] =
            [reading.steepest, reading.tenth, reading.choice, reading.edge].map(digits);
        rows.push(vec![sweep.seed.to_string(), steepest, tenth, choice, edge, ended]);
    }
    if test.sweeps.len() > 1 {
        for (name, of) in [
            ("median", (|across| across.median) as fn(Across) -> f64),
            ("least", |across| across.low),
            ("greatest", |across| across.high),
        ] {
            let [steepest, tenth, choice, edge] =
                [test.steepest, test.tenth, test.choices, test.edge].map(|across| digits(across.map(of)));
            rows.push(vec![name.to_string(), steepest, tenth, choice, edge, String::new()]);
        }
    }
    Grid { columns: head.map(|name| (name.to_string(), false)).into(), rows }
}

/// A rate with two digits, or a dash for none.
fn digits(rate: Option<f64>) -> String {
    rate.map_or("—".to_string(), prose::rate)
}

/// A bar, or a line now and then, when it takes longer than a second.
struct Watch {
    start: Instant,
    done: AtomicU64,
    total: u64,
    steps: u64,
    quiet: bool,
    shown: Mutex<Shown>,
}

struct Shown {
    bar: Option<ProgressBar>,
    told: Instant,
}

impl Watch {
    /// For `total` updates in all, `steps` in each sweep.
    fn new(total: u64, steps: u64, quiet: bool) -> Watch {
        let start = Instant::now();
        let shown = Mutex::new(Shown { bar: None, told: start });
        Watch { start, done: AtomicU64::new(0), total, steps, quiet, shown }
    }

    fn step(&self, step: Step) {
        // A sweep that ends early skips what was left of it.
        let made = if step.last { 1 + self.steps.saturating_sub(step.rates as u64) } else { 1 };
        let done = self.done.fetch_add(made, Ordering::Relaxed) + made;
        if self.quiet || self.start.elapsed() < PATIENCE {
            return;
        }
        let Ok(mut shown) = self.shown.try_lock() else { return };
        if console::is_live() {
            let bar = shown.bar.get_or_insert_with(|| {
                let style = ProgressStyle::with_template("  {wide_bar} {pos} of {len} updates, {eta} left");
                ProgressBar::with_draw_target(Some(self.total), ProgressDrawTarget::stderr())
                    .with_style(style.expect("the template is right"))
            });
            bar.set_position(done);
        } else if shown.told.elapsed() >= QUIET {
            shown.told = Instant::now();
            console::note(&format!("{done} of {} updates", self.total));
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.shown.lock().expect("no thread panicked").bar {
            bar.finish_and_clear();
        }
    }
}

/// Before anything is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two plain lines.
const QUIET: Duration = Duration::from_secs(5);
