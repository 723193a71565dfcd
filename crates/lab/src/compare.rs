//! A comparison: what several runs of several optimizers say together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stats;
use train::record::{Evaluation, RunRecord};

/// Records and everything computed from them; all that a report needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The command that makes this comparison again.
    pub command: String,
    /// Settings that all runs share, in the order to show them: (`"data set"`, `"mnist, 60,000 …"`).
    pub settings: Vec<(String, String)>,
    /// The accuracy that `to_target` counts to, 0 to 1.
    pub target: f64,
    /// One row an optimizer, in the order given by the user.
    pub rows: Vec<Row>,
    /// Every pair of optimizers, the better one first.
    pub pairs: Vec<Pair>,
    /// One sentence: which differences the paired seeds can and cannot tell apart.
    pub verdict: String,
    /// What a reader must know before believing the numbers (sample data, one seed, diverged runs).
    pub warnings: Vec<String>,
    /// All runs.
    pub runs: Vec<RunRecord>,
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
    /// How many values.
    pub n: usize,
}

/// One optimizer over all its seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The optimizer's name; unique among the rows.
    pub optimizer: String,
    /// Canonical spelling of its settings.
    pub recipe: String,
    /// Runs in all.
    pub runs: usize,
    /// Runs that diverged.
    pub diverged: usize,
    /// Training loss of the last epoch, over finished runs; `None` if all diverged.
    pub train_loss: Option<Estimate>,
    /// Test accuracy at the end, 0 to 1.
    pub accuracy: Option<Estimate>,
    /// Runs that reached the target accuracy.
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
    /// Gradients taken for each batch, over finished runs: how much work an epoch is beside that of others.
    #[serde(default)]
    pub gradients_per_batch: Option<f64>,
    /// Training loss over epochs, over the seeds that got so far.
    pub train_curve: Vec<CurvePoint>,
    /// Test accuracy over epochs, over the seeds that got so far.
    pub accuracy_curve: Vec<CurvePoint>,
}

/// A point of a curve over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Passes over the training set.
    pub epoch: f64,
    /// Mean over seeds.
    pub mean: f64,
    /// The least of the seeds.
    pub low: f64,
    /// The greatest of the seeds.
    pub high: f64,
}

/// Two optimizers on the same seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// The one with the higher mean accuracy.
    pub better: String,
    /// The other.
    pub worse: String,
    /// Mean of the paired differences in accuracy, with its 95% interval.
    pub difference: Estimate,
    /// Two-sided p-value of the paired t-test, Holm-corrected over all pairs; `None` with fewer
    /// than two pairs of seeds.
    pub p_value: Option<f64>,
    /// Whether the seeds tell the two apart at the 5% level.
    pub distinct: bool,
}

/// The accuracy that a comparison counts the time to, unless told otherwise.
pub const TARGET: f64 = 0.95;

impl Comparison {
    /// What the runs say together. Optimizers come in the order of their first run; `command`
    /// is what made the runs.
    pub fn new(runs: Vec<RunRecord>, target: f64, command: String) -> Comparison {
        let mut groups: Vec<(String, Vec<&RunRecord>)> = Vec::new();
        for run in &runs {
            match groups.iter_mut().find(|(_, group)| group[0].recipe == run.recipe) {
                Some((_, group)) => group.push(run),
                None => groups.push((run.optimizer.clone(), vec![run])),
            }
        }
        // Where one optimizer is there with several settings, these are part of its name.
        let names: Vec<String> = groups.iter().map(|(name, _)| name.clone()).collect();
        for (name, group) in &mut groups {
            if names.iter().filter(|other| *other == name).count() > 1 {
                *name = group[0].recipe.clone();
            }
        }
        let rows: Vec<Row> = groups.iter().map(|(name, group)| row(name, group, target)).collect();
        let pairs = pairs(&groups);
        let (verdict, warnings) = (verdict(&rows, &pairs), warnings(&runs, &rows));
        Comparison { command, settings: settings(&runs), target, rows, pairs, verdict, warnings, runs }
    }
}

