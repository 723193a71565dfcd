use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use data::batches::Normalize;
use files::Output;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lab::LrFinder;
use lab::lr_finder::{Across, Ended, RangeTest, Start, Step, Sweep};
use optim::hyper::Value;
use std::ops::ControlFlow;
use train::{InMemory, Recipe, Task};

use crate::chart;
use crate::console;
use crate::dataset;
use crate::failure::Failure;
use crate::model;
use crate::stop::Stop;
use crate::text;
use crate::threads;
use crate::trained::Trained;

pub(crate) fn command() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        let parser = value_parser!(f64);
        Arg::new(name)
            .long(name)
            .value_name("X")
            .value_parser(parser)
            .default_value(default)
            .allow_negative_numbers(true)
            .help(help)
    };
    Command::new("find-lr")
        .about("Looks for a learning rate by a range test")
        .long_about(
            "Trains copies of a network for a few moments while the learning rate rises from far too small to far \
             too great (the range test of Smith 2017), draws the smoothed loss over the rate, and says which rate \
             it would choose, why, and when not to trust it. The recipe's schedule stands aside while the rate rises.",
        )
        .after_help(
            "Examples:\n  descent find-lr --optimizer adam\n  \
             descent find-lr --optimizer 'sgd momentum=0.9, clip=1, batch=128' --seeds 9\n  \
             descent find-lr --optimizer rmsprop --dataset fashion-mnist --svg rmsprop.svg\n  \
             descent find-lr --weights digits.safetensors --from 1e-6 --to 1    to train on\n\n\
             The rate that is chosen is printed as a recipe for `descent train --recipe`.",
        )
        .arg(
            Arg::new("optimizer")
                .long("optimizer")
                .visible_alias("recipe")
                .value_name("RECIPE")
                .default_value("adam")
                .help("The update rule with all settings: 'adamw weight_decay=0.1, clip=1, batch=128'"),
        )
        .args(dataset::arguments())
        .arg(model::argument().conflicts_with("weights"))
        .arg(
            Arg::new("layers")
                .long("layers")
                .value_name("W,W,…")
                .value_delimiter(',')
                .value_parser(value_parser!(u32).range(1..=65_536))
                .conflicts_with_all(["model", "weights"])
                .help("Layer widths of an mlp, pixels to classes [default: the notebook's 784,128,64,10]"),
        )
        .arg(
            Arg::new("weights")
                .long("weights")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Begin with these weights, as `descent train --save` writes them; the file is only read"),
        )
        .arg(
            Arg::new("seeds")
                .long("seeds")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=1000))
                .default_value("5")
                .help("Sweeps, with seeds 0 to N − 1 for weights and batches"),
        )
        .arg(number("from", "1e-7", "The first rate"))
        .arg(number("to", "10", "The last rate"))
        .arg(
            Arg::new("steps")
                .long("steps")
                .value_name("N")
                .value_parser(value_parser!(u32))
                .default_value("200")
                .help("Updates of a sweep, each with its own rate"),
        )
        .arg(number("smoothing", "0.9", "Share of the smoothed loss that is kept at each update"))
        .arg(threads::argument("Threads in all; the result does not depend on it [default and most: one a core]"))
        .arg(
            Arg::new("svg")
                .long("svg")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write a picture here, and beside it the numbers as .csv and .json"),
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print all that was found as JSON and nothing else"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    // Everything that can be wrong in the settings is said before any data is fetched.
    let recipe: Recipe = matches.get_one::<String>("optimizer").expect("it has a default").parse()?;
    let sweep = sweep(matches);
    sweep.check()?;
    lab::lr_finder::check(&recipe)?;
    let svg = matches.get_one::<PathBuf>("svg");
    let files = svg.map(|path| [path.clone(), path.with_extension("csv"), path.with_extension("json")]);
    let outputs =
        files.iter().flatten().map(|path| Output::claim(path, "--svg")).collect::<Result<Vec<_>, _>>()?;
    if let (Some(path), [picture, table, object]) = (svg, outputs.as_slice()) {
        // The table and the numbers take the picture's name with their own endings.
        for (output, other) in [(picture, table), (picture, object)] {
            output.differs_from(other.path(), "--svg").map_err(|_| {
                let path = files::text::path(path);
                Failure::usage(
                    format!("--svg {path}: expected a name for a picture, found one for its table"),
                    "name a picture, for example --svg range.svg; the table is written under range.csv",
                )
            })?;
        }
        if let Some(weights) = matches.get_one::<PathBuf>("weights") {
            outputs.iter().try_for_each(|output| output.differs_from(weights, "--weights"))?;
        }
    }
    let trained = matches.get_one::<PathBuf>("weights").cloned().map(Trained::read).transpose()?;

    // A signal ends the program at once while data are fetched; a later fetch goes on from there.
    let dataset = dataset::load(matches)?;
    let stop = Stop::listen()?;
    let task = match (&trained, matches.get_many::<u32>("layers")) {
        (Some(trained), _) => trained.task(dataset)?,
        (None, Some(widths)) => {
            let widths: Vec<usize> = widths.map(|&width| width as usize).collect();
            Task::with_widths(
                Arc::new(InMemory::images(dataset)),
                &widths,
                nn::Activation::Relu,
                Normalize::HALF,
            )?
        }
        (None, None) => {
            Task::image_classifier(Arc::new(InMemory::images(dataset)), &model::of(matches), Normalize::HALF)?
        }
    };
    let mut finder = LrFinder::new(&task, &recipe);
    finder.sweep = sweep;
    finder.seeds = (0..u64::from(*matches.get_one::<u32>("seeds").expect("it has a default"))).collect();
    finder.threads = threads::of(matches);
    if let Some(trained) = &trained {
        finder.start = Start::Weights(trained.weights());
    }

    let json = matches.get_flag("json");
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

    let object = serde_json::to_string(&test).expect("a test has no map and no fallible field") + "\n";
    let texts = [report::range_test_svg(&test), report::range_test_csv(&test), object.clone()];
    let written = outputs.iter().zip(&texts).try_for_each(|(output, text)| output.commit(text.as_bytes()));
    // What was found is shown in any case.
    let svg = svg.filter(|_| written.is_ok());
    console::print(&if json { object } else { page(&test, matches, svg, console::width()) })?;
    Ok(written?)
}

