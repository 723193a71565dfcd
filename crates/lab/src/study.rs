//! Studies: tasks × recipes × spaces, each tuned alike, reported on fresh seeds, and compared with what may be
//! concluded.
//!
//! A [`Study`] says what is compared; a TOML file, or code, makes one. A *cell* is a task with an entry under a
//! ruleset. Every cell takes the same steps:
//!
//! 1. Trials: the points of its space, each on the tuning seeds, scored on validation examples.
//! 2. A quarter more trials; beyond an end of an interval, by a decade, where the best trial is in its outer tenth.
//! 3. The two best on further tuning seeds, which choose between them.
//! 4. The chosen one on the reporting seeds, with the test examples read once at the end of each run; and of the
//!    entry that a [`PilotPlan`] names on the pilot's seeds, for their spread alone.
//!
//! Trial i is a function of (seed of the study, task, ruleset, i) and the space, so that entries share the places of
//! their trials. What a cell does next is a function of the scores so far: order, threads, processes and kills change
//! nothing. All runs go through a [`Store`](crate::Store), so a study that was stopped goes on, and a finished one costs
//! nothing.
//!
//! One task from code:
//!
//! ```
//! use std::ops::ControlFlow;
//! use lab::Store;
//! use lab::store::Memory;
//! use lab::study::{Engine, Entry, Ruleset, Study};
//! use lab::tasks::{Setup, TaskSpec};
//!
//! let task = "rosenbrock".parse::<TaskSpec>()?.build(&mut Setup::offline().with_validation())?;
//! let entries = vec![Entry::new("sgd", "sgd".parse()?), Entry::new("adam", "adam".parse()?)];
//! let study = Study {
//!     rulesets: vec![Ruleset::Default, Ruleset::Lr],
//!     trials: 4,
//!     epochs: Some(2),
//!     ..Study::new("valley", vec![task.name.clone()], entries)
//! };
//! let (tasks, store) = ([task], Memory::default());
//! let engine = Engine::new(&study, &tasks, &store)?;
//! let outcome = engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(()))?;
//! assert!(outcome.is_complete());
//! // Cells come task by task, ruleset by ruleset, entry by entry.
//! let tuned = &outcome.cells[2..];
//! let (sgd, adam) = (tuned[0].mean().unwrap(), tuned[1].mean().unwrap());
//! assert!(tuned[0].tuning.as_ref().unwrap().trials.len() == 5 && sgd.min(adam) < 1.0);
//! // The records of the reporting runs, for curves and tables.
//! let records = outcome.cells[3].records(&store)?;
//! assert!(records[0].recipe.starts_with("adam lr="));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cell;
mod definition;
mod engine;
mod facts;
mod kept;
pub mod outcome;
mod pilot;
mod registered;
mod run;
mod shard;
#[cfg(test)]
mod simulation;
mod tuning;
mod twin;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use files::text;
use train::{Order, Recipe};

use crate::error::Error;
use crate::search::{Point, Sampler, Space, SpaceError, at_point, declared, hypers};
use crate::tasks::TaskSpec;

pub use definition::EXAMPLE;
pub use engine::{Engine, Planned, Position, Watch};
pub use facts::Facts;
pub use outcome::{Decision, Outcome};
pub use pilot::{PILOT_SEEDS_FROM, PilotPlan};
pub use registered::{register, registered};
pub use run::{CellId, Phase, Run};
pub use shard::Shard;