fn row(name: &str, runs: &[&RunRecord], target: f64) -> Row {
    let finished: Vec<&RunRecord> = runs.iter().copied().filter(|run| run.finished()).collect();
    let to_target: Vec<(f64, f64)> = runs.iter().map(|run| time_to(target, &run.evaluations)).collect();
    let reached = to_target.iter().filter(|(epochs, _)| epochs.is_finite()).count();
    let middle = |values: Vec<f64>| stats::median(&values).filter(|x| x.is_finite());
    let epoch_seconds = runs.iter().flat_map(|run| run.epochs.iter().map(|e| e.seconds)).collect();
    Row {
        optimizer: name.to_string(),
        recipe: runs[0].recipe.clone(),
        runs: runs.len(),
        diverged: runs.len() - finished.len(),
        train_loss: estimate(finished.iter().filter_map(|run| run.final_train_loss()).collect()),
        accuracy: estimate(finished.iter().filter_map(|run| run.final_accuracy()).collect()).map(share),
        reached,
        epochs_to_target: middle(to_target.iter().map(|(epochs, _)| *epochs).collect()),
        seconds_to_target: middle(to_target.iter().map(|(_, seconds)| *seconds).collect()),
        seconds_per_epoch: middle(epoch_seconds),
        state_bytes_per_weight: runs[0].state_bytes_per_weight,
        gradients_per_batch: middle(finished.iter().filter_map(|run| run.gradients_per_batch()).collect()),
        train_curve: curve(runs.iter().flat_map(|run| run.train_curve.iter().map(|p| (p.epoch, p.loss)))),
        accuracy_curve: curve(
            runs.iter().flat_map(|run| run.evaluations.iter().map(|e| (e.epoch, e.test_accuracy))),
        ),
    }
}

/// Epochs and seconds at the first evaluation that reaches the target; infinite if none does.
fn time_to(target: f64, evaluations: &[Evaluation]) -> (f64, f64) {
    let hit = evaluations.iter().find(|e| e.test_accuracy >= target);
    hit.map_or((f64::INFINITY, f64::INFINITY), |e| (e.epoch, e.seconds))
}

fn estimate(values: Vec<f64>) -> Option<Estimate> {
    let (mean, half) = (stats::mean(&values), stats::interval95(&values));
    (!values.is_empty()).then(|| Estimate {
        mean,
        low: half.map(|half| mean - half),
        high: half.map(|half| mean + half),
        n: values.len(),
    })
}

/// An estimate of a share: its interval ends where shares do.
fn share(estimate: Estimate) -> Estimate {
    let inside = |end: Option<f64>| end.map(|x| x.clamp(0.0, 1.0));
    Estimate { low: inside(estimate.low), high: inside(estimate.high), ..estimate }
}

/// Groups (epoch, value) by epoch.
fn curve(points: impl Iterator<Item = (f64, f64)>) -> Vec<CurvePoint> {
    // Epochs are not negative, so their bits are ordered as they are.
    let mut by_epoch: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (epoch, value) in points {
        by_epoch.entry(epoch.to_bits()).or_default().push(value);
    }
    let point = |(epoch, values): (u64, Vec<f64>)| CurvePoint {
        epoch: f64::from_bits(epoch),
        mean: stats::mean(&values),
        low: values.iter().copied().fold(f64::INFINITY, f64::min),
        high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    };
    by_epoch.into_iter().map(point).collect()
}

/// Every pair of optimizers, over the seeds that both finished.
fn pairs(optimizers: &[(String, Vec<&RunRecord>)]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, (a, a_runs)) in optimizers.iter().enumerate() {
        for (b, b_runs) in &optimizers[i + 1..] {
            let differences: Vec<f64> = a_runs
                .iter()
                .filter_map(|run| {
                    let other = b_runs.iter().find(|other| other.seed == run.seed)?;
                    Some(run.final_accuracy()? - other.final_accuracy()?)
                })
                .collect();
            pairs.extend(pair(a, b, differences));
        }
    }
    let tested: Vec<usize> = (0..pairs.len()).filter(|&i| pairs[i].p_value.is_some()).collect();
    let adjusted = stats::holm(&tested.iter().filter_map(|&i| pairs[i].p_value).collect::<Vec<_>>());
    for (i, p_value) in tested.into_iter().zip(adjusted) {
        pairs[i].p_value = Some(p_value);
        pairs[i].distinct = p_value < 0.05;
    }
    pairs
}

/// Two optimizers by their paired differences in accuracy, before correction for many tests.
fn pair(a: &str, b: &str, mut differences: Vec<f64>) -> Option<Pair> {
    let (mut better, mut worse) = (a, b);
    if stats::mean(&differences) < 0.0 {
        (better, worse) = (b, a);
        differences.iter_mut().for_each(|d| *d = -*d);
    }
    let p_value = stats::paired_t_test(&differences);
    let difference = estimate(differences)?;
    Some(Pair { better: better.to_string(), worse: worse.to_string(), difference, p_value, distinct: false })
}

