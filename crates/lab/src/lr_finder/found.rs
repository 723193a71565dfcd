//! Results of a range test over its seeds: plain data for tables and pictures.

use optim::hyper::Value;
use optim::{DynRule, Group, GroupRule, LrSchedule};
use serde::{Deserialize, Serialize};
use tensor::simd;

use super::suggestion::{Curve, Ended, Suggestion};
use super::{LrFinder, Start, Sweep};
use crate::stats;
use train::Recipe;

/// Everything a range test found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RangeTest {
    /// The version of this form, 1, when it was written.
    pub schema: u32,
    /// The data set's name, such as `mnist`.
    pub dataset: String,
    /// Where its bytes came from, in words for a person.
    pub origin: String,
    /// True if it was the embedded sample rather than the whole set.
    pub sample: bool,
    /// The model's layer widths, such as `784-128-64-10`.
    pub model: String,
    /// Number of trained weights.
    pub weights: usize,
    /// The optimizer's name, such as `adam`.
    pub optimizer: String,
    /// The recipe that was tested, as it was given.
    pub recipe: String,
    /// State that was copied: `fresh weights`, …
    pub start: String,
    /// The instruction set that the kernels used.
    pub kernel: String,
    /// The rates and how the loss was looked at.
    pub sweep: Sweep,
    /// One a seed, in the order of the seeds.
    pub sweeps: Vec<SeedSweep>,
    /// The median of the smoothed losses at each rate, as long as half of the seeds got there.
    pub median: Vec<f64>,
    /// The rate of steepest descent.
    pub steepest: Option<Across>,
    /// A tenth of the rate where the loss is lowest.
    pub tenth: Option<Across>,
    /// The edge of divergence.
    pub edge: Option<Across>,
    /// Choices of the seeds.
    pub choices: Option<Across>,
    /// The rate to choose, to two digits; `None` if fewer than half of the seeds point to one.
    pub choice: Option<f64>,
    /// The recipe with that rate.
    pub chosen: Option<String>,
    /// Differences from an ordinary run of the recipe.
    pub departures: Vec<Departure>,
}

/// A part of the recipe that a range test treats otherwise than a run does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Departure {
    /// This schedule, as a recipe spells it, does not act while the rate rises.
    Schedule(String),
    /// The plateau does not act while the rate rises.
    Plateau,
    /// The rates of groups rise in proportion to the recipe's own.
    GroupRates,
}

/// One sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedSweep {
    /// Of batches, and of weights where they were fresh.
    pub seed: u64,
    /// The loss at each rate, before the update with it.
    pub losses: Vec<f64>,
    /// The same, smoothed.
    pub smoothed: Vec<f64>,
    /// End of the sweep.
    pub ended: Ended,
    /// Rates read from the curve.
    pub reading: Suggestion,
}

/// A rate over the seeds that have it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Across {
    /// The middle one; of two, their geometric mean.
    pub median: f64,
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
    /// Number of seeds that have it.
    pub seeds: usize,
}

impl SeedSweep {
    pub(super) fn new(seed: u64, curve: Curve, ended: Ended) -> SeedSweep {
        let reading = curve.read();
        SeedSweep { seed, losses: curve.losses, smoothed: curve.smoothed, ended, reading }
    }
}

impl RangeTest {
    pub(super) fn new(finder: &LrFinder<'_>, sweeps: Vec<SeedSweep>) -> RangeTest {
        let LrFinder { task, recipe, start, sweep, .. } = finder;
        let across = |of: fn(&Suggestion) -> Option<f64>| {
            Across::of(sweeps.iter().filter_map(|sweep| of(&sweep.reading)).collect())
        };
        let choices = across(|reading| reading.choice);
        let choice =
            choices.filter(|found| 2 * found.seeds >= sweeps.len()).map(|found| two_digits(found.median));
        RangeTest {
            schema: 1,
            dataset: task.examples.info().name.clone(),
            origin: task.examples.info().origin.clone(),
            sample: task.examples.info().sample,
            model: task.model_name.clone(),
            weights: task.model.layout().len(),
            optimizer: recipe.name(),
            recipe: recipe.to_string(),
            start: describe(start),
            kernel: simd::path().name().to_string(),
            sweep: *sweep,
            median: median(&sweeps),
            steepest: across(|reading| reading.steepest),
            tenth: across(|reading| reading.tenth),
            edge: across(|reading| reading.edge),
            choices,
            choice,
            chosen: choice.map(|rate| with_rate(recipe, rate).to_string()),
            departures: departures(recipe),
            sweeps,
        }
    }
}