/// Comparison of recipes on tasks, with the protocol that it follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Name, unique in a store.
    pub name: String,
    /// Seed of the trials and of resampling; runs have the seeds below.
    pub seed: u64,
    /// Names of the tasks, of the registry if the study is to be written as TOML.
    pub tasks: Vec<String>,
    /// The recipes that are compared.
    pub entries: Vec<Entry>,
    /// Settings that are tuned; each ruleset is a comparison.
    pub rulesets: Vec<Ruleset>,
    /// Order of the trials.
    pub sampler: SearchMethod,
    /// Trials of each cell, before the quarter that is added.
    pub trials: usize,
    /// Seeds of each trial; its score is their median.
    pub tuning_seeds: usize,
    /// Further seeds on which the two best trials run before one is chosen; with 0 the best one is.
    pub fresh_seeds: usize,
    /// True if a quarter more trials follow, beyond the edges where the best is.
    pub extend: bool,
    /// Short races before whole runs.
    pub halving: Option<HalvingPlan>,
    /// Seeds of the reported runs.
    pub seeds: Range<u64>,
    /// Measurement of the spread of one entry, which the tests of all then use.
    pub pilot: Option<PilotPlan>,
    /// Epochs of a run; the task's own if `None`.
    pub epochs: Option<u32>,
    /// Evaluations in each epoch.
    pub evaluations: u32,
    /// Order of the examples.
    pub order: Order,
    /// Test that tells entries apart.
    pub test: DecidingTest,
    /// Confidence of intervals; 1 − confidence bounds the chance of a false difference in a task and ruleset.
    pub confidence: f64,
    /// Threads in all, if stated; results do not depend on it.
    pub threads: Option<usize>,
}

/// A recipe with its name and space.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Name, unique in the study.
    pub name: String,
    /// The recipe, with its settings where they are not tuned.
    pub recipe: Recipe,
    /// Batch size; the task's own if `None`.
    pub batch: Option<usize>,
    /// The space of the ruleset `full`, if it is not the declared one.
    pub space: Option<Space>,
    /// Name of the entry that this one repeats on tuning and reporting seeds that no other entry has: the A/A check.
    pub aa: Option<String>,
}

/// Settings that are tuned.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruleset {
    /// None: every recipe as it is.
    Default,
    /// The learning rate.
    Lr,
    /// The whole space.
    Full,
    /// These, where a recipe has them: `lr+weight_decay`.
    Names(Vec<String>),
}

/// Ways to choose the trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchMethod {
    /// Scrambled Sobol points.
    Sobol,
    /// Independent points.
    Random,
    /// As many values of each hyperparameter as give at most the number of trials.
    Grid,
}

/// Successive halving: trials begin with short runs, and the best of each rung go on to longer ones.
///
/// A run of a rung is trained with a schedule of its length. Rungs are synchronous, so that the result does not
/// depend on which run ends first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HalvingPlan {
    /// Epochs of the first rung.
    pub first: u32,
    /// Factor of the epochs from rung to rung; one in `eta` trials goes on.
    pub eta: usize,
}

/// Test whose corrected p-value tells two entries apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecidingTest {
    /// Student's t of the paired differences.
    StudentT,
    /// The sign-flip test of the paired differences.
    SignFlip,
}

/// The first tuning seed; reporting seeds are below, so that no seed is both.
pub const TUNING_SEEDS_FROM: u64 = 1_000_000;

/// The most trials, seeds or epochs of a study.
pub(crate) const MOST: usize = 100_000;

impl Study {
    /// The protocol's defaults for these entries: tuned learning rates, 12 Sobol trials on 3 seeds, 10 reporting seeds.
    pub fn new(name: &str, tasks: Vec<String>, entries: Vec<Entry>) -> Study {
        Study {
            name: name.to_string(),
            seed: 0,
            tasks,
            entries,
            rulesets: vec![Ruleset::Lr],
            sampler: SearchMethod::Sobol,
            trials: 12,
            tuning_seeds: 3,
            fresh_seeds: 3,
            extend: true,
            halving: None,
            seeds: 0..10,
            pilot: None,
            epochs: None,
            evaluations: 1,
            order: Order::Reshuffle,
            test: DecidingTest::StudentT,
            confidence: 0.95,
            threads: None,
        }
    }