/// One sentence on which differences the seeds can and cannot tell apart.
fn verdict(rows: &[Row], pairs: &[Pair]) -> String {
    /// With more optimizers than this, only the pairs with the best one are named.
    const ALL_PAIRS: usize = 3;
    let Some(best) = rows.iter().filter(|row| row.accuracy.is_some()).max_by(|a, b| {
        let mean = |row: &Row| row.accuracy.as_ref().map_or(0.0, |a| a.mean);
        mean(a).total_cmp(&mean(b))
    }) else {
        return "No run finished, so there is nothing to compare.".to_string();
    };
    let name = &best.optimizer;
    if rows.len() == 1 {
        return format!("Only {name} ran, so there is nothing to compare it with.");
    }
    let seeds = rows.iter().map(|row| row.runs).max().unwrap_or(0);
    if seeds < 2 {
        return format!(
            "{name} has the highest test accuracy on this one seed; one seed cannot tell luck from merit, \
             so take --seeds 5 or more."
        );
    }
    let shown = |pair: &&Pair| rows.len() <= ALL_PAIRS || pair.better == *name || pair.worse == *name;
    let points = |x: f64| format!("{:.2}", 100.0 * x).replace('-', "−");
    let interval = |pair: &Pair| match (pair.difference.low, pair.difference.high) {
        (Some(low), Some(high)) => format!("95% interval {} to {}", points(low), points(high)),
        _ => "one pair".to_string(),
    };
    let phrase = |pair: &Pair, joint: &str| {
        let difference = points(pair.difference.mean);
        format!("{} {joint} {} ({difference} points, {})", pair.better, pair.worse, interval(pair))
    };
    let (apart, alike): (Vec<&Pair>, Vec<&Pair>) = pairs.iter().filter(shown).partition(|pair| pair.distinct);
    let apart: Vec<String> = apart.into_iter().map(|pair| phrase(pair, "over")).collect();
    let alike: Vec<String> = alike.into_iter().map(|pair| phrase(pair, "and")).collect();
    let said = match (apart.is_empty(), alike.is_empty()) {
        (false, true) => format!("tell apart {}", apart.join(", ")),
        (true, false) => format!("cannot tell apart {}", alike.join(", ")),
        (false, false) => format!("tell apart {}, but not {}", apart.join(", "), alike.join(", ")),
        (true, true) => "have no two finished runs to compare".to_string(),
    };
    format!("On test accuracy the {seeds} paired seeds {said}.")
}

fn warnings(runs: &[RunRecord], rows: &[Row]) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(run) = runs.iter().find(|run| run.sample) {
        warnings.push(format!(
            "This ran on a SAMPLE of {} ({} training and {} test images), not on the whole set: the figures \
             are not comparable with those of the whole set.",
            run.dataset, run.train_images, run.test_images
        ));
    }
    for row in rows.iter().filter(|row| row.diverged > 0) {
        warnings.push(format!(
            "{} diverged in {} of {} runs: its figures are of the others.",
            row.optimizer, row.diverged, row.runs
        ));
    }
    warnings
}

/// What all runs share; a setting in which they differ is left to the rows.
fn settings(runs: &[RunRecord]) -> Vec<(String, String)> {
    let Some(first) = runs.first() else { return Vec::new() };
    let seeds: BTreeMap<u64, ()> = runs.iter().map(|run| (run.seed, ())).collect();
    let shared = |name: &str, of: &dyn Fn(&RunRecord) -> String| {
        let value = of(first);
        let same = runs.iter().all(|run| of(run) == value);
        (name.to_string(), if same { value } else { "differs between runs".to_string() })
    };
    vec![
        shared("data set", &|r| {
            format!("{}, {} training and {} test images", r.dataset, r.train_images, r.test_images)
        }),
        shared("data from", &|r| r.origin.clone()),
        shared("network", &|r| format!("{}, {} weights", r.model, r.weights)),
        shared("loss", &|_| "cross-entropy".to_string()),
        shared("batch", &|r| r.batch.to_string()),
        shared("epochs", &|r| r.evaluations.last().map_or(0.0, |e| e.epoch.ceil()).to_string()),
        ("seeds".to_string(), seeds.into_keys().map(|seed| seed.to_string()).collect::<Vec<_>>().join(", ")),
        shared("threads in a run", &|r| r.threads.to_string()),
        shared("kernels", &|r| r.kernel.clone()),
    ]
}
