//! A comparison: what several runs of several optimizers say together.

mod curve;
mod looks;
mod names;
mod studied;
mod tuned;
mod verdict;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats::{self, Contrast, Correction, Interval, PairedTest, simultaneous, simultaneous_at_look};
use looks::ALPHA;
use train::record::Point;
use train::{Direction, Metric, Record, Split};

pub use curve::CurvePoint;
pub use looks::{Looks, half_width};
pub use names::{names, recipe_names};
pub use tuned::{Tuned, same_recipe};
pub use verdict::{Verdict, Warning};

/// Records and everything computed from them; all that a report needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The command that makes this comparison again.
    pub command: String,
    /// Settings that all runs share, in the order to show them: (`"data set"`, `"mnist, 60,000 …"`).
    pub settings: Vec<(String, String)>,
    /// The measure that recipes are compared by.
    pub metric: Metric,
    /// The value of the metric that `to_target` counts to, if there is one.
    pub target: Option<f64>,
    /// One row an optimizer, in the order given by the user.
    pub rows: Vec<Row>,
    /// Every pair of optimizers, the better one first.
    pub pairs: Vec<Pair>,
    /// All runs.
    pub runs: Vec<Record>,
    /// The looks, if seeds were added until the intervals were narrow; intervals and p-values are corrected for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looks: Option<Looks>,
}

/// A mean over seeds with its 95% confidence interval (Student's t); `low` and `high` are
/// `None` with fewer than two values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Arithmetic mean.
    pub mean: f64,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Number of values.
    pub n: usize,
}

/// One optimizer over all its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The optimizer's name; unique among the rows.
    pub optimizer: String,
    /// Canonical spelling of its settings.
    pub recipe: String,
    /// Its first and last seed, where another row has the same recipe on other seeds (A/A).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<(u64, u64)>,
    /// Runs in all.
    pub runs: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Training loss of the last epoch, over finished runs; `None` if all diverged.
    pub train_loss: Option<Estimate>,
    /// The metric at the end, on the test examples.
    pub score: Option<Estimate>,
    /// Runs that reached the target.
    pub reached: usize,
    /// Median epochs to the target, over all runs (a run that never got there counts as
    /// infinite); `None` if fewer than half reached it.
    pub epochs_to_target: Option<f64>,
    /// Median training seconds to the target, likewise.
    pub seconds_to_target: Option<f64>,
    /// Median seconds of training an epoch.
    pub seconds_per_epoch: Option<f64>,
    /// Bytes of optimizer state for each weight.
    pub state_bytes_per_weight: usize,
    /// Gradients taken for each batch, over finished runs: the work of an epoch relative to one gradient a batch.
    #[serde(default)]
    pub gradients_per_batch: Option<f64>,
    /// Training loss over epochs, over the seeds that got so far.
    pub train_curve: Vec<CurvePoint>,
    /// The metric over epochs, over the seeds that got so far.
    pub score_curve: Vec<CurvePoint>,
}

/// Two optimizers on the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The one with the better mean metric.
    pub better: String,
    /// The other.
    pub worse: String,
    /// Mean of the paired gains in the metric; the intervals of all pairs hold together at 95%.
    pub difference: Estimate,
    /// Two-sided p-value of the paired t-test, Bonferroni-corrected over all pairs; `None` with fewer
    /// than two pairs of seeds.
    pub p_value: Option<f64>,
    /// True if the seeds tell the two apart at the 5% level.
    pub distinct: bool,
}

impl Row {
    /// True if a run is one of this row.
    pub fn has(&self, run: &Record) -> bool {
        let is_seed = self.seeds.is_none_or(|(first, last)| (first..=last).contains(&run.seed));
        is_seed && run.recipe == self.recipe
    }
}

impl Comparison {
    /// Groups runs by recipe and tests all pairs. Optimizers come in the order of their first run; `command`
    /// is what made the runs.
    pub fn new(runs: Vec<Record>, target: Option<f64>, command: String) -> Comparison {
        Comparison::at_look(runs, target, command, None)
    }