    /// The same for tasks and recipes by their names.
    ///
    /// ```
    /// let study = lab::Study::of("valleys", &["beale"], &["sgd momentum=0.9", "adam"])?;
    /// assert_eq!(study.entries[0].name, "sgd momentum=0.9");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a recipe or the study cannot be.
    pub fn of(name: &str, tasks: &[&str], recipes: &[&str]) -> Result<Study, Error> {
        let entry = |text: &&str| Ok(Entry::new(text, text.parse()?));
        let entries = recipes.iter().map(entry).collect::<Result<_, Error>>()?;
        let study = Study::new(name, tasks.iter().map(ToString::to_string).collect(), entries);
        study.check().map(|()| study)
    }

    /// Checks names, numbers and spaces.
    ///
    /// # Errors
    /// The first that cannot be.
    pub fn check(&self) -> Result<(), Error> {
        named("study", &self.name)?;
        for (kind, names) in [
            ("task", self.tasks.clone()),
            ("entry", self.entries.iter().map(|entry| entry.name.clone()).collect()),
            ("ruleset", self.rulesets.iter().map(ToString::to_string).collect()),
        ] {
            if names.is_empty() {
                let message = format!("expected {} {kind}, found none", article(kind));
                return Err(fault(message, "a study needs at least one"));
            }
            names.iter().try_for_each(|name| named(kind, name))?;
            if let Some(i) = (1..names.len()).find(|&i| names[..i].contains(&names[i])) {
                let message = format!("duplicate {kind} `{}`", text::name(&names[i]));
                return Err(fault(message, "give each a name that no other has"));
            }
        }
        for (place, ruleset) in self.rulesets.iter().enumerate() {
            let same = |other: &&Ruleset| other.hypers() == ruleset.hypers();
            if let Some(other) = self.rulesets[..place].iter().find(same) {
                let message = format!("duplicate ruleset: `{ruleset}` tunes the same as `{other}`");
                return Err(fault(message, "leave out one of them"));
            }
        }
        let counts = [
            ("trials", self.trials, 1, 10_000),
            ("tuning_seeds", self.tuning_seeds, 1, MOST),
            ("fresh_seeds", self.fresh_seeds, 0, MOST),
            ("seeds", self.seeds.clone().count(), 1, MOST),
            ("epochs", self.epochs.unwrap_or(1) as usize, 1, MOST),
            ("evaluations", self.evaluations as usize, 1, MOST),
        ];
        for (name, count, least, most) in counts {
            if !(least..=most).contains(&count) {
                return Err(fault(
                    format!("expected {name} from {least} to {most}, found {count}"),
                    "change it in the study",
                ));
            }
        }
        if self.seeds.end > TUNING_SEEDS_FROM {
            return Err(fault(
                format!("expected reporting seeds below {TUNING_SEEDS_FROM}, found {:?}", self.seeds),
                "seeds from there on are for tuning, which no report may use",
            ));
        }
        if !(0.5..1.0).contains(&self.confidence) {
            return Err(fault(
                format!("expected confidence from 0.5 to less than 1, found {}", self.confidence),
                "such as 0.95",
            ));
        }
        self.check_races()?;
        self.check_pilot()?;
        for entry in &self.entries {
            entry.check()?;
            self.check_twin(entry)?;
            if self.sampler == SearchMethod::Grid {
                self.rulesets.iter().try_for_each(|ruleset| self.fits_grid(entry, ruleset))?;
            }
        }
        Ok(())
    }

    /// Checks that races are shorter than whole runs.
    fn check_races(&self) -> Result<(), Error> {
        let Some(HalvingPlan { first, eta }) = self.halving else { return Ok(()) };
        if first == 0 || eta < 2 {
            return Err(fault(
                format!("expected first from 1 and eta from 2, found {first} and {eta}"),
                "such as first = 1 and eta = 3",
            ));
        }
        let usual = |task: &String| Some(task.parse::<TaskSpec>().ok()?.info.budget.epochs);
        for task in &self.tasks {
            let Some(epochs) = self.epochs.or_else(|| usual(task)) else { continue };
            if first > epochs {
                let task = text::name(task);
                return Err(fault(
                    format!(
                        "expected halving.first of at most the {epochs} epochs of `{task}`, found {first}"
                    ),
                    "lower first, raise epochs, or leave halving out",
                ));
            }
        }
        Ok(())
    }

