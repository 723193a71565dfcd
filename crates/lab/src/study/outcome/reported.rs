//! The outcome of a cell from its state and the records of its reported runs.

use train::{Metric, Record, Split, record::Point};

use super::{CLUSTERS, CellOutcome, PilotOutcome, ReportedRun, Tuning};
use crate::search::{at_point, declared};
use crate::stats::{
    Bootstrap, Direction, Interval, bca, expected_best, lr_sensitivity, mean, mean_interval, median,
    two_clusters,
};
use crate::study::cell::{Cell, Scores, State};
use crate::study::run::Phase;
use crate::study::{Ruleset, Study};

/// Distance from the best score, of a fraction, that counts as in the basin of good rates: a point.
const POINT: f64 = 0.01;
/// The same of another measure, as a fraction of the best score.
const TENTH: f64 = 0.1;

/// The outcome of a cell. `record` gives the record of a reporting run, with its key; `scores_of` has those of all runs.
pub(in crate::study) fn cell_outcome(
    study: &Study,
    cell: &Cell<'_>,
    state: State,
    scores_of: &Scores<'_>,
    record: &dyn Fn(&crate::study::Run) -> Option<(String, Record)>,
) -> CellOutcome {
    let direction = cell.facts.direction();
    let trial = state.chosen.flatten();
    let point = trial.map(|trial| state.points[trial].clone()).unwrap_or_default();
    let found: Vec<(u64, String, Record)> = match state.chosen {
        Some(trial) => {
            let runs = cell.of_chosen(Phase::Reporting, trial);
            runs.filter_map(|run| record(&run).map(|(key, record)| (run.seed, key, record))).collect()
        }
        None => Vec::new(),
    };
    let runs: Vec<ReportedRun> =
        found.iter().map(|(seed, key, record)| reported(*seed, key, record, cell.facts.target)).collect();
    let scores: Vec<f64> = runs.iter().filter_map(|run| run.score).collect();
    let bootstrap = Bootstrap { confidence: study.confidence, seed: study.seed, ..Bootstrap::default() };
    let recipe = state.chosen.and_then(|_| at_point(&cell.entry.recipe, &point).ok());
    let batch = cell.entry.batch.unwrap_or(cell.facts.batch);
    let (lr_tolerance, lr_sensitivity) = match &state.tuning {
        Some(tuning) if study.rulesets[cell.id.ruleset] == Ruleset::Lr => basin(study, cell, tuning),
        _ => (None, None),
    };
    let to_target: Vec<f64> = runs.iter().map(|run| run.epochs_to_target.unwrap_or(f64::INFINITY)).collect();
    CellOutcome {
        id: cell.id,
        name: study.cell_name(cell.id),
        recipe: recipe.map(|recipe| train::Recipe { batch, ..recipe }.to_string()),
        settings: point.to_string(),
        hopeless: state.hopeless,
        complete: state.missing.is_empty(),
        diverged: runs.len() - scores.len(),
        interval: mean_interval(&scores, study.confidence).map(|found| within(cell.facts.metric, found)),
        bca: bca(&scores, mean, &bootstrap),
        clusters: two_clusters(&scores, CLUSTERS, study.seed),
        pilot: pilot(study, cell, &state, scores_of),
        lr_sensitivity,
        lr_tolerance,
        expected_best: state
            .tuning
            .as_ref()
            .map_or(Vec::new(), |tuning| best_after(study, tuning, direction)),
        epochs_to_target: median(&to_target).filter(|epochs| epochs.is_finite()),
        reached: to_target.iter().filter(|epochs| epochs.is_finite()).count(),
        runs,
        tuning: state.tuning,
    }
}

/// The part of an interval where the metric can be; a loss may be any number.
fn within(metric: Metric, interval: Interval) -> Interval {
    match metric {
        Metric::Accuracy => interval.map(|end| end.clamp(0.0, 1.0)),
        Metric::Rmse | Metric::Gap { .. } => interval.map(|end| end.max(0.0)),
        Metric::Loss => interval,
    }
}

/// The pilot's spread, once all of its runs are over.
fn pilot(study: &Study, cell: &Cell<'_>, state: &State, scores: &Scores<'_>) -> Option<PilotOutcome> {
    let runs = cell.of_chosen(Phase::Pilot, state.chosen?);
    let scores: Option<Vec<f64>> = runs.map(|run| scores(&run)).collect();
    let scores = scores.filter(|scores| !scores.is_empty())?;
    let finite = scores.into_iter().map(|score| Some(score).filter(|score| score.is_finite()));
    Some(PilotOutcome::new(finite.collect(), study.confidence, study.seed))
}

fn reported(seed: u64, key: &str, record: &Record, target: Option<f64>) -> ReportedRun {
    let direction = record.direction();
    let reaches = |point: &&Point| target.is_some_and(|target| direction.reaches(point.value, target));
    // During a run it is watched on validation examples, or if it has none on the others.
    let curve = [Split::Validation, Split::Test].map(|split| record.metric_curve(split));
    let curve = curve.into_iter().find(|curve| !curve.is_empty()).unwrap_or(&[]);
    ReportedRun {
        seed,
        key: key.to_string(),
        score: record.final_metric().filter(|score| score.is_finite()),
        updates: record.counts.updates,
        gradients: record.counts.gradients,
        epochs_to_target: curve.iter().find(reaches).map(|point| point.epoch),
    }
}

/// The expected best of 1, 2, … of the first trials; of halving, whose scores are of several lengths, nothing.
fn best_after(study: &Study, tuning: &Tuning, direction: Direction) -> Vec<Option<f64>> {
    if study.halving.is_some() {
        return Vec::new();
    }
    let first = tuning.trials.iter().filter(|trial| !trial.beyond && trial.trial < study.trials);
    let scores: Vec<f64> = first.map(|trial| trial.score.unwrap_or(f64::NAN)).collect();
    expected_best(&scores, direction).into_iter().map(|best| Some(best).filter(|x| x.is_finite())).collect()
}

/// The basin of good learning rates over the tuning seeds, and its tolerance.
fn basin(
    study: &Study,
    cell: &Cell<'_>,
    tuning: &Tuning,
) -> (Option<f64>, Option<crate::stats::LrSensitivity>) {
    let direction = cell.facts.direction();
    let Some(best) = tuning.tuning_score else { return (None, None) };
    if declared(&cell.entry.recipe).get("lr").is_none() {
        return (None, None);
    }
    let tolerance = if cell.facts.metric.is_fraction() { POINT } else { TENTH * best.abs() };
    let whole = || tuning.trials.iter().filter(|trial| trial.epochs == cell.epochs());
    let rate = |point: &str| point.strip_prefix("lr=").and_then(|rate| rate.parse::<f64>().ok());
    let seeds = whole().map(|trial| trial.scores.len()).max().unwrap_or(0);
    let curve = |seed: usize| {
        let point = |trial: &super::TuningTrial| {
            Some((rate(&trial.point)?, trial.scores.get(seed).copied().flatten().unwrap_or(f64::NAN)))
        };
        whole().filter_map(point).collect::<Vec<_>>()
    };
    let curves: Vec<Vec<(f64, f64)>> = (0..seeds).map(curve).filter(|curve| !curve.is_empty()).collect();
    (Some(tolerance), lr_sensitivity(&curves, tolerance, direction, study.confidence))
}