fn sweep(matches: &ArgMatches) -> Sweep {
    let number = |name: &str| *matches.get_one::<f64>(name).expect("it has a default");
    Sweep {
        from: number("from"),
        to: number("to"),
        steps: *matches.get_one::<u32>("steps").expect("it has a default"),
        smoothing: number("smoothing"),
        ..Sweep::default()
    }
}

/// The drawing, the table and what they say.
fn page(test: &RangeTest, matches: &ArgMatches, svg: Option<&PathBuf>, width: usize) -> String {
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
    page += &text::table(&rows(test), 2, width).concat();
    page += &format!("\n{}", text::paragraph(&test.why, 0, width));
    for doubt in &test.doubts {
        page += &format!("\n{}", text::paragraph(&format!("DOUBT: {doubt}"), 0, width));
    }
    for note in &test.notes {
        page += &format!("\n{}", text::paragraph(&format!("NOTE: {note}"), 0, width));
    }
    if let (Some(chosen), Some(flags)) = (&test.chosen, train_flags(matches)) {
        page += &format!("\nTrain with it:\n  descent train{flags} --recipe '{chosen}'\n");
    }
    if let Some(path) = svg {
        page += &format!("\npicture: {}\n", files::text::path(path));
    }
    page
}

/// What `train` has to be told beside the recipe; `None` where it cannot begin with the same weights.
fn train_flags(matches: &ArgMatches) -> Option<String> {
    let mut flags = String::new();
    for (name, default) in [("dataset", "mnist"), ("model", "mlp")] {
        let value = matches.get_one::<String>(name).expect("it has a default");
        if value != default {
            flags += &format!(" --{name} {value}");
        }
    }
    if let Some(widths) = matches.get_many::<u32>("layers") {
        flags += &format!(" --layers {}", widths.map(ToString::to_string).collect::<Vec<_>>().join(","));
    }
    (!matches.contains_id("weights")).then_some(flags)
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
fn rows(test: &RangeTest) -> Vec<[String; 6]> {
    let head = ["seed", "steepest", "lowest/10", "would choose", "edge", "ended at"].map(String::from);
    let mut rows = vec![head];
    for sweep in &test.sweeps {
        let reading = &sweep.reading;
        let ended = match sweep.ended {
            Ended::LastRate => "last rate".to_string(),
            Ended::Rose => format!("{} × lowest loss", test.sweep.stop),
            Ended::NotFinite => "not finite".to_string(),
        };
        let [steepest, tenth, choice, edge] =
            [reading.steepest, reading.tenth, reading.choice, reading.edge].map(digits);
        rows.push([sweep.seed.to_string(), steepest, tenth, choice, edge, ended]);
    }
    if test.sweeps.len() > 1 {
        for (name, of) in [
            ("median", (|across| across.median) as fn(Across) -> f64),
            ("least", |across| across.low),
            ("greatest", |across| across.high),
        ] {
            let [steepest, tenth, choice, edge] =
                [test.steepest, test.tenth, test.choices, test.edge].map(|across| digits(across.map(of)));
            rows.push([name.to_string(), steepest, tenth, choice, edge, String::new()]);
        }
    }
    rows
}

/// A rate with two digits; the dash stands for none.
fn digits(rate: Option<f64>) -> String {
    let short =
        |rate: f64| Value::Number(format!("{rate:.1e}").parse().expect("a number as printed")).to_string();
    rate.map_or("—".to_string(), short)
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
    /// For so many updates in all, `steps` in each sweep.
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