    fn fits_grid(&self, entry: &Entry, ruleset: &Ruleset) -> Result<(), Error> {
        let coarsest = Sampler::Grid { levels: 1 };
        let least = coarsest.trials(&entry.space_of(ruleset)).unwrap_or(1);
        if least <= self.trials {
            return Ok(());
        }
        let name = text::name(&entry.name);
        Err(fault(
            format!("expected at least {least} trials for the grid of `{name}`, found {}", self.trials),
            "raise trials, or take another sampler",
        ))
    }

    /// True if a ruleset tunes anything, for which validation examples are held out.
    pub fn tunes(&self) -> bool {
        self.rulesets.iter().any(|ruleset| *ruleset != Ruleset::Default)
    }

    /// All cells: task by task, ruleset by ruleset, entry by entry.
    pub fn cells(&self) -> Vec<CellId> {
        let mut cells = Vec::new();
        for task in 0..self.tasks.len() {
            for ruleset in 0..self.rulesets.len() {
                cells.extend((0..self.entries.len()).map(|entry| CellId { task, ruleset, entry }));
            }
        }
        cells
    }

    /// The name of a cell: `simplenn/lr/adam`.
    pub fn cell_name(&self, CellId { task, ruleset, entry }: CellId) -> String {
        format!("{}/{}/{}", self.tasks[task], self.rulesets[ruleset], self.entries[entry].name)
    }

    /// The rule by which entries are told apart under a ruleset; a pilot is added once it is measured.
    pub fn decision(&self, ruleset: usize) -> Decision {
        let chosen_on = match (&self.rulesets[ruleset], self.fresh_seeds) {
            (Ruleset::Default, _) => None,
            (_, 0) => Some(self.tuning_seeds),
            (_, fresh) => Some(fresh),
        };
        Decision { test: self.test, confidence: self.confidence, seed: self.seed, chosen_on, pilot: None }
    }

    /// The tasks of the registry that it names.
    ///
    /// # Errors
    /// If one is not of the registry.
    pub fn specs(&self) -> Result<Vec<TaskSpec>, Error> {
        let spec = |name: &String| {
            name.parse::<TaskSpec>()
                .map_err(|error| fault(error.to_string(), "`descent tasks` lists all tasks"))
        };
        self.tasks.iter().map(spec).collect()
    }
}

impl Entry {
    /// A recipe with the task's own batch size and the declared space.
    pub fn new(name: &str, recipe: Recipe) -> Entry {
        Entry { name: name.to_string(), recipe, batch: None, space: None, aa: None }
    }

    /// The space of a ruleset.
    pub fn space_of(&self, ruleset: &Ruleset) -> Space {
        let full = || self.space.clone().unwrap_or_else(|| declared(&self.recipe));
        let only = |names: &[&str]| {
            let mut space = full();
            // What an entry's own space leaves out is still tuned where the ruleset names it.
            let all = declared(&self.recipe).dimensions;
            let missing = all.into_iter().filter(|dimension| space.get(&dimension.name).is_none());
            let missing: Vec<_> = missing.collect();
            space.dimensions.extend(missing);
            space.dimensions.retain(|dimension| names.contains(&dimension.name.as_str()));
            space
        };
        match ruleset {
            Ruleset::Default => Space::default(),
            Ruleset::Lr => only(&["lr"]),
            Ruleset::Full => full(),
            Ruleset::Names(names) => only(&names.iter().map(String::as_str).collect::<Vec<_>>()),
        }
    }