    /// The same at a look of a comparison that adds seeds: the intervals of rows and pairs are wider and the p-values
    /// greater, so that they hold whenever one stops.
    pub fn at_look(
        runs: Vec<Record>,
        target: Option<f64>,
        command: String,
        looks: Option<Looks>,
    ) -> Comparison {
        let metric = runs.first().map_or(Metric::Loss, |run| run.task.metric);
        let mut groups: Vec<(String, Vec<&Record>)> = Vec::new();
        for run in &runs {
            match groups.iter_mut().find(|(_, group)| group[0].recipe == run.recipe) {
                Some((_, group)) => group.push(run),
                None => groups.push((run.optimizer.clone(), vec![run])),
            }
        }
        let recipes: Vec<(&str, &str)> =
            groups.iter().map(|(name, group)| (name.as_str(), group[0].recipe.as_str())).collect();
        let names = names(&recipes);
        groups.iter_mut().zip(names).for_each(|((name, _), short)| *name = short);
        let rows = groups.iter().map(|(name, group)| row(name, group, target, looks.as_ref())).collect();
        if groups.iter().all(|(_, group)| verdict::repeats(group)) {
            groups.iter_mut().for_each(|(_, group)| group.truncate(1));
        }
        let pairs = pairs(&groups, metric.direction(), looks.as_ref());
        Comparison { command, settings: settings(&runs), metric, target, rows, pairs, runs, looks }
    }

    /// The runs of a row.
    pub fn runs_of<'c>(&'c self, row: &'c Row) -> impl Iterator<Item = &'c Record> {
        self.runs.iter().filter(move |run| row.has(run))
    }

    /// Gives rows other names: (old, new).
    fn rename(&mut self, names: &[(String, String)]) {
        let rename = |name: &mut String| {
            if let Some((_, new)) = names.iter().find(|(old, _)| old == name) {
                name.clone_from(new);
            }
        };
        self.rows.iter_mut().for_each(|row| rename(&mut row.optimizer));
        self.pairs
            .iter_mut()
            .for_each(|Pair { better, worse, .. }| [better, worse].into_iter().for_each(rename));
    }
}

fn row(name: &str, runs: &[&Record], target: Option<f64>, looks: Option<&Looks>) -> Row {
    let estimate = |values| estimate(values, looks);
    let finished: Vec<&Record> = runs.iter().copied().filter(|run| run.finished()).collect();
    let to_target: Vec<(f64, f64)> = runs.iter().map(|run| time_to(target, run)).collect();
    let reached = to_target.iter().filter(|(epochs, _)| epochs.is_finite()).count();
    let middle = |values: Vec<f64>| stats::median(&values).filter(|x| x.is_finite());
    let epoch_seconds = runs.iter().flat_map(|run| run.epoch_seconds()).collect();
    Row {
        optimizer: name.to_string(),
        recipe: runs.first().map_or(String::new(), |run| run.recipe.clone()),
        seeds: None,
        runs: runs.len(),
        diverged: runs.len() - finished.len(),
        train_loss: estimate(finished.iter().filter_map(|run| run.final_train_loss()).collect()),
        score: estimate(finished.iter().filter_map(|run| run.final_metric()).collect()).map(|score| {
            if runs.iter().all(|run| run.task.metric.is_fraction()) { fraction(score) } else { score }
        }),
        reached,
        epochs_to_target: middle(to_target.iter().map(|(epochs, _)| *epochs).collect()),
        seconds_to_target: middle(to_target.iter().map(|(_, seconds)| *seconds).collect()),
        seconds_per_epoch: middle(epoch_seconds),
        state_bytes_per_weight: runs.first().map_or(0, |run| run.state_bytes_per_weight),
        gradients_per_batch: middle(finished.iter().filter_map(|run| run.gradients_per_batch()).collect()),
        train_curve: curve::over_runs(runs, |run| run.curve(Record::TRAIN_LOSS)),
        score_curve: curve::over_runs(runs, watched),
    }
}

/// Epochs and seconds at the first evaluation that reaches the target; infinite if none does.
fn time_to(target: Option<f64>, run: &Record) -> (f64, f64) {
    let reaches = |value| target.is_some_and(|target| run.direction().reaches(value, target));
    let hit = watched(run).iter().find(|point| reaches(point.value));
    hit.map_or((f64::INFINITY, f64::INFINITY), |point| (point.epoch, point.seconds))
}

/// The metric during a run: on the validation examples, if there are any.
pub fn watched(run: &Record) -> &[Point] {
    let of = |split| Some(run.metric_curve(split)).filter(|curve| !curve.is_empty());
    of(Split::Validation).or_else(|| of(Split::Test)).unwrap_or(&[])
}

