//! Curves over seeds, by each measure of work.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use train::record::Point;
use train::{Record, Split};

use crate::stats;

/// A point of a curve over seeds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Passes over the training set.
    pub epoch: f64,
    /// Updates of the weights, the mean of the seeds.
    #[serde(default)]
    pub updates: f64,
    /// Training examples seen; 0 for a task without.
    #[serde(default)]
    pub examples: f64,
    /// Gradients of a batch taken, spread evenly over the run; 0 where they were not counted.
    #[serde(default)]
    pub gradients: f64,
    /// Seconds of training, the mean of the seeds.
    #[serde(default)]
    pub seconds: f64,
    /// Mean over seeds.
    pub mean: f64,
    /// The least of the seeds.
    pub low: f64,
    /// The greatest of the seeds.
    pub high: f64,
}

/// Groups the points of runs of one recipe by epoch.
pub(super) fn over_runs<'r>(runs: &[&'r Record], of: impl Fn(&'r Record) -> &'r [Point]) -> Vec<CurvePoint> {
    // Epochs are not negative, so their bits are ordered as they are.
    let mut by_epoch: BTreeMap<u64, Vec<&Point>> = BTreeMap::new();
    for point in runs.iter().flat_map(|run| of(run)) {
        by_epoch.entry(point.epoch.to_bits()).or_default().push(point);
    }
    let mean = |values: &dyn Fn(&Record) -> Option<f64>| {
        let known: Vec<f64> = runs.iter().filter_map(|run| values(run)).collect();
        if known.is_empty() { 0.0 } else { stats::mean(&known) }
    };
    let examples = mean(&|run| Some(run.examples(Split::Train) as f64));
    let gradients = mean(&gradients_per_epoch);
    let point = |(epoch, points): (u64, Vec<&Point>)| {
        let column = |of: fn(&Point) -> f64| points.iter().map(|point| of(point)).collect::<Vec<f64>>();
        let (epoch, values) = (f64::from_bits(epoch), column(|point| point.value));
        CurvePoint {
            epoch,
            updates: stats::mean(&column(|point| point.updates as f64)),
            examples: examples * epoch,
            gradients: gradients * epoch,
            seconds: stats::mean(&column(|point| point.seconds)),
            mean: stats::mean(&values),
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    };
    by_epoch.into_iter().map(point).collect()
}

/// Gradients that a finished run took in an epoch.
fn gradients_per_epoch(run: &Record) -> Option<f64> {
    let gradients = run.counts.gradients.filter(|_| run.finished())?;
    Some(gradients as f64 / f64::from(run.budget.epochs.max(1)))
}