    fn check(&self) -> Result<(), Error> {
        self.recipe.check()?;
        let Some(space) = &self.space else { return Ok(()) };
        let place = |error: String, hint: &str| {
            fault(format!("the space of `{}`: {error}", text::name(&self.name)), hint)
        };
        let known: Vec<&str> = hypers(&self.recipe).iter().map(|hyper| hyper.name).collect();
        space.check(&known).map_err(|error: SpaceError| place(error.to_string(), &error.hint()))?;
        for dimension in &space.dimensions {
            for value in dimension.domain.levels(2) {
                let point = Point { settings: vec![(dimension.name.clone(), value)] };
                at_point(&self.recipe, &point).map_err(|error| {
                    place(error.to_string(), "narrow the interval to the values that it takes")
                })?;
            }
        }
        Ok(())
    }
}

/// A name that can be part of the name of a cell.
fn named(kind: &str, name: &str) -> Result<(), Error> {
    let fits = !name.is_empty()
        && name.len() <= 100
        && name.trim() == name
        && !name.chars().any(|c| c.is_control() || c == '/' || c == '"' || c == '\\');
    fits.then_some(()).ok_or_else(|| {
        fault(
            format!(
                "expected {} {kind} name of 1 to 100 characters, found `{}`",
                article(kind),
                text::name(name)
            ),
            "names have no slashes, quotes or control characters, and no space at their ends",
        )
    })
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

pub(crate) fn fault(message: String, hint: &str) -> Error {
    Error::Study { message, hint: hint.to_string() }
}

impl fmt::Display for Ruleset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ruleset::Default => f.write_str("default"),
            Ruleset::Lr => f.write_str("lr"),
            Ruleset::Full => f.write_str("full"),
            Ruleset::Names(names) => f.write_str(&names.join("+")),
        }
    }
}

impl Ruleset {
    /// Names of what it tunes, each once and in one order; `None` of the whole space.
    fn hypers(&self) -> Option<BTreeSet<&str>> {
        match self {
            Ruleset::Default => Some(BTreeSet::new()),
            Ruleset::Lr => Some(BTreeSet::from(["lr"])),
            Ruleset::Full => None,
            Ruleset::Names(names) => Some(names.iter().map(String::as_str).collect()),
        }
    }
}

impl FromStr for Ruleset {
    type Err = String;

    /// `default`, `lr`, `full`, or names with `+` between.
    fn from_str(text: &str) -> Result<Ruleset, String> {
        match text.trim() {
            "default" => Ok(Ruleset::Default),
            "lr" => Ok(Ruleset::Lr),
            "full" => Ok(Ruleset::Full),
            _ => {
                let known: Vec<&str> = optim::rules::all()
                    .iter()
                    .flat_map(|rule| rule.hypers())
                    .chain(optim::wrappers::all().iter().flat_map(|wrapper| wrapper.hypers()))
                    .map(|hyper| hyper.name)
                    .collect();
                let names: Vec<String> = text.split('+').map(|name| name.trim().to_string()).collect();
                match names.iter().find(|name| !known.contains(&name.as_str())) {
                    None => Ok(Ruleset::Names(names)),
                    Some(name) => {
                        let all: Vec<&str> = ["default", "lr", "full"].into_iter().chain(known).collect();
                        let meant = files::text::nearest(name, &all);
                        let meant = meant.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
                        Err(format!("unknown ruleset or hyperparameter `{}`{meant}", text::name(name)))
                    }
                }
            }
        }
    }
}

/// Declares the words of an enum in files.
macro_rules! words {
    ($($type:ident: $($variant:ident = $word:literal),+;)+) => {
        $(
            impl $type {
                /// All words.
                pub const WORDS: &[&str] = &[$($word),+];

                /// The one of this word.
                pub fn of_word(word: &str) -> Option<$type> {
                    match word {
                        $($word => Some($type::$variant),)+
                        _ => None,
                    }
                }
            }

            impl fmt::Display for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(match self {
                        $($type::$variant => $word,)+
                    })
                }
            }
        )+
    };
}

words! {
    SearchMethod: Sobol = "sobol", Random = "random", Grid = "grid";
    DecidingTest: StudentT = "t", SignFlip = "sign-flip";
}