fn estimate(values: Vec<f64>, looks: Option<&Looks>) -> Option<Estimate> {
    let half = match looks {
        Some(looks) => stats::mean_interval(&values, 1.0 - looks.level()).map(|found| found.half_width()),
        None => stats::interval95(&values),
    };
    let mean = stats::mean(&values);
    (!values.is_empty()).then(|| Estimate {
        mean,
        low: half.map(|half| mean - half),
        high: half.map(|half| mean + half),
        n: values.len(),
    })
}

/// An estimate of a fraction: its interval ends where fractions do.
fn fraction(estimate: Estimate) -> Estimate {
    let inside = |end: Option<f64>| end.map(|x| x.clamp(0.0, 1.0));
    Estimate { low: inside(estimate.low), high: inside(estimate.high), ..estimate }
}

/// Every pair of optimizers, over the seeds that both finished. The intervals are simultaneous, by the same
/// correction as the p-values, so a pair is told apart just where its interval is without 0.
fn pairs(optimizers: &[(String, Vec<&Record>)], direction: Direction, looks: Option<&Looks>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, (a, a_runs)) in optimizers.iter().enumerate() {
        for (b, b_runs) in &optimizers[i + 1..] {
            let gains: Vec<f64> = a_runs
                .iter()
                .filter_map(|run| {
                    let other = b_runs.iter().find(|other| other.seed == run.seed)?;
                    Some(direction.gain(run.final_metric()?, other.final_metric()?))
                })
                .collect();
            match stats::mean(&gains) < 0.0 {
                _ if gains.is_empty() => {}
                true => pairs.push((b, a, gains.into_iter().map(|gain| -gain).collect())),
                false => pairs.push((a, b, gains)),
            }
        }
    }
    let family: Vec<&[f64]> = pairs.iter().map(|(.., gains)| gains.as_slice()).collect();
    let (test, correction, confidence) = (PairedTest::StudentT, Correction::Bonferroni, 1.0 - ALPHA);
    let contrasts = match looks {
        Some(looks) => simultaneous_at_look(&family, test, correction, looks.number(), confidence),
        None => simultaneous(&family, test, correction, confidence),
    };
    let pair = |((better, worse, gains), contrast): (&(&String, &String, Vec<f64>), Contrast)| {
        let tested = gains.len() >= 2 && contrast.p.is_finite();
        let Interval { low, high } = contrast.interval;
        let end = |x: f64| Some(x).filter(|x| gains.len() >= 2 && x.is_finite());
        let difference =
            Estimate { mean: stats::mean(gains), low: end(low), high: end(high), n: gains.len() };
        Pair {
            better: (*better).clone(),
            worse: (*worse).clone(),
            difference,
            p_value: tested.then_some(contrast.adjusted_p),
            distinct: tested && contrast.told_apart,
        }
    };
    pairs.iter().zip(contrasts).map(pair).collect()
}

/// Settings that all runs share; one in which they differ is left to the rows.
fn settings(runs: &[Record]) -> Vec<(String, String)> {
    let Some(first) = runs.first() else { return Vec::new() };
    let seeds: BTreeMap<u64, ()> = runs.iter().map(|run| (run.seed, ())).collect();
    let shared = |name: &str, of: &dyn Fn(&Record) -> String| {
        let value = of(first);
        let same = runs.iter().all(|run| of(run) == value);
        (name.to_string(), if same { value } else { "differs between runs".to_string() })
    };
    vec![
        shared("data set", &|r| {
            let examples = |split| r.examples(split);
            match (examples(Split::Train), examples(Split::Validation), examples(Split::Test)) {
                (0, ..) => r.task.data.name.clone(),
                (train, 0, test) => {
                    format!("{}, {train} training and {test} test examples", r.task.data.name)
                }
                (train, validation, test) => format!(
                    "{}, {train} training, {validation} validation and {test} test examples",
                    r.task.data.name
                ),
            }
        }),
        shared("data from", &|r| r.task.data.origin.clone()),
        shared("network", &|r| format!("{}, {} weights", r.task.model, r.task.weights)),
        shared("loss", &|r| r.task.loss.clone()),
        shared("batch", &|r| r.batch.to_string()),
        shared("epochs", &|r| r.budget.epochs.to_string()),
        ("seeds".to_string(), seeds.into_keys().map(|seed| seed.to_string()).collect::<Vec<_>>().join(", ")),
        shared("threads in a run", &|r| r.environment.threads.to_string()),
        shared("kernels", &|r| r.environment.kernel.clone()),
    ]
}
