//! What a range test found, over its seeds: plain data for tables and pictures.

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
    /// Whether it was the embedded sample rather than the whole set.
    pub sample: bool,
    /// The model's layer widths, such as `784-128-64-10`.
    pub model: String,
    /// Number of trained weights.
    pub weights: usize,
    /// The optimizer's name, such as `adam`.
    pub optimizer: String,
    /// The recipe that was tested, as it was given.
    pub recipe: String,
    /// What was copied: `fresh weights`, …
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
    /// What the seeds would choose.
    pub choices: Option<Across>,
    /// The rate to choose, to two digits; `None` if fewer than half of the seeds point to one.
    pub choice: Option<f64>,
    /// The recipe with that rate.
    pub chosen: Option<String>,
    /// What is chosen and why, or why nothing is, in words.
    pub why: String,
    /// Reasons not to trust it.
    pub doubts: Vec<String>,
    /// What was done otherwise than in a run.
    pub notes: Vec<String>,
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
    /// How it ended.
    pub ended: Ended,
    /// What it says.
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
    /// How many seeds have it.
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
        let mut test = RangeTest {
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
            why: String::new(),
            doubts: vec![],
            notes: notes(recipe),
            sweeps,
        };
        (test.why, test.doubts) = (test.reason(), test.doubts());
        test
    }

    /// What is chosen and why.
    fn reason(&self) -> String {
        let (Some(choice), Some(steepest), Some(tenth)) = (self.choice, self.steepest, self.tenth) else {
            return match self.edge {
                _ if self.sweeps.is_empty() => "No sweep was finished, so nothing is chosen.".to_string(),
                Some(edge) => format!(
                    "Nothing is chosen: the loss does not clearly fall at any rate. It climbs from about {} on.",
                    written(edge.median)
                ),
                None => {
                    "Nothing is chosen: the loss neither clearly falls nor climbs at any rate.".to_string()
                }
            };
        };
        let from_edge = self.edge.map_or(String::new(), |edge| {
            format!(
                " From there to the edge of divergence, {}, it is a factor of {}.",
                written(edge.median),
                written(edge.median / choice)
            )
        });
        format!(
            "lr={} would be chosen: half way, in orders of magnitude, between the rate where the loss falls most \
             steeply ({}), which tends to be too bold, and a tenth of the rate where it is lowest ({}), which \
             tends to be too timid.{from_edge}",
            written(choice),
            written(steepest.median),
            written(tenth.median)
        )
    }

    /// Reasons not to trust it.
    fn doubts(&self) -> Vec<String> {
        let RangeTest { sweep, sweeps, choices, edge, .. } = self;
        let n = sweeps.len();
        let mut doubts = vec![];
        if n == 0 {
            return doubts;
        }
        let flat = sweeps.iter().filter(|sweep| sweep.reading.choice.is_none()).count();
        if flat > 0 {
            doubts.push(format!(
                "The curve of {} is flat: the loss never falls clearly below its beginning, compared with the \
                 noise of the batches. Take more steps, larger batches, or weights that have more to learn.",
                of_seeds(flat, n)
            ));
        }
        let borne = sweeps.iter().filter(|sweep| sweep.reading.edge.is_none()).count();
        if borne > 0 {
            doubts.push(format!(
                "The edge of divergence was not reached by {}: rates up to {} are borne, and the lowest loss \
                 may lie beyond. Let the sweep end at a greater rate.",
                of_seeds(borne, n),
                written(sweep.to)
            ));
        }
        let low = sweep.rate(sweep.steps as usize / 5);
        let early = |sweep: &SeedSweep| sweep.reading.choice.is_some_and(|choice| choice < low);
        let early = sweeps.iter().filter(|sweep| early(sweep)).count();
        if early > 0 {
            doubts.push(format!(
                "The loss of {} falls from the first rates on, so {} may be too great to begin with. Let the \
                 sweep begin at a smaller rate.",
                of_seeds(early, n),
                written(sweep.from)
            ));
        }
        if let Some(Across { low, high, seeds, .. }) = choices.filter(|found| found.high > AGREE * found.low)
        {
            doubts.push(format!(
                "The seeds disagree: {seeds} of them would choose from {} to {}. Take more seeds, more steps or \
                 larger batches.",
                written(low),
                written(high)
            ));
        }
        if let (Some(steepest), Some(tenth)) = (self.steepest, self.tenth)
            && (steepest.median > APART * tenth.median || tenth.median > APART * steepest.median)
        {
            doubts.push(format!(
                "The two readings are a factor of {} apart, so the middle between them says little.",
                written((steepest.median / tenth.median).max(tenth.median / steepest.median))
            ));
        }
        if let (Some(choice), Some(edge)) = (self.choice, edge)
            && edge.low < NEAR * choice
        {
            doubts.push(format!(
                "The choice is near the edge of divergence: one seed leaves it at {}. Take a third of it, or a \
                 warm-up.",
                written(edge.low)
            ));
        }
        if n == 1 {
            doubts.push("One seed cannot tell luck from merit.".to_string());
        }
        if self.sample {
            doubts.push(format!("This ran on a SAMPLE of {}, not on the whole set.", self.dataset));
        }
        doubts
    }
}

/// Choices within this factor agree.
const AGREE: f64 = 5.0;
/// Two readings within this factor have a middle.
const APART: f64 = 30.0;
/// A choice is near an edge within this factor.
const NEAR: f64 = 3.0;

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
    let method = &mut recipe.method;
    let before = replace_rate(&mut *method.rule, |_| rate).expect("a rule whose rate was looked for has one");
    let scaled = |lr: f64| two_digits(lr * rate / before);
    for group in &mut method.groups {
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

fn notes(recipe: &Recipe) -> Vec<String> {
    let method = &recipe.method;
    let mut notes = vec![];
    if method.schedule != LrSchedule::default() {
        notes.push(format!(
            "The schedule `{}` stood aside while the rate rose; it multiplies the rate that is chosen.",
            method.schedule
        ));
    }
    if method.plateau.is_some() {
        notes.push("The plateau stood aside while the rate rose.".to_string());
    }
    let has_rate = |group: &Group| match &group.rule {
        GroupRule::Rule(rule) => rule.get("lr").is_some(),
        GroupRule::Settings(settings) => settings.iter().any(|(name, _)| name == "lr"),
    };
    if method.groups.iter().any(has_rate) {
        notes.push("The rates of groups rose in proportion, and are chosen so.".to_string());
    }
    notes
}

/// `2 of 5 seeds`, `all 5 seeds`.
fn of_seeds(count: usize, n: usize) -> String {
    match (count, n) {
        (_, 1) => "the one seed".to_string(),
        (count, n) if count == n => format!("all {n} seeds"),
        (count, n) => format!("{count} of {n} seeds"),
    }
}

/// A rate with two digits.
fn two_digits(rate: f64) -> f64 {
    format!("{rate:.1e}").parse().expect("a number as printed")
}

/// The same as text.
fn written(rate: f64) -> String {
    Value::Number(two_digits(rate)).to_string()
}