impl Across {
    fn of(rates: Vec<f64>) -> Option<Across> {
        let logs: Vec<f64> = rates.iter().map(|rate| rate.ln()).collect();
        // One of the rates where there is a middle one, to the last bit.
        let median =
            if rates.len() % 2 == 1 { stats::median(&rates) } else { stats::median(&logs).map(f64::exp) };
        Some(Across {
            median: median?,
            low: rates.iter().copied().fold(f64::INFINITY, f64::min),
            high: rates.iter().copied().fold(0.0, f64::max),
            seeds: rates.len(),
        })
    }
}

/// The median of the smoothed losses at each rate that half of the seeds or more have tried.
fn median(sweeps: &[SeedSweep]) -> Vec<f64> {
    let longest = sweeps.iter().map(|sweep| sweep.smoothed.len()).max().unwrap_or(0);
    let at = |step: usize| {
        let there: Vec<f64> = sweeps.iter().filter_map(|sweep| sweep.smoothed.get(step).copied()).collect();
        // A sweep that has ended counts as above all others.
        let gone = std::iter::repeat_n(f64::INFINITY, sweeps.len() - there.len());
        stats::median(&there.into_iter().chain(gone).collect::<Vec<_>>()).filter(|loss| loss.is_finite())
    };
    (0..longest).map_while(at).collect()
}

/// The recipe with another rate, and those of its groups in proportion.
fn with_rate(recipe: &Recipe, rate: f64) -> Recipe {
    let mut recipe = recipe.clone();
    let spec = &mut recipe.spec;
    let before = replace_rate(&mut *spec.rule, |_| rate).expect("a rule whose rate was looked for has one");
    let scaled = |lr: f64| two_digits(lr * rate / before);
    for group in &mut spec.groups {
        match &mut group.rule {
            GroupRule::Rule(rule) => drop(replace_rate(&mut **rule, scaled)),
            GroupRule::Settings(settings) => {
                for (name, value) in settings {
                    if let ("lr", Value::Number(lr)) = (name.as_str(), value) {
                        *lr = scaled(*lr);
                    }
                }
            }
        }
    }
    recipe
}

/// Gives a rule another rate and returns the one it had, if it has any.
fn replace_rate(rule: &mut dyn DynRule, by: impl Fn(f64) -> f64) -> Option<f64> {
    let Some(Value::Number(lr)) = rule.get("lr") else { return None };
    rule.set("lr", Value::Number(by(lr))).expect("a finite number is a rate");
    Some(lr)
}

fn describe(start: &Start<'_>) -> String {
    match start {
        Start::Fresh => "fresh weights".to_string(),
        Start::Weights(_) => "given weights".to_string(),
        Start::Run(run) => format!("a run after {} updates", run.progress().steps),
    }
}

fn departures(recipe: &Recipe) -> Vec<Departure> {
    let spec = &recipe.spec;
    let mut found = vec![];
    if spec.schedule != LrSchedule::default() {
        found.push(Departure::Schedule(spec.schedule.to_string()));
    }
    if spec.plateau.is_some() {
        found.push(Departure::Plateau);
    }
    let has_rate = |group: &Group| match &group.rule {
        GroupRule::Rule(rule) => rule.get("lr").is_some(),
        GroupRule::Settings(settings) => settings.iter().any(|(name, _)| name == "lr"),
    };
    if spec.groups.iter().any(has_rate) {
        found.push(Departure::GroupRates);
    }
    found
}

/// A rate with two digits.
fn two_digits(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().expect("a number as printed")
}
